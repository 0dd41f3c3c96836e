"""What the control API does not take, because it could be meant in two ways or would do harm later."""

from __future__ import annotations

import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

from mock_server import MockServer, Settings
from mock_server.contract.contract import load_contract
from mock_server.control.time import DEADLINE
from mock_server.control.verifying import TIMEOUT
from tests.over_http.controlling import PROBLEM, User


@pytest.fixture
def user(mock: MockServer) -> User:
    """An account of its own on the mock of the session."""
    return User(mock)


def raw(user: User, method: str, path: str, body: bytes) -> Any:
    """What the control API answers to exactly these bytes; a refusal has to be a problem."""
    reply = user.api.send(method, f"/__mock/{path}", body=body)
    assert reply.headers["Content-Type"] in (PROBLEM, "application/json"), reply.content
    return reply


@pytest.mark.parametrize("path", ["reset", "tasks/1/finish", "callbacks/1/replay"])
def test_a_body_where_none_is_looked_at_is_refused(user: User, path: str) -> None:
    """Whoever writes the account into the body of a reset does not lose everybody's accounts."""
    user.task()
    reply = raw(user, "POST", path, b'{"account": "somebody"}')
    assert (reply.status, reply.json["title"]) == (400, "No body")
    assert len(user.journal()) == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"  "])
def test_an_empty_body_is_none(user: User, body: bytes) -> None:
    """Libraries that always send an empty object may do so."""
    assert raw(user, "POST", f"reset?account={user.key}", body).status == 200


def test_a_member_that_stands_twice_is_refused(user: User) -> None:
    """As in a scenario file, nobody has to guess which one counts."""
    reply = raw(user, "POST", "rules", b'{"then": {"code": 1002}, "then": {"code": 1008}}')
    assert (reply.status, "the member 'then' stands twice" in reply.json["detail"]) == (400, True)


def test_a_body_that_is_too_deep_is_refused(user: User) -> None:
    """What could not be written into an answer later is refused at once."""
    nested = b"[" * 300 + b"]" * 300
    reply = raw(user, "POST", "rules", b'{"then": {"change": {"/a": ' + nested + b"}}}")
    assert (reply.status, reply.json["title"]) == (400, "Too deep")


@pytest.mark.parametrize(
    "then",
    [
        {"http": {"status": 200, "headers": {"X-A": "b\n"}}},
        {"http": {"status": 200, "headers": {"X-A\n": "b"}}},
        {"fault": {"name": "wrong-content-type", "content_type": "text/x\n"}},
        {"fault": {"name": "redirect", "location": "http://x/\n"}},
        {"fault": {"name": "unavailable", "retry_after": "5\n"}},
        {"fault": {"name": "redirect", "status": 302.0}},
    ],
)
def test_a_line_break_at_the_end_is_no_part_of_a_header(user: User, then: Any) -> None:
    """A text that ends in a line break has not the form that is asked for, nor is 302.0 a status."""
    assert user.refused({"then": then})["field"].startswith("/then/")


@pytest.mark.parametrize("path", ["requests?account=abc%0A", "tasks/123%0A"])
def test_a_line_break_at_the_end_is_no_part_of_a_key_or_an_id(user: User, path: str) -> None:
    """No account is opened that no client could use."""
    assert user.api.send("GET", f"/__mock/{path}").status in (400, 404)


def test_a_call_without_parameters_says_so(user: User) -> None:
    """A parameter that is too much is refused with what is allowed, even if that is none."""
    reply = user.api.send("GET", "/__mock/seed?acount=x")
    assert reply.json["detail"] == "acount: is no parameter of this call; allowed: none"


def test_a_refused_advance_opens_no_account() -> None:
    """Under a clock that runs by itself nothing happens at all."""
    with MockServer(Settings(port=0)) as mock:
        user = User(mock)
        assert user.control("POST", "clock/advance", {"seconds": 1}).status == 409
        assert user.control("GET", "accounts", everybody=True).json == {"accounts": []}


BOMBS = ["(?:(?:(?:b{99}){99}){99}){2}", "(?:(?:a{999}){999}){9}", "a{2001}"]


@pytest.mark.parametrize("pattern", BOMBS)
def test_a_pattern_that_would_take_gigabytes_is_refused(user: User, pattern: str) -> None:
    """In rules and in expectations alike, before it is made."""
    assert "at most 2000 in all" in user.refused({"match": {"prompt": pattern}, "then": {"code": 1002}})["detail"]
    reply = user.control("POST", "requests/verify", {"match": {"prompt": pattern}})
    assert (reply.status, reply.json["field"]) == (400, "/match/prompt")


@pytest.mark.parametrize("call", ["verify", "wait"])
def test_a_pattern_that_cannot_be_searched_in_time_proves_nothing(user: User, call: str) -> None:
    """It is told, instead of "never" for what nobody could look at; all searches together have one limit."""
    for _ in range(20):
        user.create("a" * 1990 + "mock")
    reply = user.control("POST", f"requests/{call}", {"match": {"prompt": "(?R)|mock"}, "times": 0})
    assert (reply.status, "takes too long to search for" in reply.json["detail"]) == (400, True)


def test_a_rule_that_cannot_be_searched_in_time_is_noted(user: User) -> None:
    """The call is served as if it did not match, and the journal says why."""
    user.rule({"code": 1002}, {"prompt": "(?R)|mock"})
    reply = user.create("a" * 1990 + "mock")
    assert (reply.code, user.entry(reply)["notes"][0]["note"]) == (0, "pattern-too-slow")


def test_a_delay_holds_up_nobody() -> None:
    """More delayed answers than the mock has threads leave it as quick as before, and a stop ends them."""
    with MockServer(Settings(port=0, threads=2, clock="manual")) as mock:
        user = User(mock)
        user.rule({"delay": 3600}, {"operation": "query"})
        sockets = [send_query(mock, user.key) for _ in range(20)]
        user.control("POST", "requests/wait", {"match": {"operation": "query"}, "times": 20})
        assert user.create().code == 0
    answers = [each.recv(12) for each in sockets]
    for each in sockets:
        each.close()
    assert answers == [b"HTTP/1.1 200"] * 20


def test_threads_that_stood_in_end_again() -> None:
    """After many delayed answers there are as many threads as before."""
    with MockServer(Settings(port=0, threads=2)) as mock:
        user = User(mock)
        before = threading.active_count()
        user.rule({"delay": 0.001}, {"operation": "query"})
        for _ in range(20):
            user.api.query("1")
        user.control("POST", "requests/wait", {"match": {"operation": "download"}, "timeout": 0.2})
        assert threading.active_count() <= before + 1


def send_query(mock: MockServer, key: str) -> socket.socket:
    """A query whose answer nobody waits for yet."""
    address = urlsplit(mock.url)
    connection = socket.create_connection((address.hostname or "", address.port or 0), timeout=10)
    connection.sendall(
        b"GET /v1/query/video_generation?task_id=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + key.encode()
        + b"\r\n\r\n"
    )
    return connection


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"match": {"operation": "query", "status": "success"}, "then": {"code": 1002}}, "/match/status"),
        ({"match": {"operation": "push", "status": "Success"}, "then": {"skip": True}}, "/match/status"),
        ({"match": {"operation": "create", "status": "Success"}, "then": {"code": 1002}}, "/match/status"),
        ({"match": {"operation": "challenge", "task": "1"}, "then": {"skip": True}}, "/match/task"),
        ({"match": {"status": "Success"}, "then": {"skip": True}}, "/then"),
    ],
)
def test_a_rule_that_could_never_match_is_refused(user: User, rule: Any, field: str) -> None:
    """Above all the two spellings of a status, which differ between query and push."""
    assert user.refused(rule)["field"] == field


def test_a_status_says_which_operation_is_meant(user: User) -> None:
    """Without an operation a rule about a status acts where that spelling is used."""
    user.rule({"change": {"/status": "Failed"}}, {"status": "Success"})
    task_id, _ = user.task(), user.advance(100)
    assert user.status(task_id) == "Failed"


def test_looking_at_an_account_opens_none() -> None:
    """A GET changes nothing: no account has to go for one that was only looked at."""
    with MockServer(Settings(port=0, max_accounts=1, balance=5)) as mock:
        user = User(mock)
        user.create()
        shown = user.control("GET", "accounts/somebody", everybody=True).json
        assert (shown["balance_usd"], shown["ledger"]["creates"]) == (5, 0)
        assert len(user.control("GET", "accounts", everybody=True).json["accounts"]) == 1
        assert user.look()["ledger"]["creates"] == 1


def test_the_journal_tells_what_a_gateway_answered(user: User) -> None:
    """Not what the client would have got without the rule."""
    user.rule({"http": {"status": 500, "body": "oops"}, "processed": True}, {"operation": "create"})
    reply = user.api.create({"model": "MiniMax-Hailuo-02", "first_frame_image": "https://example.com/a.jpg"})
    entry = user.entry(reply)
    assert (entry["code"], entry["http_status"], entry["answer"]) == (None, 500, {"text": "oops"})


def test_a_refused_call_tells_its_unknown_fields_too(user: User) -> None:
    """A field that nobody knows is noted whatever else is wrong."""
    reply = user.api.create({"model": "x", "foo": 1})
    assert {"note": "unknown-field", "field": "foo"}.items() <= user.entry(reply)["notes"][0].items()


def test_the_document_tells_the_defaults_that_hold() -> None:
    """How long a wait and an advance take without saying so stands in the document as it is in the program."""
    data = load_contract().control.data
    advance = data["paths"]["/__mock/clock/advance"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert data["components"]["schemas"]["Timeout"]["default"] == TIMEOUT
    assert advance["properties"]["deadline"]["default"] == DEADLINE
