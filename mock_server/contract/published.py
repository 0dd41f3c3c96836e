"""The OpenAPI documents of the imitated API, found in the folder by what they say."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from mock_server.contract.contract import CONTROL_PREFIX, Contract
from mock_server.contract.document import Document
from mock_server.contract.mode import CREATE_SCHEMA, Mode
from mock_server.contract.yaml_file import read_yaml
from mock_server.settings import MODES

_METHODS = ("get", "post", "put", "delete", "patch")


class Published:
    """One document, and the mode that its create call is about, if it has one."""

    def __init__(self, document: Document, mode: Mode | None = None) -> None:
        self.data = document.data
        self.mode = mode
        self._document = document

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every call as (method, path, operation)."""
        for path, item in self.data["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def create_schema(self) -> Any:
        """The schema of the create request, for a document that has a mode."""
        return self._document.resolve(CREATE_SCHEMA)

    def resolve(self, node: Any) -> Any:
        """A node, with what its reference leads to."""
        return self._document.expanded(node) if isinstance(node, dict) else node


@functools.cache
def published(contract: Contract) -> list[Published]:
    """Every document of the imitated API: those of the modes in their order, then the others by name."""
    modes = [contract.mode(name) for name in MODES]
    found = [Published(mode.document, mode) for mode in modes]
    known = {mode.document.path for mode in modes}
    for path in sorted(contract.document.path.parent.glob("*.yaml")):
        data = {} if path in known else read_yaml(path)
        if isinstance(data, dict) and any(not name.startswith(CONTROL_PREFIX) for name in data.get("paths", {})):
            found.append(Published(Document(path, contract.rules)))
    return found
