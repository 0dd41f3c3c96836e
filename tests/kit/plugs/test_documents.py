"""The published schemas of call and result documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract_tests.plugs.documents import KINDS, OPERATIONS, PROTOCOL
from contract_tests.plugs.results import SCHEMAS, BrokenResult, broken, check_call, read_result
from tests.kit.plugs.calls import call

GOOD = {"protocol": 1, "id": "c", "outcome": "success"}


def _schema(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return schema


@pytest.mark.parametrize("kind", ["call", "result"])
def test_schema_is_one_and_describes_every_member(kind: str) -> None:
    """It is what people write adapters by."""
    schema = _schema(kind)
    Draft202012Validator.check_schema(schema)
    described = [schema, *schema["$defs"].values()]
    for each in described:
        for name, member in each["properties"].items():
            assert member.get("description") or "$ref" in member, name


def test_schemas_and_code_say_the_same() -> None:
    """The words of the protocol stand in both."""
    result, asked = _schema("result"), _schema("call")
    assert tuple(result["$defs"]["Error"]["properties"]["kind"]["enum"]) == KINDS
    assert tuple(asked["properties"]["op"]["examples"]) == OPERATIONS
    assert {each["properties"]["protocol"]["const"] for each in (result, asked)} == {PROTOCOL}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"task_id": "1", "file_id": "2", "sha256": "0" * 64, "out_file": "/x", "note": [1]},
        {"outcome": "error", "error": {"kind": "auth", "code": 1004, "message": "", "retryable": False, "extra": 1}},
        {"outcome": "unsupported"},
        {"results": [GOOD, GOOD | {"outcome": "unsupported"}]},
    ],
)
def test_results_that_are_right(more: dict[str, Any]) -> None:
    """Unknown members are allowed."""
    assert read_result(GOOD | more, {"id": "c"}) == GOOD | more


def test_null_means_absent() -> None:
    """Many languages write members that have no value, and a reader need not tell the two apart."""
    error = {"kind": "auth", "code": None, "message": None, "retryable": None, "ambiguous": None, "task_id": None}
    nulls = {"task_id": None, "file_id": None, "sha256": None, "out_file": None, "results": None}
    assert read_result(GOOD | nulls | {"error": None}, {"id": "c"}) == GOOD
    failed = GOOD | {"outcome": "error"}
    assert read_result(failed | nulls | {"error": error}, {"id": "c"}) == failed | {"error": {"kind": "auth"}}
    whole = read_result(GOOD | {"results": [GOOD | nulls]}, {"id": "c"})
    assert whole["results"] == [GOOD]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "the document is []; allowed: object"),
        ({"protocol": 1, "id": "c"}, "'outcome' is a required property"),
        (GOOD | {"protocol": 2}, "/protocol: 1 was expected"),
        (GOOD | {"outcome": "ok"}, '/outcome is "ok"; allowed: success, error, unsupported'),
        (GOOD | {"task_id": 42}, "/task_id is 42; allowed: string or null"),
        (GOOD | {"sha256": "ABC"}, "/sha256"),
        (GOOD | {"outcome": "error"}, "'error' is a required property"),
        (GOOD | {"outcome": "error", "error": None}, "/error is null; allowed: object"),
        (GOOD | {"outcome": "error", "error": {}}, "/error: 'kind' is a required property"),
        (
            GOOD | {"outcome": "error", "error": {"kind": "auth", "code": "1004"}},
            '/error/code is "1004"; allowed: integer',
        ),
        (GOOD | {"error": {"kind": "auth"}}, "/error"),
        (GOOD | {"results": [{}]}, "/results/0"),
        (GOOD | {"id": "d"}, 'the result document has the id "d", the call has "c"'),
    ],
)
def test_results_that_are_wrong(document: Any, words: str) -> None:
    """The message names the place and what is allowed."""
    with pytest.raises(BrokenResult) as raised:
        read_result(document, {"id": "c"})
    assert words in str(raised.value)


def test_calls_of_the_kit_are_right() -> None:
    """One of each operation, and one that nobody knows."""
    for operation in (*OPERATIONS, "frobnicate"):
        check_call(call(op=operation, calls=[call()]))


@pytest.mark.parametrize("more", [{"op": ""}, {"deadline_ms": 0}, {"task_id": 1}, {"retries": -1}, {"calls": [{}]}])
def test_calls_that_are_wrong(more: dict[str, Any]) -> None:
    """They are found before a client gets them."""
    assert broken("call", call() | more)
    with pytest.raises(ValueError, match="not a call document"):
        check_call(call() | more)
