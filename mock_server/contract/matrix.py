"""Which model offers which resolution and duration, asked of the compiled schema itself.

The schema is the only place where the matrix stands. Here every combination is put to it once, when it is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from jsonschema.protocols import Validator

from mock_server.contract.document import Document

_CHOSEN = ("resolution", "duration")


@dataclass(frozen=True, slots=True)
class Combination:
    """A model with a resolution and a duration in seconds."""

    model: str
    resolution: str
    duration: int


class Matrix:
    """What a create schema lets each model deliver, and what it delivers when nothing is asked for."""

    def __init__(self, document: Document, pointer: str, validator: Validator) -> None:
        schema = document.resolve(pointer)
        self.models: list[str] = list(schema["properties"]["model"]["enum"])
        nodes = _nodes(document, schema)
        resolutions = list(dict.fromkeys(value for node in nodes["resolution"] for value in node.get("enum", [])))
        durations = sorted({value for node in nodes["duration"] for value in node.get("enum", [])})
        self._fixed = {model: _fixed(schema, model) for model in self.models}
        self._defaults = {model: _defaults(document, schema, model) for model in self.models}
        self.combinations = [
            Combination(model, fixed["resolution"], fixed["duration"]) for model, fixed in self._fixed.items() if fixed
        ] + [
            Combination(*row)
            for row in product([model for model in self.models if not self._fixed[model]], resolutions, durations)
            if validator.is_valid(schema["example"] | {"model": row[0], "resolution": row[1], "duration": row[2]})
        ]

    def complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Resolution and duration as they apply: what the model always delivers, else the body's own or its defaults."""
        model = body.get("model")
        if not isinstance(model, str) or model not in self._defaults:
            return {name: body.get(name) for name in _CHOSEN}
        if fixed := self._fixed[model]:
            return {name: fixed[name] for name in _CHOSEN}
        return {name: body.get(name, self._defaults[model].get(name)) for name in _CHOSEN}

    def nearest(self, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """The valid combination of the body's model that changes the fewest fields, the resolution kept first."""
        wanted = self.complete(body)
        candidates = [each for each in self.combinations if each.model == body.get("model")]
        if not candidates:
            return None

        def distance(each: Combination) -> tuple[int, bool, int, int]:
            changed = (each.resolution != wanted["resolution"]) + (each.duration != wanted["duration"])
            lines = abs(_number(each.resolution) - _number(wanted["resolution"]))
            seconds = abs(each.duration - _number(wanted["duration"]))
            return changed, each.resolution != wanted["resolution"], lines, seconds

        best = min(candidates, key=distance)
        return {"resolution": best.resolution, "duration": best.duration}


def _number(value: Any) -> int:
    """The number in a resolution such as 768P, or a duration; 0 where there is none."""
    digits = re.match(r"[0-9]{1,9}", str(value))
    return int(digits[0]) if digits else 0


def _nodes(document: Document, schema: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Every schema node that speaks about resolution or duration: the property itself and the conditions."""
    conditional = [branch["then"].get("properties", {}) for branch in schema.get("allOf", [])]
    return {
        name: [document.expanded(each[name]) for each in [schema["properties"], *conditional] if name in each]
        for name in _CHOSEN
    }


def _branches(schema: Mapping[str, Any], model: str) -> list[Mapping[str, Any]]:
    """What follows for a model, whatever else the body says."""
    return [
        branch["then"]
        for branch in schema.get("allOf", [])
        if branch["if"].get("required") == ["model"] and model in branch["if"]["properties"]["model"]["enum"]
    ]


def _fixed(schema: Mapping[str, Any], model: str) -> Mapping[str, Any] | None:
    """What a model delivers whatever is asked for, if it is such a model."""
    found: list[Mapping[str, Any]] = [then["x-delivers"] for then in _branches(schema, model) if "x-delivers" in then]
    return found[0] if found else None


def _defaults(document: Document, schema: Mapping[str, Any], model: str) -> dict[str, Any]:
    """The default resolution and duration: of the branch for the model, else of the property."""
    found: dict[str, Any] = {}
    for name in _CHOSEN:
        own = document.expanded(schema["properties"].get(name, {})).get("default")
        branches = [then.get("properties", {}).get(name, {}) for then in _branches(schema, model)]
        found[name] = next((branch["default"] for branch in branches if "default" in branch), own)
    return found
