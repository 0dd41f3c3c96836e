"""Whatever a client said, as JSON data of a bounded size that every writer can write."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

TEXT_LIMIT = 20_000  # characters of one text
ITEMS_LIMIT = 1_000  # members or elements in one place of a document that a client wrote
DEPTH_LIMIT = 40
# The members of results.json that hold documents of any shape. Only these are cut; the rest has the kit's own shape.
_FREE = ("call", "result")
_LONG_INTEGER_BITS = 4_096
_MARK_ROOM = 48


def cut(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text, or its beginning with a note of how much is missing; never longer than `limit`, so that a second cut changes nothing."""
    if len(text) <= limit:
        return text
    kept = limit - _MARK_ROOM
    return f"{text[:kept]}… ({len(text) - kept:,} more characters)"


def whole_characters(text: str) -> str:
    """The text without lone surrogates, which no file can hold; pairs of them become the character that they mean."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def plain(value: Any, text: Callable[[str], str]) -> Any:
    """The value as JSON data, every text in it (names of members too) passed through `text`.

    What JSON cannot say becomes a text. Inside the documents of a client, places deeper than `DEPTH_LIMIT` and more than
    `ITEMS_LIMIT` items become a note.
    """
    return _Plain(text).of(value, 0, free=False)


class _Plain:
    def __init__(self, text: Callable[[str], str]) -> None:
        self._text = text

    def of(self, value: Any, depth: int, *, free: bool) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value) if value.bit_length() <= _LONG_INTEGER_BITS else self._text(hex(value))
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else str(value)
        if isinstance(value, Mapping | list | tuple):
            return self._container(value, depth, free=free)
        return self._text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))

    def _container(self, value: Any, depth: int, *, free: bool) -> Any:
        if depth > DEPTH_LIMIT:
            return "… (nested deeper)"
        # With the note the container has exactly the limit, so that a second pass changes nothing.
        kept = ITEMS_LIMIT - 1 if free and len(value) > ITEMS_LIMIT else len(value)
        left = len(value) - kept
        if isinstance(value, Mapping):
            pairs = list(value.items())[:kept]
            members = {
                self._text(str(name)): self.of(each, depth + 1, free=free or name in _FREE) for name, each in pairs
            }
            return members | ({"…": f"({left:,} more members)"} if left else {})
        return [self.of(each, depth + 1, free=free) for each in value[:kept]] + (
            [f"… ({left:,} more elements)"] if left else []
        )
