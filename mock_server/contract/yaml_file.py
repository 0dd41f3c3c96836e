"""Reads the YAML documents of the contract, strictly: a key that stands twice is an error."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from mock_server.errors import ContractError

# The loader written in C reads the same language about ten times as fast; PyYAML may have been built without it.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """A safe loader that refuses duplicate keys."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key is no plain value", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        result: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return result


def read_yaml(path: Path) -> Any:
    """The content of a YAML file. Raises ContractError with file and line when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return yaml.load(stream, Loader=_Loader)  # noqa: S506 - the loader is a SafeLoader
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ContractError(f"{path}{line}: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: {' '.join(str(error).split())}") from None


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
