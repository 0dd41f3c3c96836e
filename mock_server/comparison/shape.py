"""What a schema says, gathered from where it says it: through `$ref`, `allOf`, conditions and alternatives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from mock_server.comparison.reading import ApiDocument, Spot
from mock_server.errors import ContractError

TEXTS = ("title", "description", "$comment", "example", "examples")
UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties", "maxContains")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties", "minContains")
# A keyword that the walk goes into, or that says nothing about values.
_STRUCTURE = {
    "$ref", "$id", "$schema", "$anchor", "$defs", "definitions", "allOf", "anyOf", "oneOf", "if", "then", "else", "properties",
    "patternProperties", "items", "prefixItems", "contains", "required", "enum", "const", "type", "nullable", "xml",
}  # fmt: skip
# What a document that is built to be unwieldy could claim; ours have a few hundred.
_MOST_SHAPES = 20_000
_MOST_COMBINED = 2_000
# (field, value) of each field that a condition names; the value as JSON. A condition that is put otherwise has no field.
Condition = tuple[tuple[str, str], ...]
# In place of a value: any, as long as there is one; before values: none of them. No JSON begins so.
ANY = "*"
NOT = "not "
# All of these hold for the same value.
Spots = tuple[Spot, ...]


@dataclass(slots=True)
class Shape:
    """One schema. `types`, `enum`: None where anything goes. `where` holds the spot of each keyword."""

    spot: Spot
    name: str = ""
    types: frozenset[str] | None = None
    enum: dict[str, Any] | None = None
    keywords: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    where: dict[str, Spot] = field(default_factory=dict)
    fields: dict[str, Spots] = field(default_factory=dict)
    required: dict[str, Spot] = field(default_factory=dict)
    conditions: dict[Condition, Spots] = field(default_factory=dict)
    alternatives: list[Spots] = field(default_factory=list)

    def at(self, keyword: str) -> Spot:
        """Where a keyword stands, or else the schema."""
        return self.where.get(keyword, self.spot)

    @property
    def only_values(self) -> bool:
        """Whether it lists values and says nothing else."""
        return self.enum is not None and not (self.keywords or self.fields or self.conditions or self.alternatives)


class Shaper:
    """Makes the shapes of one document, each once."""

    def __init__(self, document: ApiDocument) -> None:
        self.document = document
        self._made: dict[tuple[tuple[str, str], ...], Shape] = {}

    def shape(self, spots: Spots) -> Shape:
        """The shape of what several schemas say together."""
        spots = tuple(self._target(spot) for spot in spots)
        key = tuple((spot.uri, spot.pointer) for spot in spots)
        if key not in self._made:
            if len(self._made) >= _MOST_SHAPES:
                raise ContractError(
                    f"{self.document.path}: more than {_MOST_SHAPES} schemas, counted where they are used"
                )
            shape = self._made[key] = Shape(spots[0], _name_in_components(spots[0]))
            for part in self._parts(spots, shape, set()):
                self._add(shape, part)
            self._simplify(shape)
        return self._made[key]

    def _target(self, spot: Spot) -> Spot:
        """The schema that a mere reference means, so that one and the same schema has one shape."""
        seen = set()
        while isinstance(spot.value, dict) and spot.value.keys() == {"$ref"} and (spot.uri, spot.pointer) not in seen:
            seen.add((spot.uri, spot.pointer))
            spot = self.document.referred(spot)
        return spot

    def _parts(self, spots: Spots, shape: Shape, seen: set[tuple[str, str]]) -> Iterator[Spot]:
        """The schemas themselves and what they take in by `$ref` and `allOf`, each once."""
        for spot in spots:
            if (spot.uri, spot.pointer) in seen:
                continue
            seen.add((spot.uri, spot.pointer))
            if spot.value is False:
                shape.types = frozenset()
            if not isinstance(spot.value, dict):
                continue
            yield spot
            if "$ref" in spot.value:
                target = self.document.referred(spot)
                shape.name = shape.name or target.pointer.rpartition("/")[2]
                yield from self._parts((target,), shape, seen)
            yield from self._parts(tuple(spot.entries("allOf")), shape, seen)

    def _add(self, shape: Shape, part: Spot) -> None:
        schema = part.value
        for keyword, value in schema.items():
            shape.where.setdefault(keyword, part.child(keyword))
            if keyword in TEXTS:
                shape.texts.setdefault(keyword, words_of(value))
            elif keyword not in _STRUCTURE:
                shape.keywords[keyword] = _both(keyword, shape.keywords.get(keyword, value), value)
        _narrow(shape, schema)
        for name, spot in self._fields(part):
            shape.fields[name] = (*shape.fields.get(name, ()), spot)
        for spot in part.entries("required"):
            if isinstance(spot.value, str):
                shape.required.setdefault(spot.value, spot)
        if "if" in schema:
            self._add_condition(shape, part)
        for keyword in ("anyOf", "oneOf"):
            shape.alternatives += [(spot,) for spot in part.entries(keyword)]

    @staticmethod
    def _fields(part: Spot) -> Iterator[tuple[str, Spot]]:
        yield from part.members("properties").items()
        for pattern, spot in part.members("patternProperties").items():
            yield f"/{pattern}/", spot
        for index, spot in enumerate(part.entries("prefixItems")):
            yield f"[{index}]", spot
        for keyword, name in (("items", "[]"), ("contains", "[any]")):
            if keyword in part.value:
                yield name, part.child(keyword)

    @staticmethod
    def _add_condition(shape: Shape, part: Spot) -> None:
        condition = part.child("if").value
        for keyword, schema in (("then", condition), ("else", {"not": condition})):
            if keyword in part.value:
                for condition in _conditions(schema):
                    shape.conditions[condition] = (*shape.conditions.get(condition, ()), part.child(keyword))

    def _simplify(self, shape: Shape) -> None:
        """Alternatives that only add null, or only list values, are a type and an enum put otherwise."""
        nulls = [each for each in shape.alternatives if self.shape(each).types == frozenset({"null"})]
        others = [each for each in shape.alternatives if each not in nulls]
        shapes = [self.shape(each) for each in others]
        if shapes and all(each.only_values for each in shapes):
            values = {key: value for each in shapes for key, value in (each.enum or {}).items()}
            shape.enum = values | ({"null": None} if nulls else {})
            known = [each.types or _types_of(each.enum or {}) for each in shapes] + [frozenset({"null"})] * bool(nulls)
            shape.types = shape.types or frozenset().union(*known)
            shape.where.setdefault("enum", others[0][0])
            shape.alternatives = []
        elif nulls and len(others) == 1:
            inner = Shape(others[0][0])
            for part in self._parts(others[0], inner, set()):
                self._add(inner, part)
            inner.where |= shape.where
            inner.texts |= shape.texts
            inner.types = inner.types | {"null"} if inner.types is not None else None
            inner.keywords |= shape.keywords
            for name in Shape.__slots__:
                setattr(shape, name, getattr(inner, name))


def _name_in_components(spot: Spot) -> str:
    folder, _, name = spot.pointer.rpartition("/")
    return name if folder == "/components/schemas" else ""


def canonical(value: Any) -> str:
    """A value as JSON, the same for what JSON Schema takes for the same."""
    return json.dumps(_integral(value), sort_keys=True, ensure_ascii=False)


def _integral(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_integral(each) for each in value]
    return {key: _integral(each) for key, each in value.items()} if isinstance(value, dict) else value


def words_of(value: Any) -> str:
    """A text without its line breaks, anything else as JSON."""
    return " ".join(value.split()) if isinstance(value, str) else canonical(value)


def is_number(value: Any) -> bool:
    """Whether a value is one in JSON, where true is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _both(keyword: str, one: Any, other: Any) -> Any:
    """What a keyword says when it is said twice."""
    if keyword in UPPER + LOWER and is_number(one) and is_number(other):
        return min(one, other) if keyword in UPPER else max(one, other)
    return one if canonical(one) == canonical(other) else f"{canonical(one)} and {canonical(other)}"


def _narrow(shape: Shape, schema: dict[str, Any]) -> None:
    """Types and values: what several schemas allow is what each of them allows."""
    named = schema.get("type")
    types = (
        frozenset([named] if isinstance(named, str) else map(str, named)) if isinstance(named, (str, list)) else None
    )
    if types and schema.get("nullable") is True:
        types |= {"null"}
    if types is not None:
        shape.types = types if shape.types is None else _common(shape.types, types)
    listed = [schema["enum"]] if isinstance(schema.get("enum"), list) else []
    listed += [[schema["const"]]] if "const" in schema else []
    for each in listed:
        values = {canonical(value): value for value in each}
        shape.enum = values if shape.enum is None else {key: shape.enum[key] for key in shape.enum if key in values}
        shape.where.setdefault("enum", shape.at("const"))


def _common(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    both = one & other
    return both | {"integer"} if "integer" in one | other and "number" in one | other else both


def _types_of(values: dict[str, Any]) -> frozenset[str]:
    names = {
        str: "string",
        bool: "boolean",
        int: "integer",
        float: "number",
        list: "array",
        dict: "object",
        type(None): "null",
    }
    return frozenset(names[type(value)] for value in values.values())


def _conditions(schema: Any) -> list[Condition]:
    """Each condition of which one has to hold for a schema to hold."""
    if isinstance(schema, dict) and schema.keys() == {"not"}:
        excluded = list(_combinations(schema["not"]))
        fields = {name for each in excluded for name, _ in each}
        if len(fields) == 1 and all(len(each) == 1 for each in excluded):
            return [((fields.pop(), NOT + ", ".join(value for ((_, value),) in excluded)),)]
    return list(_combinations(schema)) or [(("", canonical(schema)),)]


def _combinations(condition: Any, before: str = "") -> Iterator[Condition]:
    """Each combination of values for which a condition holds, if it only lists values of fields, and not too many; else nothing."""
    if not isinstance(condition, dict) or not condition.keys() <= {"required", "properties", "type"}:
        return
    found: list[Condition] = [()]
    fields = condition["properties"] if isinstance(condition.get("properties"), dict) else {}
    given = condition["required"] if isinstance(condition.get("required"), list) else []
    for name in sorted(name for name in map(str, given) if name not in fields):
        found = [(*one, (before + name, ANY)) for one in found]
    for name, schema in sorted(fields.items()):
        keys = schema.keys() - {"type"} if isinstance(schema, dict) else set()
        if keys == {"enum"} and isinstance(schema["enum"], list):
            choices: list[Condition] = [((before + name, canonical(value)),) for value in schema["enum"]]
        elif keys == {"const"}:
            choices = [((before + name, canonical(schema["const"])),)]
        else:
            choices = list(_combinations(schema, f"{before}{name}."))
        found = list(islice((one + more for one in found for more in choices), _MOST_COMBINED + 1))
        if len(found) > _MOST_COMBINED:
            return
    yield from (each for each in found if each)
