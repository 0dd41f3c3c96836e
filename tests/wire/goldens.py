"""The golden exchanges of fixtures/wire, and the names in them that stand for values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mock_server import resources

FOLDER = resources.folder("fixtures") / "wire"
SCHEMA = resources.folder("openapi") / "wire.schema.json"
_NAME = re.compile(r"\$\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Golden:
    """One exchange; `data` is the file as JSON data."""

    name: str
    data: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def from_mock(self) -> bool:
        """Whether the mock sends the request, to a receiver of callbacks."""
        return "callback" in self.data

    @property
    def expected(self) -> dict[str, Any]:
        """What the mock sends: its answer, or its message to a receiver."""
        said: dict[str, Any] = self.data["callback" if self.from_mock else "answer"]
        return said


@cache
def goldens() -> list[Golden]:
    """Every golden exchange, by name."""
    return [Golden(path.stem, json.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.json"))]


def golden(name: str) -> Golden:
    """The one with that name."""
    return next(each for each in goldens() if each.name == name)


def names_in(value: Any) -> set[str]:
    """The names that stand for values, anywhere in JSON data."""
    return set(_NAME.findall(json.dumps(value)))


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """JSON data with values for the names: a text that is a name alone becomes the value itself, with its type."""
    if isinstance(value, str):
        alone = _NAME.fullmatch(value)
        return known[alone[1]] if alone else _NAME.sub(lambda found: str(known[found[1]]), value)
    if isinstance(value, dict):
        return {key: filled(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    return value


def at(body: Any, pointer: str) -> Any:
    """The value at a JSON Pointer. Raises LookupError when there is none."""
    for part in pointer.split("/")[1:]:
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body
