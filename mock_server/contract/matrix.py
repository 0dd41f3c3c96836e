"""Which model offers which resolution and duration, asked of the compiled schema itself.

The schema is the only place where the matrix stands. Here every combination is put to it once, at start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Any

from jsonschema.protocols import Validator

from mock_server.contract.document import Document


@dataclass(frozen=True, slots=True)
class Combination:
    """A model with a resolution and a duration in seconds."""

    model: str
    resolution: str
    duration: int


class Matrix:
    """All valid combinations of a create schema, and the defaults of each model."""

    def __init__(self, document: Document, pointer: str, validator: Validator) -> None:
        schema = document.resolve(pointer)
        properties = schema["properties"]
        models = properties["model"]["enum"]
        resolutions = properties["resolution"]["enum"]
        durations = sorted({value for node in _nodes(schema, "duration") for value in node.get("enum", [])})
        example = properties["first_frame_image"].get("example", schema.get("example", {}).get("first_frame_image"))
        self._defaults = {model: _defaults(schema, model) for model in models}
        self.combinations = [
            Combination(*row)
            for row in product(models, resolutions, durations)
            if validator.is_valid(
                {"model": row[0], "first_frame_image": example, "resolution": row[1], "duration": row[2]}
            )
        ]

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """Resolution and duration as they apply: the body's own, else the defaults of its model."""
        model = body.get("model")
        known = self._defaults.get(model, {}) if isinstance(model, str) else {}
        return {name: body.get(name, known.get(name)) for name in ("resolution", "duration")}

    def nearest(self, body: dict[str, Any]) -> dict[str, Any] | None:
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


def _nodes(schema: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Every schema node that speaks about the property `name`: the property itself and the conditions."""
    conditional = [branch["then"]["properties"] for branch in schema.get("allOf", [])]
    return [node[name] for node in [schema["properties"], *conditional] if name in node]


def _defaults(schema: dict[str, Any], model: str) -> dict[str, Any]:
    """The default resolution and duration: of the branch for the model, else of the property."""
    found: dict[str, Any] = {}
    for name in ("resolution", "duration"):
        for branch in schema.get("allOf", []):
            condition, then = branch["if"], branch["then"]["properties"].get(name, {})
            if set(condition["required"]) == {"model"} and model in condition["properties"]["model"]["enum"]:
                found[name] = then.get("default", found.get(name))
        if found.get(name) is None:
            found[name] = schema["properties"][name].get("default")
    return found
