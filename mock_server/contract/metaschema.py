"""What the schema of JSON Schema says about one keyword and its value.

It has no condition that looks at two keywords, so each is judged alone, which takes a third of the time.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema_specifications import REGISTRY

from mock_server.contract import grammar

_SCHEMA: dict[str, Any] = Draft202012Validator.META_SCHEMA


def mistakes(schema: dict[str, Any]) -> Iterator[tuple[str, ValidationError]]:
    """What is wrong with one schema, each with its keyword; schemas in it are not gone through."""
    for keyword, value in schema.items():
        validator = _validator(keyword)
        if validator is not None:
            for error in validator.iter_errors(_without_parts(value, grammar.kind_of("schema", keyword) or "")):
                yield keyword, error


def _without_parts(value: Any, kind: str) -> Any:
    """The value with `true`, which is a schema too, in the place of each schema in it."""
    shape, _, inner = kind.rpartition(":")
    if inner == "schema" and isinstance(value, (dict, list)):
        if shape == "list" and isinstance(value, list):
            return [True] * len(value)
        if isinstance(value, dict):
            return dict.fromkeys(value, True) if shape == "map" else True
    return value


@functools.cache
def _validator(keyword: str) -> Validator | None:
    """The validator for the values of a keyword; None for one that JSON Schema does not know."""
    for part in (_SCHEMA, *(REGISTRY.contents(address) for address in _vocabularies())):
        if keyword in part["properties"]:
            return Draft202012Validator({"$ref": f"{part['$id']}#/properties/{keyword}"})
    return None


@functools.cache
def _vocabularies() -> list[str]:
    base = _SCHEMA["$id"].rpartition("/")[0]
    return [f"{base}/{part['$ref']}" for part in _SCHEMA["allOf"]]
