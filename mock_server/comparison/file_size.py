"""How much a file may hold: its bytes, and what it comes to when every alias of YAML is written out.

A few lines of YAML can stand for more than any memory holds, and what is compared is what they stand for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from mock_server.errors import ContractError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_BYTES = 20_000_000
MOST_VALUES = 500_000
# A text counts as one value for so many characters.
_CHARACTERS = 64


def bytes_of(path: Path) -> bytes:
    """The bytes of a file. Raises ContractError when it cannot be read, is too large, or is none: a device may never end."""
    try:
        if not path.is_file():
            what = "a folder" if path.is_dir() else "no regular file" if path.exists() else "not there"
            raise ContractError(f"{path}: it is {what}; allowed: a file")
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror}") from None
    if len(raw) > MOST_BYTES:
        raise ContractError(f"{path}: it is larger than {MOST_BYTES // 1_000_000} MB")
    return raw


def check_yaml(raw: bytes, path: Path) -> None:
    """Raises ContractError for YAML that comes to too many values; what is no YAML is left to who reads it."""
    size = 0
    # Of each anchor (&name), and where those began that are open.
    sizes: dict[str | None, int] = {}
    begun: list[tuple[str | None, int]] = []
    try:
        for event in yaml.parse(raw, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                begun.append((event.anchor, size))
                size += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                name, start = begun.pop()
                sizes[name] = size - start
            elif isinstance(event, yaml.ScalarEvent):
                sizes[event.anchor] = _weight(event.value)
                size += sizes[event.anchor]
            elif isinstance(event, yaml.AliasEvent):
                # One inside of what it means has no size yet, and is refused by who reads it.
                size += sizes.get(event.anchor, 1)
            if size > MOST_VALUES:
                raise _too_much(path)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        return


def check_json(value: Any, path: Path) -> None:
    """Raises ContractError for JSON of too many values."""
    size = 0
    left = [value]
    while left:
        each = left.pop()
        size += _weight(each)
        if size + len(left) > MOST_VALUES:
            raise _too_much(path)
        if isinstance(each, dict):
            left += each
            left += each.values()
        elif isinstance(each, list):
            left += each


def _weight(value: Any) -> int:
    return 1 + len(value) // _CHARACTERS if isinstance(value, str) else 1


def _too_much(path: Path) -> ContractError:
    return ContractError(
        f"{path}: it comes to more than {MOST_VALUES} values, with every alias (*name) and long text written out"
    )
