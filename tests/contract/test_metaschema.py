"""Keywords are judged one by one as the schema of JSON Schema judges them all at once."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from mock_server.contract import grammar, metaschema
from mock_server.contract.contract import load_contract
from mock_server.contract.document import Document


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "text"}, ["type"]),
        ({"type": ["string", "text"]}, ["type"]),
        ({"type": []}, ["type"]),
        ({"enum": "a"}, ["enum"]),
        ({"required": "model"}, ["required"]),
        ({"required": ["model", 5]}, ["required", 1]),
        ({"required": ["a", "a"]}, ["required"]),
        ({"maxLength": [1]}, ["maxLength"]),
        ({"maxLength": {"a": 1}}, ["maxLength"]),
        ({"maxLength": -1}, ["maxLength"]),
        ({"minItems": 1.5}, ["minItems"]),
        ({"uniqueItems": "yes"}, ["uniqueItems"]),
        ({"multipleOf": 0}, ["multipleOf"]),
        ({"pattern": ["a"]}, ["pattern"]),
        ({"description": 5}, ["description"]),
        ({"description": ["a"]}, ["description"]),
        ({"examples": "a"}, ["examples"]),
        ({"deprecated": "no"}, ["deprecated"]),
        ({"additionalProperties": "no"}, ["additionalProperties"]),
        ({"allOf": []}, ["allOf"]),
        ({"allOf": {"type": "string"}}, ["allOf"]),
        ({"properties": [True]}, ["properties"]),
        ({"not": [True]}, ["not"]),
        ({"dependentRequired": {"a": "b"}}, ["dependentRequired", "a"]),
        ({"$ref": 5}, ["$ref"]),
        ({"format": 5}, ["format"]),
        ({"contentEncoding": 5}, ["contentEncoding"]),
    ],
)
def test_what_is_no_schema_is_found(schema: Any, place: list[Any]) -> None:
    """A keyword with a value that it does not take is found, at the same place as by the schema as a whole."""
    with pytest.raises(SchemaError) as caught:
        Draft202012Validator.check_schema(schema)
    assert list(caught.value.absolute_path) == place
    found = [[keyword, *error.absolute_path] for keyword, error in metaschema.mistakes(schema)]
    assert place in found


def _bundled() -> list[Document]:
    return list(load_contract().document.neighbours.values())


def test_what_is_a_schema_passes() -> None:
    """Nothing is found in the schemas of the bundled documents, each of which holds others, nor by the whole schema."""
    schemas = [
        value
        for document in _bundled()
        for _, kind, value in grammar.walk(document.data, "openapi")
        if kind == "schema"
    ]
    assert len(schemas) > 50
    for schema in schemas:
        Draft202012Validator.check_schema(schema)
        assert list(metaschema.mistakes(schema)) == []


def test_parts_are_left_to_their_own_turn() -> None:
    """What is wrong inside a schema that is held by another one is not found twice."""
    assert (
        list(metaschema.mistakes({"properties": {"a": {"type": "text"}}, "allOf": [{"type": 5}], "not": {"type": 5}}))
        == []
    )
