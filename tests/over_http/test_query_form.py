"""The two forms of a query's answer: every key from the beginning, or those of the file with the success alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mock_server import MockServer, Settings
from mock_server.contract.contract import load_contract
from tests.over_http.controlling import User

EMPTY = {"file_id": "", "video_width": 0, "video_height": 0}


@pytest.fixture(scope="module", params=["observed", "documented"])
def form(request: pytest.FixtureRequest) -> str:
    """Each form."""
    return str(request.param)


@pytest.fixture(scope="module")
def server(form: str) -> Iterator[MockServer]:
    """A mock that answers in this form."""
    with MockServer(Settings(port=0, clock="manual", query_form=form)) as mock:
        yield mock


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    """What the document says of the answer."""
    components = load_contract().document.data["components"]
    return Draft202012Validator({"$ref": "#/components/schemas/QueryVideoGenerationResp", "components": components})


def expected(form: str, task_id: str, status: str, base_resp: dict[str, Any]) -> list[tuple[str, Any]]:
    """The members of an answer without a file, in their order."""
    empty = EMPTY if form == "observed" else {}
    return list({"task_id": task_id, "status": status, **empty, "base_resp": base_resp}.items())


def test_a_task_on_its_way(user: User, form: str, schema: Draft202012Validator) -> None:
    """No file until the end, and then the same in both forms."""
    task_id = user.task(resolution="1080P")
    seen = {}
    for _ in range(60):
        body = user.api.query(task_id).json
        schema.validate(body)
        seen[body["status"]] = body
        user.advance(0.05)
    success = {"status_code": 0, "status_msg": "success"}
    assert list(seen) == ["Preparing", "Queueing", "Processing", "Success"]
    for status in ("Preparing", "Queueing", "Processing"):
        assert list(seen[status].items()) == expected(form, task_id, status, success)
    last = seen["Success"]
    assert list(last) == ["task_id", "status", "file_id", "video_width", "video_height", "base_resp"]
    assert (last["video_width"], last["video_height"]) == (1920, 1080)
    assert user.api.retrieve(last["file_id"]).code == 0


def test_a_task_that_failed(user: User, form: str, schema: Draft202012Validator) -> None:
    """It never has a file."""
    user.rule({"task": {"end": "Fail", "code": 1027}})
    task_id = user.task()
    user.advance(60)
    body = user.api.query(task_id).json
    schema.validate(body)
    assert list(body.items()) == expected(
        form, task_id, "Fail", {"status_code": 1027, "status_msg": "output new_sensitive"}
    )


def test_a_query_that_is_refused(user: User, form: str, schema: Draft202012Validator) -> None:
    """An unknown task, and none at all; a call that is turned away before it is understood has `base_resp` alone."""
    for task_id in ("1", ""):
        reply = user.api.query(task_id)
        schema.validate(reply.json)
        assert list(reply.json.items()) == expected(
            form, task_id, "", {"status_code": 2013, "status_msg": reply.message}
        )
    user.rule({"code": 1004}, {"operation": "query"})
    assert list(user.api.query("1").json) == ["base_resp"]


def test_a_rule_changes_what_is_there(user: User, form: str) -> None:
    """Also a member that the form leaves out."""
    user.rule({"change": {"/file_id": "7"}}, {"operation": "query"})
    body = user.api.query(user.task()).json
    assert body["file_id"] == "7"
    assert ("video_width" in body) == (form == "observed")


@pytest.mark.parametrize("missing", [some for count in (1, 2) for some in combinations(EMPTY, count)])
def test_the_document_knows_no_third_form(schema: Draft202012Validator, missing: tuple[str, ...]) -> None:
    """Some of the three without the others, or a success without them."""
    body = {"task_id": "1", "status": "Processing", **EMPTY, "base_resp": {"status_code": 0, "status_msg": "success"}}
    assert schema.is_valid(body)
    assert not schema.is_valid({name: value for name, value in body.items() if name not in missing})
    assert not schema.is_valid(
        {name: value for name, value in body.items() if name not in EMPTY} | {"status": "Success"}
    )
