"""The OpenAPI documents of the imitated API as they lie in the folder, found by what they say and not by their names."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_server.contract.yaml_file import read_yaml
from mock_server.settings import MODES

_METHODS = ("get", "post", "put", "delete", "patch")
# Of each document of ours, calls below this are the mock's own.
_OWN = "/__mock/"
_CREATE_SCHEMA = "/components/schemas/VideoGenerationReq"


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """One document; references in it may lead to others beside it."""

    path: Path
    data: Any

    @property
    def mode(self) -> str | None:
        """The kind of video that its create call is about; None for a document without one."""
        name: str | None = self.data.get("x-mode", {}).get("name")
        return name

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every call as (method, path, operation)."""
        for path, item in self.data["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def create_schema(self) -> Any:
        """The schema of the create request, for a document that has a mode."""
        return self._at(_CREATE_SCHEMA, self.path)

    def resolve(self, node: Any, at: Path | None = None) -> Any:
        """A node, or what its reference leads to, with references absolute; what stands beside a reference wins."""
        if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
            return node
        name, _, pointer = node["$ref"].partition("#")
        path = (at or self.path).parent / name if name else at or self.path
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return {**self.resolve(self._at(pointer, path), path), **beside}

    def _at(self, pointer: str, path: Path) -> Any:
        value = self.data if path == self.path else _read(path)
        for token in pointer.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            value = value[int(name)] if isinstance(value, list) else value[name]
        return value if path == self.path else _absolute(value, path)


def _absolute(value: Any, path: Path) -> Any:
    """A value with references that lead to the same places from anywhere."""
    if isinstance(value, dict):
        return {
            key: str(path.parent / inner) if key == "$ref" and not inner.startswith("#")
            else f"{path}{inner}" if key == "$ref" else _absolute(inner, path)
            for key, inner in value.items()
        }  # fmt: skip
    return [_absolute(inner, path) for inner in value] if isinstance(value, list) else value


@functools.cache
def _read(path: Path) -> Any:
    return read_yaml(path)


@functools.cache
def published(folder: Path) -> list[Published]:
    """Every document of the imitated API in a folder: those of the modes in their order, then the others by name."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        data = _read(path)
        if isinstance(data, dict) and "openapi" in data and not all(name.startswith(_OWN) for name in data["paths"]):
            found.append(Published(path, data))
    return sorted(found, key=lambda document: MODES.index(document.mode) if document.mode in MODES else len(MODES))
