"""Reads the YAML documents of the contract, strictly: a key that stands twice is an error."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from mock_server.errors import ContractError

# The loader written in C reads the same language about ten times as fast; PyYAML may have been built without it.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT = "tag:yaml.org,2002:str"


class _Loader(_SafeLoader):  # type: ignore[misc]
    """A safe loader that refuses duplicate keys, and says where a value is that Python cannot hold."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        if node.tag == _TEXT and type(node) is yaml.ScalarNode:  # most of them; PyYAML takes the long way to the same
            return node.value
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # a number of thousands of digits, a day that is not in the calendar
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value[:40]!r} cannot be read: {error}", node.start_mark
            ) from None

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        result: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:  # there is no `<<`: no safe loader makes a key of it
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key is no plain value", key_node.start_mark)
            if key in result:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            result[key] = self.construct_object(value_node, deep)
        return result


def read_yaml(path: Path) -> Any:
    """The content of a YAML file. Raises ContractError with file and line when it cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise ContractError(f"{str(path)!r} is no path that a file can have") from None
    return parse_yaml(raw, path)


def parse_yaml(raw: bytes, path: Path, lines_before: int = 0) -> Any:
    """The value of a YAML text, which stands in a file below so many lines. Raises ContractError as `read_yaml` does."""
    try:
        return yaml.load(raw, Loader=_Loader)  # noqa: S506 - the loader is a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f":{lines_before + error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ContractError(f"{path}{line}: {error.problem}") from None
    except RecursionError:
        raise ContractError(f"{path}: it is nested too deeply") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        line_number, what = _no_text(raw)
        raise ContractError(f"{path}:{lines_before + line_number}: {what}; allowed: text in UTF-8") from None


def _no_text(raw: bytes) -> tuple[int, str]:
    """Where a file is no text, and why: the line, and words."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return raw.count(b"\n", 0, error.start) + 1, f"the byte 0x{raw[error.start]:02x} is not UTF-8"
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    start = found.start() if found else 0
    return text.count("\n", 0, start) + 1, f"the character {text[start : start + 1]!r} is not allowed"


def rows_of(path: Path, name: str) -> list[Any]:
    """The list that a document holds under `name`. Raises ContractError when there is none."""
    data = read_yaml(path)
    rows = data.get(name) if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise ContractError(f"{path}: expected a list under {name!r}")
    return rows


def line_of(path: Path, pointer: str) -> int | None:
    """The line on which a JSON Pointer's value stands, found only when an error has to name it."""
    with path.open("rb") as stream:
        node = yaml.compose(stream, Loader=_Loader)
    line = node.start_mark.line + 1 if node else None
    for token in (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]):
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if str(key.value) == token]
        elif isinstance(node, yaml.SequenceNode) and token.isdigit() and int(token) < len(node.value):
            found = [(node.value[int(token)],) * 2]
        else:
            found = []
        if not found:
            return line
        key, node = found[0]
        line = key.start_mark.line + 1
    return line
