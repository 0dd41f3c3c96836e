"""Text of a stranger as a page, an XML file or a log line may hold it: everything that acts unseen is made visible."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from contract_tests.report.plain import whole_characters

_PICTURES = 0x2400  # the Unicode block with a picture of each control character
_KEPT_CONTROLS = "\n\t"
# What has no width, reorders its neighbours or ends a line: shown by number, or a text could pretend to be another.
_UNSEEN = (
    *range(0x80, 0xA0), 0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF,
    *range(0xFFF0, 0xFFFC), *range(0xE0000, 0xE0080),
)  # fmt: skip
_VISIBLE = (
    {code: chr(_PICTURES + code) for code in range(0x20) if chr(code) not in _KEPT_CONTROLS}
    | {0x7F: "\u2421", 0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
    | {code: f"[U+{code:04X}]" for code in _UNSEEN}
)
_DEEPEST_PRETTY = 24
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]+')


def shown(text: str) -> str:
    """The text with control characters as their pictures and invisible ones by number; line breaks and tabs stay."""
    return whole_characters(text).translate(_VISIBLE)


def one_line(text: str, limit: int = 500) -> str:
    """The text on one line, for places that hold no more."""
    line = shown(" ".join(text.split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def pretty_json(text: str) -> str | None:
    """JSON laid out in lines, token for token as it was sent: doubled members, escapes and digits stay.

    None when the text is no JSON, or is nested too deeply to be read by anybody.
    """
    try:
        json.loads(text, parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    pieces: list[str] = []
    for piece in _laid_out(_TOKEN.findall(text)):
        if piece is None:
            return None
        pieces.append(piece)
    return "".join(pieces)


def _laid_out(parts: list[str]) -> Iterator[str | None]:
    depth = 0
    before = ""
    for part in parts:
        if part in "}]":
            depth -= 1
            if before not in ("{", "["):
                yield _new_line(depth)
        elif before in ("{", "["):
            yield _new_line(depth)
        if part in "{[":
            depth += 1
            if depth > _DEEPEST_PRETTY:
                yield None
        yield part
        if part == ",":
            yield _new_line(depth)
        elif part == ":":
            yield " "
        before = part


def _new_line(depth: int) -> str:
    return "\n" + "  " * depth


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
