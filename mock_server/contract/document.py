"""The OpenAPI document of the imitated API: loaded, checked, and asked for its schemas, rules and limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mock_server.contract import grammar, metaschema
from mock_server.contract.rules import Rule
from mock_server.contract.yaml_file import line_of, read_yaml
from mock_server.errors import ContractError

_LIMITS = {
    "type", "enum", "const", "pattern", "required", "not", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "maxItems", "minItems", "uniqueItems", "maxProperties",
    "minProperties", "dependentRequired", "additionalProperties", "propertyNames",
}  # fmt: skip
# Into the document itself, or into one that lies beside it.
_REFERENCE = re.compile(r"([a-z0-9_]+\.yaml)?#(/.*)", re.DOTALL)


class Document:
    """One OpenAPI 3.1 document. Raises ContractError, naming file and place, for what no validator would notice.

    Documents that it refers to are read and checked with it, and kept in `neighbours` by the names of their files.
    """

    def __init__(self, path: Path, rules: Mapping[str, Rule], neighbours: dict[str, Document] | None = None) -> None:
        self.path = path
        self.data: Any = read_yaml(path)
        self.rules = rules
        self.neighbours = {} if neighbours is None else neighbours
        # Entered before it is checked, since documents may refer to each other.
        self.neighbours[path.name] = self
        try:
            self._check()
        except ContractError:
            del self.neighbours[path.name]
            raise

    def resolve(self, pointer: str) -> Any:
        """The value at a JSON Pointer. Raises KeyError when there is none."""
        value = self.data
        for token in pointer.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            elif isinstance(value, dict) and name in value:
                value = value[name]
            else:
                raise KeyError(pointer)
        return value

    def target(self, reference: str) -> tuple[Document, str]:
        """Where a `$ref` leads: the document, and the pointer in it."""
        name, _, pointer = reference.partition("#")
        if name and name not in self.neighbours:
            Document(self.path.with_name(name), self.rules, self.neighbours)
        return self.neighbours[name] if name else self, pointer

    def expanded(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """A schema with the keywords of the one that its `$ref` leads to; its own ones count where both have them."""
        if "$ref" not in schema:
            return schema
        document, pointer = self.target(schema["$ref"])
        return {**document.expanded(document.resolve(pointer)), **schema}

    def schema_rules(self) -> Iterator[tuple[str, str]]:
        """Every `x-rule` in a schema, as (pointer, rule identifier)."""
        for pointer, kind, value in grammar.walk(self.data, "openapi"):
            if kind == "schema" and "x-rule" in value:
                yield pointer, value["x-rule"]

    def _check(self) -> None:
        for pointer, kind, value in grammar.walk(self.data, "openapi"):
            if kind == "!unknown":
                raise self.error(pointer, f"unknown keyword {value!r}")
            if kind == "!shape":
                raise self.error(pointer, f"expected {value}")
            if kind == "schema":
                self._check_schema(pointer, value)
            if "$ref" in value and not kind.startswith("map:"):
                self._check_reference(pointer, value["$ref"])
            if kind == "link" and "operationId" in value:
                self._check_link(pointer, value["operationId"])

    def _check_reference(self, pointer: str, reference: Any) -> None:
        if not isinstance(reference, str) or not self._leads_somewhere(reference):
            raise self.error(f"{pointer}/$ref", f"$ref {reference!r} leads nowhere")

    def _leads_somewhere(self, reference: str) -> bool:
        found = _REFERENCE.fullmatch(reference)
        if found is None or (found[1] and not self.path.with_name(found[1]).is_file()):
            return False
        document, pointer = self.target(reference)
        try:
            document.resolve(pointer)
        except KeyError:
            return False
        return True

    def _check_schema(self, pointer: str, schema: Any) -> None:
        """What the metaschema says about this node, and patterns, which it does not read."""
        for keyword, error in metaschema.mistakes(schema):
            place = "".join(f"/{part}" for part in (keyword, *error.absolute_path))
            raise self.error(pointer + place, " ".join(error.message.split())[:200])
        if "$dynamicRef" in schema:
            raise self.error(f"{pointer}/$dynamicRef", "$dynamicRef is not followed here; use $ref")
        if "x-rule" in schema and not isinstance(schema["x-rule"], str):
            raise self.error(f"{pointer}/x-rule", "x-rule is the name of one rule")
        if schema.get("x-rule", next(iter(self.rules))) not in self.rules:
            raise self.error(f"{pointer}/x-rule", f"x-rule {schema['x-rule']!r} is not listed in rules.yaml")
        try:
            re.compile(schema.get("pattern", ""))
        except re.error as error:
            raise self.error(f"{pointer}/pattern", f"no regular expression: {error}") from None

    def check_every_limit_has_a_rule(self, pointer: str) -> None:
        """Every node below a schema that can refuse a value carries an `x-rule`; conditions refuse nothing."""
        for place, kind, node in grammar.walk(self.resolve(pointer), "schema", pointer):
            condition = {"if", "x-advice"} & set(_keywords_of(place.removeprefix(pointer)))
            if kind != "schema" or condition:
                continue
            if _LIMITS & set(node) and "x-rule" not in node:
                raise self.error(place, "a schema that can refuse a value needs an x-rule")
            if "$ref" in node:
                document, target = self.target(node["$ref"])
                document.check_every_limit_has_a_rule(target)

    def _check_link(self, pointer: str, operation_id: str) -> None:
        known = {
            value.get("operationId") for _, kind, value in grammar.walk(self.data, "openapi") if kind == "operation"
        }
        if operation_id not in known:
            raise self.error(f"{pointer}/operationId", f"operationId {operation_id!r} is not in the document")

    def error(self, pointer: str, message: str) -> ContractError:
        """What is wrong at a place of the document, in one line with file and line number."""
        line = line_of(self.path, pointer)
        return ContractError(f"{self.path}{f':{line}' if line else ''}: {message} (at {pointer or '/'})")


def _keywords_of(pointer: str) -> list[str]:
    """The tokens of a pointer into a schema that are keywords, not names of properties."""
    tokens = pointer.split("/")[1:]
    return [token for before, token in zip(["", *tokens], tokens, strict=False) if before != "properties"]
