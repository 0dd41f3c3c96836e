"""JSON Schema as the service applies it, judged by jsonschema, with all that can be done once done when it is compiled.

jsonschema follows a reference anew and makes a new validator for each part of a schema at every visit. Here references
are written out, and each part has its validator from the start, and a plain question whether there is anything for it to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mock_server.contract import grammar, predicates
from mock_server.contract.document import Document
from mock_server.contract.predicates import Question

# Where the documents seem to lie, so that one can refer to another by the name of its file.
_BASE = "https://minimax-mock.invalid/openapi/"
_USUAL: Mapping[str, Any] = Draft202012Validator.VALIDATORS
_RULE = "x-rule"
# What judges values, alone or beside another keyword, and the name of the rule. References are written out.
_KEPT = (_USUAL.keys() | {"then", "else", "minContains", "maxContains", _RULE}) - {"$ref"}
_NOTHING: tuple[ValidationError, ...] = ()


def is_integer(_checker: Any, instance: Any) -> bool:
    """What the type checker of jsonschema is told about integers."""
    return predicates.is_whole(instance)


class Node(dict[str, Any]):
    """A part of a compiled schema, the validator that says what is wrong with a value, and whether anything is."""

    __slots__ = ("fits", "validator")
    validator: Validator
    fits: Question

    def compile(self, anywhere: Any) -> None:
        """Makes both, once the parts of this part have theirs."""
        self.validator = anywhere.evolve(schema=self)
        words = [word for word in self if word in anywhere.VALIDATORS]
        known = all(word in _QUESTIONS for word in words)
        self.fits = (
            predicates.all_of([_QUESTIONS[word](self[word], self) for word in words])
            if known
            else self.validator.is_valid
        )


def _question_of(schema: Any) -> Question:
    """Whether a value is what a part of a schema wants; such a part may be `true` or `false` as well."""
    return schema.fits if isinstance(schema, Node) else lambda _: bool(schema)


# Each keyword that is asked without jsonschema, with what makes the question of its value and of the schema around it.
_PLAIN: Mapping[str, Callable[[Any], Question]] = {
    "type": predicates.of_type, "enum": predicates.one_of, "pattern": predicates.matching,
    "maxLength": predicates.no_longer, "minItems": predicates.no_fewer, "maxItems": predicates.no_more,
}  # fmt: skip


def _alone(make: Callable[[Any], Question]) -> Callable[[Any, Any], Question]:
    return lambda value, _around: make(value)


_QUESTIONS: Mapping[str, Callable[[Any, Any], Question]] = {word: _alone(make) for word, make in _PLAIN.items()} | {
    "required": lambda names, _: predicates.having(names),
    "properties": lambda members, _: predicates.with_members({n: _question_of(s) for n, s in members.items()}),
    "items": lambda items, around: predicates.with_items(_question_of(items), around.get("maxItems")),
    "allOf": lambda schemas, _: predicates.all_of([_question_of(each) for each in schemas]),
    "if": lambda condition, around: predicates.if_then(
        *map(_question_of, (condition, around.get("then", True), around.get("else", True)))
    ),
    "not": lambda schema, _: predicates.none_of(_question_of(schema)),
}


# What is wrong. The messages of jsonschema hold the whole instance, which may be 25 MB of base64; ours are made from the
# rule, so these say nothing.
def _plainly(word: str, make: Callable[[Any], Question]) -> Any:
    def judge(_validator: Any, value: Any, instance: Any, _schema: Any) -> Iterable[ValidationError]:
        return _NOTHING if make(value)(instance) else [ValidationError(word)]

    return judge


pattern_to_the_end = _plainly("pattern", predicates.matching)


def _required(_validator: Any, required: Any, instance: Any, _schema: Any) -> Iterable[ValidationError]:
    if not isinstance(instance, dict):
        return _NOTHING
    # The path of the error then names the field that is missing.
    return [ValidationError("required", path=[name]) for name in required if name not in instance]


# Keywords that hold schemas: as jsonschema has them, but with the validators that are there already, and only for the
# parts where something is wrong.


def _properties(validator: Any, properties: Any, instance: Any, _schema: Any) -> Iterable[ValidationError]:
    found: list[ValidationError] = []
    if isinstance(instance, dict):
        for name, schema in properties.items():
            if name in instance and not _fits(schema, instance[name], validator):
                for error in _for(schema, validator).iter_errors(instance[name]):
                    error.path.appendleft(name)
                    error.schema_path.appendleft(name)
                    found.append(error)
    return found


def _items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterable[ValidationError]:
    """Judges as many items as there may be. That there are more is another finding, and each of them would be one more."""
    if not isinstance(instance, list):
        return _NOTHING
    return list(_USUAL["items"](validator, items, instance[: schema.get("maxItems")], schema))


def _all_of(validator: Any, schemas: Any, instance: Any, _schema: Any) -> Iterable[ValidationError]:
    found: list[ValidationError] = []
    for index, schema in enumerate(schemas):
        if not _fits(schema, instance, validator):
            for error in _for(schema, validator).iter_errors(instance):
                error.schema_path.appendleft(index)
                found.append(error)
    return found


def _if(validator: Any, condition: Any, instance: Any, schema: Any) -> Iterable[ValidationError]:
    follows = "then" if _fits(condition, instance, validator) else "else"
    if follows not in schema or _fits(schema[follows], instance, validator):
        return _NOTHING
    found = list(_for(schema[follows], validator).iter_errors(instance))
    for error in found:
        error.schema_path.appendleft(follows)
    return found


def _not(validator: Any, schema: Any, instance: Any, _schema: Any) -> Iterable[ValidationError]:
    return [ValidationError("not")] if _fits(schema, instance, validator) else _NOTHING


def _fits(schema: Any, instance: Any, validator: Any) -> bool:
    """Whether a value is what a part of a schema wants."""
    if isinstance(schema, Node):
        return schema.fits(instance)
    fitting: bool = validator.evolve(schema=schema).is_valid(instance)
    return fitting


def _for(schema: Any, validator: Any) -> Any:
    """The validator for a part of a schema; a new one for a part that was reached by a reference."""
    return schema.validator if isinstance(schema, Node) else validator.evolve(schema=schema)


def _reference(validator: Any, reference: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Judges by the schema that a reference leads to; an `x-rule` beside the reference stands in for that schema's."""
    for error in _USUAL["$ref"](validator, reference, instance, schema):
        if _RULE in schema and len(error.schema_path) == 1:
            error.schema = {**error.schema, _RULE: schema[_RULE]}
        yield error


_KEYWORDS: dict[str, Any] = {word: _plainly(word, make) for word, make in _PLAIN.items()} | {
    "required": _required, "properties": _properties, "items": _items, "allOf": _all_of, "if": _if, "not": _not,
}  # fmt: skip
_StrictValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators=_KEYWORDS | {"$ref": _reference},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer),
)


def compiled(document: Document, pointer: str) -> Validator:
    """The validator for the schema at a JSON Pointer of a document, which has checked that it is one."""
    schema = document.resolve(pointer)
    neighbours = ((_BASE + name, DRAFT202012.create_resource(each.data)) for name, each in document.neighbours.items())
    anywhere = _StrictValidator({}, registry=Registry().with_resources(neighbours))
    validator: Validator = _for(_written_out(schema, document, anywhere, ((document.path.name, pointer),)), anywhere)
    return validator


def findings(validator: Validator, value: Any) -> Iterable[ValidationError]:
    """Everything that a compiled schema has to say about a value."""
    return _NOTHING if _fits(validator.schema, value, validator) else validator.iter_errors(value)


def _written_out(schema: Any, document: Document, anywhere: Any, above: tuple[tuple[str, str], ...]) -> Any:
    """The schema with what its references lead to in their place, and without what judges nothing.

    A reference to one of the schemas `above`, which hold it, stays, and is followed at each visit.
    """
    if not isinstance(schema, dict):
        return schema

    def inside(value: Any, kind: str | None) -> Any:
        if kind == "schema":
            return _written_out(value, document, anywhere, above)
        if kind == "list:schema":
            return [inside(each, "schema") for each in value]
        return {name: inside(each, "schema") for name, each in value.items()} if kind == "map:schema" else value

    node = Node(
        {word: inside(value, grammar.kind_of("schema", word)) for word, value in schema.items() if word in _KEPT}
    )
    if "$ref" in schema:
        found, pointer = document.target(schema["$ref"])
        target = (found.path.name, pointer)
        if target in above:
            node["$ref"] = f"{_BASE}{target[0]}#{pointer}"
        else:
            node = _joined(node, _written_out(found.resolve(pointer), found, anywhere, (*above, target)), anywhere)
    node.compile(anywhere)
    return node


def _joined(node: Node, target: Any, anywhere: Any) -> Node:
    """A schema and the one that it refers to as one. Beside other keywords the one that is referred to is one more to pass."""
    if isinstance(target, Node) and _RULE in node:
        target = Node(target | {_RULE: node[_RULE]})
        target.compile(anywhere)
    if isinstance(target, Node) and node.keys() <= {_RULE}:
        return target
    return Node(node | {"allOf": [target, *node.get("allOf", ())]})
