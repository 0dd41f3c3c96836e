"""JSON as the service's typed fields take it: one value in UTF-8, without anything that parsers read in different ways."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mock_server.operations.long_texts import Shortened, shorten
from mock_server.operations.turns import LARGE

MAX_DEPTH = 100
MAX_NOTED = 20
# A create has a dozen values; objects beyond this are made to cost time and memory, not to make a video.
MAX_VALUES = 100_000
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class NotJson(ValueError):
    """The text is no JSON that the service would take: why, and at which character."""

    def __init__(self, reason: str, index: int = 0) -> None:
        super().__init__(reason)
        self.index = index


def parse(raw: bytes, twice: list[str], encoding: str = "identity") -> Any:
    """The value of a text. Raises NotJson. Names that stand twice in an object go into `twice`, whatever becomes of it.

    Of a name that stands twice the last value counts, as it does for the service's own parser (assumed).
    """
    if _more_than(MAX_VALUES, raw):
        raise NotJson(f"more than {MAX_VALUES} values")
    if encoding.lower() != "identity":
        raise NotJson("Content-Encoding is not supported")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise NotJson("the body begins with a byte-order mark")
    document = _with_long_texts(raw, twice)
    if deeper_than(document, MAX_DEPTH):
        raise NotJson(f"nested deeper than {MAX_DEPTH} levels")
    # A single backslash is found much faster than what may follow it.
    if b"\\" in raw and _SURROGATE.search(raw) and not all(map(_is_unicode, _texts(document))):
        raise NotJson("a text holds half a surrogate pair")
    return document


def deeper_than(document: Any, limit: int) -> bool:
    """Whether a JSON value is nested in more levels than that."""
    level = [document]
    for _ in range(limit):
        level = [
            child
            for value in level
            if isinstance(value, (dict, list))
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def _more_than(limit: int, raw: bytes) -> bool:
    """Whether so many signs begin a value, looked for only as long as they may; `count` looks at every byte of 25 MB."""
    if len(raw) <= limit:
        return False
    found = 0
    for sign in b",[{":
        place = raw.find(sign)
        while place >= 0:
            found += 1
            if found > limit:
                return True
            place = raw.find(sign, place + 1)
    return False


def _with_long_texts(raw: bytes, twice: list[str]) -> Any:
    """The value; long texts are parsed by themselves where that is possible."""
    shortened: Shortened | None = shorten(raw) if len(raw) >= LARGE else None
    if shortened is not None:
        try:
            return shortened.restored(_loaded(shortened.raw, twice))
        except ValueError:
            twice.clear()  # parsed as a whole it tells what is wrong, and where
    return _loaded(raw, twice)


def _loaded(raw: bytes, twice: list[str]) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson("the body is not UTF-8", error.start) from None

    def together(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            counted = Counter(name for name, _ in pairs).most_common(MAX_NOTED)
            twice.extend(name for name, times in counted if times > 1)
        return members

    try:
        with suppress(_Twice):  # of which there are few; a decoder that notes the names is made for them alone
            return _plainly(text)
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=together)
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, error.pos) from None
    except RecursionError:
        raise NotJson(f"nested deeper than {MAX_DEPTH} levels") from None
    except NotJson:
        raise
    except ValueError:  # the only other one: an integer of more digits than Python converts
        raise NotJson("a number has too many digits") from None


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotJson("a number is too large")
    return value


class _Twice(Exception):
    """A name stands twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Twice
    return members


_plainly = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once).decode


def _texts(document: Any) -> Iterator[str]:
    """Every text of a value, the names of members among them."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            yield from value
            waiting.extend(value.values())


def _is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8, which half a surrogate pair cannot."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
