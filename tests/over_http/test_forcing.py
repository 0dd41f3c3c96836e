"""Every code of the table on demand, by each way, on every operation."""

from __future__ import annotations

import json

import pytest

from contract_tests.api import MINIMAL, QUERY, RETRIEVE, Api, Reply
from mock_server import MockServer
from mock_server.contract.contract import load_contract

CODES = [code for code in load_contract().codes if code != 0]
GATEWAY = {code for code, row in load_contract().codes.items() if row.answer == "gateway"}
SHAPES = {
    "create": ["task_id", "base_resp"],
    "query": ["task_id", "status", "file_id", "video_width", "video_height", "base_resp"],
    "retrieve": ["file", "base_resp"],
    "retrieve_content": ["base_resp"],
    "list": ["files", "base_resp"],
    "upload": ["file", "base_resp"],
    "delete": ["file_id", "base_resp"],
}
CALLS = {
    "query": ("GET", QUERY), "retrieve": ("GET", RETRIEVE), "retrieve_content": ("GET", "/v1/files/retrieve_content"),
    "list": ("GET", "/v1/files/list"), "upload": ("POST", "/v1/files/upload"), "delete": ("POST", "/v1/files/delete"),
}  # fmt: skip


def call(api: Api, operation: str, headers: dict[str, str] | None = None, **query: str) -> Reply:
    """A call that would succeed or fail for its own reasons, had nobody asked for a code."""
    headers = headers or {}
    if operation == "create":
        body = json.dumps(MINIMAL).encode()
        return api.send(
            "POST",
            "/v1/video_generation",
            headers={"Content-Type": "application/json"} | headers,
            body=body,
            query=query,
        )
    method, path = CALLS[operation]
    named = {"task_id": "123456789012345"} if operation == "query" else {"file_id": "123456789012345"}
    return api.send(method, path, headers=headers, query=named | query)


@pytest.mark.parametrize("operation", SHAPES)
@pytest.mark.parametrize("code", CODES)
def test_every_code_by_every_way(mock: MockServer, api: Api, code: int, operation: str) -> None:
    """Key, header and parameter bring the code about, with its wire text and shape, in HTTP 200."""
    replies = [
        call(Api(mock.url, f"mock-{code}"), operation),
        call(api, operation, {"Prefer": f"code={code}"}),
        call(api, operation, __code=str(code)),
    ]
    if operation == "create":
        replies.append(api.create(MINIMAL | {"prompt": f"a cat mock:{code}, running"}))
    for reply in replies:
        assert (reply.status, reply.code) == (200, code)
        model = MINIMAL["model"] if operation == "create" else None
        assert reply.message == load_contract().codes[code].wire_text(model)
        assert list(reply.json) == (["base_resp"] if code in GATEWAY else SHAPES[operation])
        (violation,) = json.loads(reply.headers["X-Mock-Violations"])
        assert violation["rule"] == "forced"


@pytest.mark.parametrize(
    "headers", [{"Prefer": "code=9999"}, {"Prefer": "code=abc"}, {"Prefer": "code="}, {"Prefer": "code=-1"}]
)
def test_unknown_code_is_ignored_and_noted(api: Api, headers: dict[str, str]) -> None:
    """The call is served as if it had not asked, and the journal says so."""
    reply = call(api, "create", headers)
    assert reply.code == 0
    entry = api.send("GET", f"/__mock/requests/{reply.headers['X-Mock-Request-Id']}").json
    assert entry["notes"][0]["note"] == "forced-code-ignored"


def test_unknown_code_in_the_key_is_an_account(mock: MockServer) -> None:
    """mock-9999 is a key like any other."""
    assert Api(mock.url, "mock-9999").create(MINIMAL).code == 0


def test_a_forced_code_does_not_wait_for_a_valid_body(mock: MockServer) -> None:
    """The key's code comes before the contract is looked at, so that it comes always."""
    assert Api(mock.url, "mock-1008").create({}).code == 1008
    reply = Api(mock.url, "mock-1008").send("POST", "/v1/video_generation", body=b"{broken")
    assert reply.code == 1008


def test_the_nearest_demand_wins(mock: MockServer) -> None:
    """Parameter before header before prompt before key, and 0 asks for the truth."""
    key = Api(mock.url, "mock-1008")
    assert call(key, "create", {"Prefer": "code=1002"}, __code="1026").code == 1026
    assert call(key, "create", {"Prefer": "code=1002"}).code == 1002
    assert key.create(MINIMAL | {"prompt": "mock:2056"}).code == 2056
    assert call(key, "create", __code="0").code == 0
