"""Strangers read the document of the control API and put it to a running mock."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from contract_tests.api import Api
from mock_server import MockServer, Settings, create_app
from mock_server.contract.contract import CONTROL_PREFIX, load_contract

HOOKS = "tests.strangers.control_hooks"
CHECKOUT = Path(__file__).resolve().parents[2]
STRUCTURE = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection"
)
# What no schema says: which members of a rule go together, and what has to exist before it is asked for.
WAITS = ("waitForRequests", "waitForCallbacks")
# Whether it asks again for the document that it has read is its own affair, so it is told not to.
DOCUMENT = "getOpenApi"
BY_CODE = ("addRule", "sendCallback", "verifyRequests", "verifyCallbacks", "failTask", *WAITS)


def each(flag: str, names: tuple[str, ...]) -> list[str]:
    """The flag with each of the names."""
    return [part for name in names for part in (flag, name)]


@pytest.fixture
def mock() -> Iterator[MockServer]:
    """A mock whose receivers and waits take no time."""
    with MockServer(Settings(port=0, clock="manual", seed=1, journal_max=200, callback_timeout=0.2)) as server:
        yield server


def served(mock: MockServer) -> Any:
    """The document as a user gets it."""
    reply = Api(mock.url, None).send("GET", "/__mock/openapi.json")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    return reply.json


def run(url: str, folder: Path, *arguments: str) -> str:
    """Runs schemathesis on the document that the mock serves; the test fails with its report when it finds something."""
    done = subprocess.run(
        [Path(sys.executable).parent / "st", "run", f"{url}/__mock/openapi.json", "--url", url, "--no-color",
         "--generation-deterministic", "--continue-on-failure", *arguments],
        capture_output=True, text=True, timeout=120, check=False, cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return done.stdout


def test_the_document_is_one(mock: MockServer) -> None:
    """It is a valid OpenAPI document that needs no other file."""
    document = served(mock)
    validate(document)
    references = re.findall(r'"\$ref": "([^"]*)"', json.dumps(document))
    assert references
    assert {reference[:2] for reference in references} == {"#/"}


def test_every_route_is_documented_and_the_reverse() -> None:
    """Method by method, path by path."""
    app = create_app(Settings(seed=1))
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(CONTROL_PREFIX)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {
        (method.upper(), path)
        for path, item in load_contract().control.data["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert routes == described


@pytest.mark.parametrize(
    "phases",
    [
        ["--phases", "coverage,fuzzing", "-n", "8", *each("--exclude-operation-id", (*WAITS, DOCUMENT))],
        # The cases of the coverage phase do not pass through the hook, so that these would wait in earnest.
        ["--phases", "fuzzing", "-n", "20", *each("--include-operation-id", WAITS)],
    ],
    ids=["all", "waits"],
)
def test_every_answer_conforms_and_wrong_input_is_refused(mock: MockServer, tmp_path: Path, phases: list[str]) -> None:
    """Whatever is sent to whichever route: no 5xx, the documented schema, and what the schema forbids is turned away."""
    report = run(mock.url, tmp_path, *phases, "--mode", "all", "--checks", STRUCTURE)
    others = {operation.id for operation in load_contract().control.operations} - {*WAITS, DOCUMENT}
    wanted = len(WAITS) if "--include-operation-id" in phases else len(others)
    counts = re.findall(r"^ *(?:Selected|Tested): (\d+)", report, re.MULTILINE)
    assert counts == [str(wanted)] * 2, report[-4000:]


def test_right_input_is_accepted(mock: MockServer, tmp_path: Path) -> None:
    """What the schema allows is taken, wherever the schema says everything that there is to say."""
    run(
        mock.url, tmp_path, "--phases", "coverage,fuzzing", "--mode", "positive", "-n", "10",
        *each("--exclude-operation-id", BY_CODE),
        "--checks", "not_a_server_error,positive_data_acceptance",
    )  # fmt: skip


def test_refusals_are_problems(mock: MockServer) -> None:
    """A body that is none, a parameter too many and one that is wrong are told as RFC 9457 says, on every route."""
    api = Api(mock.url, None)
    for operation in load_contract().control.operations:
        path = re.sub(r"\{\w+\}", "x", operation.path)
        reply = api.send(operation.method, path, query={"nonsense": "1"}, body=b"{}" if operation.body else None)
        assert (reply.status, reply.headers["Content-Type"]) == (400, "application/problem+json"), operation.id
        assert (reply.json["field"], reply.json["status"]) == ("nonsense", 400)
        if operation.body_required:
            for body in (b"", b"{", b"\xff", b"[]", b'{"x": NaN}'):
                refused = api.send(operation.method, path, body=body)
                assert (refused.status, refused.headers["Content-Type"]) == (400, "application/problem+json")
        if "account" in operation.names("query"):
            wrong = api.send(operation.method, path, query={"account": "a b"}, body=b"{}" if operation.body else None)
            assert (wrong.status, wrong.json["field"]) == (400, "account")
