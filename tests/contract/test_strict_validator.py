"""Compiled schemas judge as jsonschema does, which follows every reference and looks at every keyword each time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mock_server.contract.contract import load_contract
from mock_server.contract.document import Document
from mock_server.contract.mode import CREATE_SCHEMA
from mock_server.contract.rules import Rule, read_rules
from mock_server.contract.strict_validator import compiled, findings, is_integer
from mock_server.errors import ContractError
from mock_server.resources import folder
from mock_server.settings import MODES
from tests.contract.bodies import FOLDER

# One or two of each kind, some of them right somewhere.
VALUES: list[Any] = [
    None, True, False, 0, 6, 6.0, 10, -1, "", "6", "1080P", "768P", "720P", "MiniMax-Hailuo-02", "I2V-01", "video-01",
    "http://a.example/x.jpg", "https://", "data:image/png;base64,AAAA", "[Push in] a [Fly]", "[Pan left]",
    "x" * 2001, [], [1], {}, {"a": 1}, [{"type": "character", "image": ["http://a/b"]}], [{"type": "dog", "image": []}],
]  # fmt: skip
_Plain: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer)
)


def _plain(document: Document, pointer: str) -> Validator:
    """What jsonschema makes of a schema by itself."""
    base = "https://documents.invalid/"
    resources = ((base + name, DRAFT202012.create_resource(each.data)) for name, each in document.neighbours.items())
    validator: Validator = _Plain(
        {"$ref": f"{base}{document.path.name}#{pointer}"}, registry=Registry().with_resources(resources)
    )
    return validator


def _found(validator: Validator, value: Any) -> Counter[str]:
    """Every finding as its keyword, the limit and the value that it is about."""
    return Counter(
        json.dumps([error.validator, error.instance] + [error.validator_value] * (error.validator != "not"))
        for error in validator.iter_errors(value)
    )


def _bodies(mode: str) -> Iterator[dict[str, Any]]:
    """The bodies of the fixtures, and the example of a mode with every other value in every field."""
    names = ["model", "first_frame_image", "last_frame_image", "subject_reference", "prompt", "prompt_optimizer"]
    names += ["fast_pretreatment", "duration", "resolution", "callback_url", "aigc_watermark"]
    for path in sorted(FOLDER.rglob("*__*.json")):
        try:
            body = json.loads(path.read_bytes())
        except ValueError:
            continue
        if isinstance(body, dict):
            yield body
    example = load_contract().mode(mode).document.resolve(CREATE_SCHEMA)["example"]
    for name in names:
        yield from ({**example, name: value} for value in VALUES)
        yield {other: value for other, value in example.items() if other != name}


@pytest.mark.parametrize("mode", MODES)
def test_every_body_is_judged_as_jsonschema_judges_it(mode: str) -> None:
    """The same findings, each as often, for the body and for every advice of a mode."""
    document = load_contract().mode(mode).document
    count = len(document.resolve(CREATE_SCHEMA)["x-advice"])
    pointers = [CREATE_SCHEMA, *(f"{CREATE_SCHEMA}/x-advice/{index}" for index in range(count))]
    pairs = [(compiled(document, pointer), _plain(document, pointer)) for pointer in pointers]
    refused = 0
    for body in _bodies(mode):
        for ours, plain in pairs:
            assert _found(ours, body) == _found(plain, body), body
            assert (not list(findings(ours, body))) == ours.is_valid(body) == plain.is_valid(body)
            refused += not ours.is_valid(body)
    assert refused > 100


def _document(tmp_path: Path, schemas: str) -> Document:
    """A document with these schemas, and another beside it."""
    rules: dict[str, Rule] = read_rules(folder("openapi") / "rules.yaml")
    head = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n"
    (tmp_path / "other.yaml").write_text(
        head + "    Short: {type: string, maxLength: 3, x-rule: prompt}\n    Any: true\n"
    )
    (tmp_path / "one.yaml").write_text(head + "".join(f"    {line}\n" for line in schemas.strip().splitlines()))
    return Document(tmp_path / "one.yaml", rules)


def _rules(document: Document, value: Any) -> list[tuple[str, str]]:
    errors: Any = compiled(document, "/components/schemas/It").iter_errors(value)
    return [(str(error.validator), error.schema["x-rule"]) for error in errors]


def test_rule_beside_a_reference_stands_in_for_the_other_one(tmp_path: Path) -> None:
    """A finding names the rule that stands nearest, whether the reference is one of a field or of items."""
    document = _document(
        tmp_path, "It: {properties: {a: {$ref: 'other.yaml#/components/schemas/Short', x-rule: model}}}"
    )
    assert _rules(document, {"a": "long"}) == [("maxLength", "model")]
    assert _rules(document, {"a": "abc"}) == []


def test_keywords_beside_a_reference_count_as_well(tmp_path: Path) -> None:
    """What a reference leads to and what stands beside it must both be met, also where both have the same keyword."""
    document = _document(
        tmp_path,
        "It: {$ref: 'other.yaml#/components/schemas/Short', maxLength: 5, x-rule: model, allOf: [{enum: [abc], x-rule: duration}]}",
    )
    assert sorted(_rules(document, "abcdef")) == [("enum", "duration"), ("maxLength", "model"), ("maxLength", "model")]
    assert sorted(_rules(document, "abcd")) == [("enum", "duration"), ("maxLength", "model")]
    assert _rules(document, "abc") == []


def test_schema_that_holds_itself_is_followed(tmp_path: Path) -> None:
    """A reference to what it stands in ends no start, and judges at every depth, also by way of another document."""
    document = _document(
        tmp_path,
        "It: {properties: {in: {$ref: '#/components/schemas/It'}, a: {$ref: 'other.yaml#/components/schemas/Short'}}}",
    )
    assert _rules(document, {"in": {"in": {"in": {"a": "long"}}}}) == [("maxLength", "prompt")]
    assert _rules(document, {"in": {"in": {"in": {"a": "abc"}}}}) == []


def test_schema_that_allows_everything_may_be_referred_to(tmp_path: Path) -> None:
    """`true` is a schema as well."""
    document = _document(tmp_path, "It: {properties: {a: {$ref: 'other.yaml#/components/schemas/Any'}, b: false}}")
    assert compiled(document, "/components/schemas/It").is_valid({"a": [1]})
    assert not compiled(document, "/components/schemas/It").is_valid({"b": 1})


@pytest.mark.parametrize(
    ("schema", "words"),
    [("{maxLenght: 3}", "unknown keyword 'maxLenght'"), ("{$dynamicRef: '#/components/schemas/It'}", "$dynamicRef")],
)
def test_keyword_that_would_not_be_applied_stops_the_start(tmp_path: Path, schema: str, words: str) -> None:
    """What is left out when a schema is compiled is known to judge nothing; anything else is an error with its place."""
    with pytest.raises(ContractError, match=r"one\.yaml:\d+: ") as caught:
        _document(tmp_path, f"It: {{properties: {{a: {schema}}}}}")
    assert words in str(caught.value)


def test_no_error_is_made_for_a_body_that_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conditions that do not fit, of which every body has many, are found out without an error that nobody reads."""
    made: list[str] = []

    class Counted(ValidationError):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            made.append(arguments[0])
            super().__init__(*arguments, **more)

    mode = load_contract().mode(MODES[0])
    monkeypatch.setattr("mock_server.contract.strict_validator.ValidationError", Counted)
    example = mode.document.resolve(CREATE_SCHEMA)["example"]
    assert mode.check(example) == []
    assert mode.advise(example) == []
    assert made == []
    assert mode.check({**example, "duration": 7})
    assert made
