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
        if _holds_schemas(value, grammar.kind_of("schema", keyword)):
            continue
        validator = _validator(keyword)
        if validator is not None:
            for error in validator.iter_errors(value):
                yield keyword, error


def _holds_schemas(value: Any, kind: str | None) -> bool:
    """Whether a value has the shape in which a keyword of that kind holds schemas, each of which has its own turn."""
    if kind == "list:schema":
        return isinstance(value, list) and bool(value)
    return (kind == "schema" and isinstance(value, (dict, bool))) or (kind == "map:schema" and isinstance(value, dict))


@functools.cache
def _validator(keyword: str) -> Validator | None:
    """The validator for the values of a keyword; None for one that JSON Schema does not know."""
    for part in (_SCHEMA, *(REGISTRY.contents(address) for address in _vocabularies())):
        if keyword in part["properties"]:
            definition = part["properties"][keyword]
            if definition is True or definition.keys() <= {"type", "format"}:  # as most are: nothing to look up
                return Draft202012Validator(definition)
            return Draft202012Validator({"$ref": f"{part['$id']}#/properties/{keyword}"})
    return None


@functools.cache
def _vocabularies() -> list[str]:
    base = _SCHEMA["$id"].rpartition("/")[0]
    return [f"{base}/{part['$ref']}" for part in _SCHEMA["allOf"]]
