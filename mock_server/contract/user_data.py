"""Judges data that users write (rules, scenarios, calls of the control API) and says in one line what is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mock_server.contract.strict_validator import is_integer, pattern_to_the_end
from mock_server.contract.validation import cut, did_you_mean, json_type, short
from mock_server.errors import Mistake

_BASE = "urn:minimax-mock:user-data"
_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={"pattern": pattern_to_the_end},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer),
)
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_PLAIN = "texts (a date stands in quotes), numbers, true, false, null, lists, mappings"
MAX_DEPTH = 100
MAX_VALUES = 100_000
_LENGTHS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")


def compiled(document: Any, pointer: str) -> Validator:
    """The validator for the schema at a JSON Pointer of a document."""
    registry: Registry[Any] = Registry().with_resource(_BASE, DRAFT202012.create_resource(document))
    validator: Validator = _Validator({"$ref": f"{_BASE}#{pointer}"}, registry=registry)
    return validator


def check(validator: Validator, data: Any) -> None:
    """Raises Mistake for the first thing that the schema does not allow, the outermost first."""
    errors = sorted(validator.iter_errors(data), key=lambda error: (len(error.absolute_path), _unknown_last(error)))
    if errors:
        raise _mistake(errors[0])


def check_plain(data: Any) -> None:
    """Raises Mistake for what YAML has and JSON has not: dates, sets, bytes, NaN, keys that are no texts, circles."""
    level = [("", data)]
    for _ in range(MAX_DEPTH):
        deeper: list[tuple[str, Any]] = []
        for pointer, value in level:
            if isinstance(value, dict):
                if odd := [key for key in value if not isinstance(key, str)]:
                    raise Mistake(pointer, f"the key {cut(str(odd[0]))} is no text", allowed="a text; put it in quotes")
                deeper += [(pointer + pointer_of([key]), item) for key, item in value.items()]
            elif isinstance(value, list):
                deeper += [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
            elif not isinstance(value, (str, int, float, type(None))) or (
                isinstance(value, float) and not math.isfinite(value)
            ):
                raise Mistake(pointer, f"{cut(str(value))!r} is nothing that JSON has", allowed=_PLAIN)
        if not deeper:
            return
        if len(deeper) > MAX_VALUES:
            break
        level = deeper
    raise Mistake(cut(level[0][0]), f"has more than {MAX_DEPTH} levels or {MAX_VALUES} values")


def pointer_of(path: Iterable[Any]) -> str:
    """A path of names and indexes as a JSON Pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _unknown_last(error: ValidationError) -> bool:
    """What is missing is told before what is too much, since the one is often the other misspelt."""
    return error.validator == "additionalProperties"


def _mistake(error: ValidationError) -> Mistake:
    place = pointer_of(error.absolute_path)
    keyword: str = str(error.validator)
    limit: Any = error.validator_value
    given: Any = error.instance
    schema: Any = error.schema
    if keyword == "required":
        missing = next(name for name in limit if name not in given)
        similar = did_you_mean(missing, [name for name in given if name not in schema.get("properties", {})])
        instead = f"; it has {similar!r} instead" if similar else ""
        return Mistake(
            f"{place}/{missing}", f"is missing{instead}", allowed=schema["properties"][missing].get("description")
        )
    if keyword == "additionalProperties" and limit is False:
        known = list(schema.get("properties", {}))
        unknown = next(name for name in given if name not in known)
        similar = did_you_mean(str(unknown), known)
        meant = f"; did you mean {similar!r}?" if similar else ""
        return Mistake(place + pointer_of([unknown]), f"is no member that is known here{meant}", allowed=known)
    shown = short(given)
    if keyword in ("enum", "const"):
        values = list(limit) if keyword == "enum" else [limit]
        similar = did_you_mean(given, [str(value) for value in values]) if isinstance(given, str) else None
        meant = f"; did you mean {similar!r}?" if similar else ""
        return Mistake(place, f"{shown!r} is not allowed{meant}", allowed=values)
    if keyword == "type":
        return Mistake(
            place, f"{shown!r} is of type {json_type(given)}", allowed=limit if isinstance(limit, str) else list(limit)
        )
    if keyword in _BOUNDS:
        return Mistake(place, f"{shown!r} is out of range", allowed=_range(schema))
    if keyword in _LENGTHS:
        return Mistake(place, f"has a length of {len(given)}", allowed=_lengths(schema))
    if keyword == "pattern":
        return Mistake(
            place, f"{shown!r} has not the right form", allowed=schema.get("description") or f"what matches {limit}"
        )
    return Mistake(place, f"{shown!r} breaks {keyword}", allowed=schema.get("description"))


def _range(schema: Any) -> str:
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "more than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
    }
    return " and ".join(f"{text} {schema[name]}" for name, text in words.items() if name in schema)


def _lengths(schema: Any) -> str:
    low = next((schema[name] for name in _LENGTHS if name.startswith("min") and name in schema), None)
    high = next((schema[name] for name in _LENGTHS if name.startswith("max") and name in schema), None)
    return "a length of " + " and ".join(
        f"{words} {value}" for words, value in (("at least", low), ("at most", high)) if value is not None
    )
