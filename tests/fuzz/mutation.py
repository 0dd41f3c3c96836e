"""What goes wrong with texts, bytes and JSON values. All chance comes from the generator that is passed in."""

from __future__ import annotations

import copy
import json
import re
from random import Random
from typing import Any

LONG = 5000
_ODD_TEXTS = (
    "", " ", "\0", "\n", "null", "undefined", "NaN", "true", "0", "-1", "1e400", "..", "../../etc/passwd", "%00", "%2e%2e%2f",
    "'\"><script>", "{{7*7}}", "\u202e", "\ud800", "\udfff\ud800", "é", "視頻", "🎬", "\ufeff", "a\u0301", "ß", "İ", "\x7f",
    "\u2028", "http://[", "http://[::1", "https://exa mple.com/a.png", "data:", "data:,", "data:image/png;base64,",
    "//", "\\\\", "{", "}", "[Pan left]", "[", "]", "[Pan left,Pan left,Pan left,Pan left]", "mock:", "mock:1026", "mock:fail",
    "mock:fail:1027", "mock:99999999999999999999", "code=1002", "(a+)+$", "(?R)", "[[:", "a" * LONG, "視" * 2100,
)  # fmt: skip
_ODD_NUMBERS = (
    0, -0.0, 1, -1, 6, 6.0, 10, 2**31, -(2**31) - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400,
    1e-320, 1e308, -1e308, 0.1, 6.5, 1e15, 999999999999999, 1000000000000000,
)  # fmt: skip
# Numbers and words that Python's JSON reads and JSON does not know, or that no machine holds.
_ODD_TOKENS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e999",
    "9" * 5000,
    "01",
    "+1",
    ".5",
    "1.",
    "0x10",
    "1_0",
    "-",
    "tru",
    "'a'",
    "",
)


def odd_text(rng: Random) -> str:
    """A text that is often forgotten."""
    if rng.random() < 0.2:
        return "".join(
            chr(rng.choice((rng.randrange(128), rng.randrange(0x300), rng.randrange(0x110000))))
            for _ in range(rng.randrange(12))
        )
    return rng.choice(_ODD_TEXTS)


def odd_number(rng: Random) -> int | float:
    """A number at some limit."""
    return rng.choice(_ODD_NUMBERS)


def odd_value(rng: Random, depth: int = 0) -> Any:
    """A JSON value of any type."""
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind < 2:
        return odd_text(rng)
    if kind < 4:
        return odd_number(rng)
    if kind < 6:
        return rng.choice((None, True, False, [], {}))
    if kind == 6:
        return [odd_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {odd_text(rng): odd_value(rng, depth + 1) for _ in range(rng.randrange(4))}


def mutated_text(text: str, rng: Random) -> str:
    """The text with one thing otherwise."""
    place = rng.randrange(len(text) + 1)
    match rng.randrange(8):
        case 0:
            return text[:place] + odd_text(rng) + text[place:]
        case 1:
            return text[:place] + text[place + 1 :]
        case 2:
            return text[:place] + chr(rng.randrange(1, 256)) + text[place + 1 :]
        case 3:
            return text[:place]
        case 4:
            return text.swapcase()
        case 5:
            return text + text[place:]
        case 6:
            return f" {text}\t"
        case _:
            return odd_text(rng)


def mutated_bytes(raw: bytes, rng: Random) -> bytes:
    """The bytes with one stretch otherwise."""
    place = rng.randrange(len(raw) + 1)
    match rng.randrange(6):
        case 0:
            return raw[:place] + bytes([rng.randrange(256)]) + raw[place + 1 :]
        case 1:
            return raw[:place]
        case 2:
            return raw[:place] + rng.randbytes(rng.randrange(1, 9)) + raw[place:]
        case 3:
            return raw[:place] + raw[place + rng.randrange(1, 9) :]
        case 4:
            return (
                raw[:place]
                + rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
                + raw[place + 4 :]
            )
        case _:
            return raw + raw[place:]


def mutated_json(value: Any, rng: Random) -> Any:
    """A copy of a JSON value in which one place, wherever it lies, is otherwise."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    if not places or rng.random() < 0.03:
        return odd_value(rng)
    holder, name = rng.choice(places)
    match rng.randrange(7):
        case 0:
            del holder[name]
        case 1 if isinstance(holder, dict):
            holder[mutated_text(name, rng)] = holder.pop(name)
        case 2 if isinstance(holder, dict):
            holder[odd_text(rng)] = odd_value(rng)
        case 3 if isinstance(holder[name], str):
            holder[name] = mutated_text(holder[name], rng)
        case 4 if isinstance(holder[name], (int, float)):
            holder[name] = rng.choice(
                (holder[name] + 1, holder[name] - 1, -holder[name], str(holder[name]), odd_number(rng))
            )
        case 5:
            holder[name] = rng.choice(([holder[name]], {"a": holder[name]}, [holder[name]] * 3))
        case _:
            holder[name] = odd_value(rng)
    return value


def _places(value: Any) -> Any:
    """Every (container, name or index) in a JSON value."""
    if isinstance(value, (dict, list)):
        for name, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, name
            yield from _places(child)


def as_body(value: Any, rng: Random) -> bytes:
    """A JSON value as bytes, now and then written as nobody should write it."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.25:
        text = _mutated_writing(text, rng)
    # The halves of a pair, which UTF-8 does not have, go as they are.
    raw = text.encode("utf-8", rng.choice(("surrogatepass", "replace")))
    if rng.random() < 0.02:
        raw = text.encode(rng.choice(("utf-16", "utf-32", "latin-1")), "replace")
    if rng.random() < 0.08:
        raw = mutated_bytes(raw, rng)
    return raw


def _mutated_writing(text: str, rng: Random) -> str:
    match rng.randrange(8):
        case 0:
            numbers = list(re.finditer(r"-?\d+(\.\d+)?|true|false|null", text))
            if numbers:
                at = rng.choice(numbers)
                return text[: at.start()] + rng.choice(_ODD_TOKENS) + text[at.end() :]
        case 1:
            if text.startswith("{") and len(text) > 2:  # every member twice
                return "{" + text[1:-1] + "," + text[1:-1] + "}"
        case 2:
            levels = rng.choice((3, 99, 100, 101, 102, 1000, 20_000))
            return rng.choice(
                ('{"a":' * levels + text + "}" * levels, "[" * levels + text + "]" * levels, "[" * levels)
            )
        case 3:
            return rng.choice(("\ufeff", " ", "\n\t", "\0", "//comment\n", ")]}',\n")) + text
        case 4:
            return text + rng.choice((" ", "\0", ",", "}", text))
        case 5:
            return text.replace('"', rng.choice(("'", '\\"', "“")))
        case 6:
            return text.replace("a", "\\u0061").replace("e", rng.choice(("\\ud83c", "\\u0000", "\\udfff", "\\x41")))
        case _:
            pass
    return mutated_text(text, rng)
