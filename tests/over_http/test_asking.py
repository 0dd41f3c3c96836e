"""Asking afterwards: filters of the journal, verify and wait, for requests and for callbacks."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from mock_server.clock import MANUAL_START
from mock_server.receiver import CallbackReceiver
from tests.over_http.controlling import PROBLEM, User, at_once


def verified(user: User, expectation: Any, what: str = "requests") -> int:
    """How many came, as expected."""
    reply = user.control("POST", f"{what}/verify", expectation)
    assert reply.status == 200, reply.content
    assert len(reply.json["ids"]) == min(reply.json["count"], 100)
    return int(reply.json["count"])


def refuted(user: User, expectation: Any, what: str = "requests", status: int = 409) -> Any:
    """What is said of an expectation that does not hold."""
    reply = user.control("POST", f"{what}/verify", expectation)
    assert (reply.status, reply.headers["Content-Type"]) == (status, PROBLEM), reply.content
    return reply.json


def busy(user: User) -> str:
    """A few calls at moments of their own; gives the task."""
    task_id = user.task("a red fox")
    user.advance(1)
    user.api.query(task_id)
    user.advance(1)
    user.create("x" * 2001)
    user.advance(1)
    file_id = user.api.query(task_id).json["file_id"]
    link = user.api.retrieve(file_id).json["file"]["download_url"]
    user.api.send("GET", link)
    user.api.send("GET", "/v1/nothing")
    return task_id


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6]), ({"operation": "create"}, [0, 2]), ({"operation": "download"}, [5]),
        ({"operation": "unknown"}, [6]), ({"code": "0"}, [0, 1, 3, 4]), ({"code": "2013"}, [2]), ({"code": "1002"}, []),
        ({"since": str(MANUAL_START + 2)}, [2, 3, 4, 5, 6]), ({"until": str(MANUAL_START + 1)}, [0, 1]),
        ({"since": str(MANUAL_START + 0.5), "until": str(MANUAL_START + 2)}, [1, 2]), ({"limit": "2"}, [5, 6]),
        ({"limit": "0"}, []), ({"limit": "8"}, [0, 1, 2, 3, 4, 5, 6]), ({"operation": "create", "code": "0", "limit": "1"}, [0]),
    ],
)  # fmt: skip
def test_the_journal_is_filtered(server: MockServer, query: dict[str, str], expected: list[int]) -> None:
    """By operation, code, time and number; the total counts what matches beyond the limit."""
    user = User(server, "filtered")
    user.control("POST", "reset")
    busy(user)
    ids = [entry["id"] for entry in user.journal()]
    found = user.control("GET", "requests", **query).json  # type: ignore[arg-type]
    assert [ids.index(entry["id"]) for entry in found["requests"]] == expected
    assert found["total"] == (
        len(expected) if "limit" not in query else {"2": 7, "0": 7, "8": 7, "1": 1}[query["limit"]]
    )


@pytest.mark.parametrize(
    ("match", "count"),
    [
        ({}, 7), ({"operation": "query"}, 2), ({"method": "POST"}, 2), ({"path": "/v1/video_generation"}, 2),
        ({"code": 2013}, 1), ({"code": None}, 2), ({"http_status": 404}, 1), ({"model": MINIMAL["model"]}, 2),
        ({"prompt": "^a r.d"}, 1), ({"prompt": "x{2000}$"}, 1), ({"violation": "prompt"}, 1),
        ({"body": {"/prompt": "a red fox"}}, 1), ({"body": {"/prompt": "a red fox", "/model": "other"}}, 0),
        ({"query": {"task_id": "1"}}, 0), ({"since": MANUAL_START + 2}, 5), ({"until": MANUAL_START}, 1),
        ({"rule": "none"}, 0), ({"operation": "create", "code": 0}, 1), ({"code": False}, 0),
    ],
)  # fmt: skip
def test_each_field_of_a_match(server: MockServer, match: Any, count: int) -> None:
    """Exactly so many requests fit; true and false are no numbers."""
    user = User(server, "matched")
    user.control("POST", "reset")
    busy(user)
    if match.get("code") is False:
        assert refuted(user, {"match": match}, status=400)["field"] == "/match/code"
        return
    assert verified(user, {"match": match, "times": count}) == count
    assert refuted(user, {"match": match, "times": count + 1})["count"] == count


def test_requests_are_found_by_their_task_and_rule(user: User) -> None:
    """A task's calls are the create that made it and its queries; a rule's are those it acted on."""
    rule = user.rule({"change": {"/x": 1}}, {"operation": "query"}, times=1)
    task_id = busy(user)
    assert verified(user, {"match": {"task_id": task_id}, "times": 3}) == 3
    assert verified(user, {"match": {"query": {"task_id": task_id}}, "times": 2}) == 2
    assert verified(user, {"match": {"rule": rule["id"]}, "times": 1}) == 1


@pytest.mark.parametrize(
    ("counts", "holds"),
    [
        ({}, True), ({"times": 2}, True), ({"times": 1}, False), ({"times": 3}, False), ({"times": 0}, False),
        ({"atLeast": 2}, True), ({"atLeast": 3}, False), ({"atMost": 2}, True), ({"atMost": 1}, False),
        ({"atLeast": 1, "atMost": 2}, True), ({"atLeast": 3, "atMost": 9}, False), ({"atLeast": 0, "atMost": 1}, False),
    ],
)  # fmt: skip
def test_how_often(user: User, counts: Any, holds: bool) -> None:
    """Exactly, at least and at most; without any of them at least once."""
    busy(user)
    expectation = {"match": {"operation": "create"}} | counts
    if holds:
        assert verified(user, expectation) == 2
    else:
        problem = refuted(user, expectation)
        assert (problem["count"], problem["of"], problem["expected"]) == (2, 7, expectation)
        assert "seen 2 times among 7 requests" in problem["detail"]


def test_never(user: User) -> None:
    """What did not come is verified with zero, and needs no match to be told otherwise."""
    assert verified(user, {"match": {"operation": "create"}, "times": 0}) == 0
    assert refuted(user, {})["detail"] == "expected anything at least once, seen 0 times among 0 requests"
    user.create()
    assert "never, seen once" in refuted(user, {"match": {"operation": "create"}, "times": 0})["detail"]


def test_in_which_order(user: User) -> None:
    """Steps have to come one after the other, others may come between; the first that is missing is named."""
    busy(user)
    steps = [{"operation": name} for name in ("create", "query", "create", "retrieve", "download")]
    assert verified(user, {"order": steps}) == 7
    problem = refuted(user, {"order": [*steps, {"operation": "query"}]})
    assert problem["detail"] == '{"operation": "query"} is missing as number 6 of the order'
    assert "number 2" in refuted(user, {"order": [steps[3], steps[1]]})["detail"]
    assert "number 3" in refuted(user, {"order": [steps[0]] * 3})["detail"]
    # The match holds for every step, and how often is looked at first.
    assert "number 1" in refuted(user, {"match": {"code": 2013}, "order": [{"operation": "query"}]})["detail"]
    assert "exactly once" in refuted(user, {"match": {"operation": "create"}, "times": 1, "order": steps[:1]})["detail"]


def test_what_came_nearest_is_told_field_by_field(user: User) -> None:
    """The requests that differ least come first, each with what was expected and what was seen."""
    user.create("a dog", model="MiniMax-Hailuo-02")
    near = user.entry(user.create("a dog"))
    user.api.query("1")
    user.api.query("2")
    expectation = {
        "match": {
            "operation": "create",
            "model": MINIMAL["model"],
            "prompt": "cat",
            "body": {"/prompt": "a cat", "/x/0": 1},
        }
    }
    problem = refuted(user, expectation)
    assert len(problem["nearest"]) == 3
    assert problem["nearest"][0] == {
        "id": near["id"], "operation": "create", "method": "POST", "path": "/v1/video_generation", "code": 0,
        "time": MANUAL_START,
        "differs": {
            "prompt": {"expected": "cat", "seen": "a dog"},
            "body/prompt": {"expected": "a cat", "seen": "a dog"}, "body/x/0": {"expected": 1, "missing": True},
        },
    }  # fmt: skip
    assert problem["nearest"][1]["differs"]["model"] == {"expected": MINIMAL["model"], "seen": "MiniMax-Hailuo-02"}
    assert set(problem["nearest"][2]["differs"]) >= {"operation", "model", "prompt"}


def test_nobody_can_say_what_is_no_longer_kept() -> None:
    """Once entries were dropped, claims that they may have broken are refused; those they cannot break still hold."""
    with MockServer(Settings(port=0, journal_max=3)) as mock, CallbackReceiver() as receiver:
        user = User(mock)
        for _ in range(5):
            user.api.query("1")
        queries, creates = {"match": {"operation": "query"}}, {"match": {"operation": "create"}}
        assert verified(user, queries | {"atLeast": 3}) == 3
        for claim in (creates | {"times": 0}, queries | {"times": 3}, queries | {"atMost": 3}, creates | {"atMost": 0}):
            problem = refuted(user, claim)
            assert problem["dropped"] == 2
            assert problem["detail"].startswith("cannot say whether ")
            assert "2 requests are no longer kept (--journal-max, --journal-bytes)" in problem["detail"]
        assert "2 more are no longer kept" in refuted(user, queries | {"atLeast": 4})["detail"]
        other = User(mock)
        assert verified(other, creates | {"times": 0}) == 0
        for _ in range(4):
            user.control("POST", "callbacks", {"url": receiver.url, "message": {}})
        assert "cannot say" in refuted(user, {"match": {"kind": "challenge"}, "times": 0}, "callbacks")["detail"]


@pytest.mark.parametrize("what", ["requests", "callbacks"])
@pytest.mark.parametrize("how", ["verify", "wait"])
@pytest.mark.parametrize(
    ("expectation", "field"),
    [
        ({"times": 1, "atLeast": 1}, "/times"), ({"times": 1, "atMost": 1}, "/times"), ({"atLeast": 2, "atMost": 1}, "/atMost"),
        ({"atleast": 1}, "/atleast"), ({"times": -1}, "/times"), ({"order": []}, "/order"), ({"match": {"x": 1}}, "/match/x"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(user: User, what: str, how: str, expectation: Any, field: str) -> None:
    """At once, with the field, and without waiting."""
    begin = time.monotonic()
    reply = user.control("POST", f"{what}/{how}", expectation)
    assert (reply.status, reply.json["field"]) == (400, field)
    assert time.monotonic() - begin < 2


def test_a_pattern_of_an_expectation_has_to_be_one() -> None:
    """The message names the field."""
    with MockServer(Settings(port=0)) as mock:
        assert refuted(User(mock), {"match": {"prompt": "("}}, status=400)["field"] == "/match/prompt"


def test_callbacks_are_judged_by_their_fields(user: User) -> None:
    """Kind, task, status, delivery, answer, receiver, rule, number, message and time."""
    with CallbackReceiver() as receiver:
        rule = user.rule({"change": {"/extra": {"a": [1]}}}, {"operation": "push", "status": "success"})
        task_id = user.task(callback_url=receiver.url)
        receiver.status(500, only="update", times=1)
        user.advance(5)
        matches: list[tuple[Any, int]] = [
            ({}, 3), ({"kind": "challenge"}, 1), ({"kind": "update"}, 2), ({"task_id": task_id}, 2), ({"status": "success"}, 1),
            ({"delivered": False}, 1), ({"delivered": True}, 2), ({"http_status": 500}, 1), ({"url": receiver.url}, 3),
            ({"rule": rule["id"]}, 1), ({"number": 1}, 3), ({"message": {"/extra/a/0": 1}}, 1), ({"message": {"/extra": 1}}, 0),
            ({"since": MANUAL_START + 1}, 1), ({"until": MANUAL_START + 1}, 2),
        ]  # fmt: skip
        for match, count in matches:
            assert verified(user, {"match": match, "times": count}, "callbacks") == count, match
    order = [{"kind": "challenge"}, {"status": "processing"}, {"status": "success"}]
    assert verified(user, {"order": order}, "callbacks") == 3
    problem = refuted(user, {"order": order[::-1]}, "callbacks")
    assert "number 2" in problem["detail"]
    near = refuted(user, {"match": {"status": "success", "delivered": False}}, "callbacks")["nearest"][0]
    assert near["differs"] == {"delivered": {"expected": False, "seen": True}} or near["differs"] == {
        "status": {"expected": "success", "seen": "processing"}
    }
    assert {"kind", "task_id", "status", "time", "delivered", "reason"} < set(near)


def test_wait_for_what_is_already_so(user: User) -> None:
    """It answers at once, with the count."""
    user.create()
    begin = time.monotonic()
    reply = user.control("POST", "requests/wait", {"match": {"operation": "create"}, "times": 1, "timeout": 30})
    assert (reply.status, reply.json["count"]) == (200, 1)
    assert time.monotonic() - begin < 2


def test_wait_until_somebody_else_makes_it_so(user: User) -> None:
    """It answers as soon as the last request came, long before its time is up, and for callbacks likewise."""
    found: list[Any] = []
    begin = time.monotonic()
    with CallbackReceiver() as receiver:

        def wait(what: str, count: int) -> None:
            reply = user.control("POST", f"{what}/wait", {"atLeast": count, "timeout": 30})
            found.append((what, reply.status, reply.json["count"]))

        waiting = [
            threading.Thread(target=wait, args=("requests", 3)), threading.Thread(target=wait, args=("callbacks", 3)),
        ]  # fmt: skip
        for thread in waiting:
            thread.start()
        user.task(callback_url=receiver.url)
        user.advance(5)
        user.api.query("1")
        waiting[1].join(10)
        assert found == [("callbacks", 200, 3)]
        user.api.query("1")
        waiting[0].join(10)
    assert found[1] == ("requests", 200, 3)
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("what", ["requests", "callbacks"])
def test_a_wait_that_is_in_vain_says_what_was_seen(user: User, what: str) -> None:
    """When the time is up the answer is that of verify; a time of 0 looks once."""
    user.create()
    begin = time.monotonic()
    reply = user.control("POST", f"{what}/wait", {"times": 2, "timeout": 0.3})
    assert 0.3 <= time.monotonic() - begin < 3
    assert (reply.status, reply.headers["Content-Type"], reply.json["count"]) == (
        409,
        PROBLEM,
        1 - (what == "callbacks"),
    )
    assert reply.json["expected"] == {"times": 2}
    begin = time.monotonic()
    assert user.control("POST", f"{what}/wait", {"times": 2, "timeout": 0}).status == 409
    assert time.monotonic() - begin < 3


def test_only_so_many_may_wait() -> None:
    """Half of the threads; one more is told so at once, other calls are answered, and places become free again."""
    with MockServer(Settings(port=0, threads=8)) as mock:
        user = User(mock)
        statuses: list[int] = []
        full = threading.Event()

        def wait() -> None:
            reply = user.control("POST", "requests/wait", {"match": {"operation": "create"}, "timeout": 30})
            statuses.append(reply.status)
            if reply.status == 503:
                assert reply.json["detail"] == "4 calls wait already, half of --threads"
                full.set()

        def rest() -> None:
            assert full.wait(10)
            assert user.create().code == 0

        at_once([*[wait] * 5, rest])
        assert sorted(statuses) == [200, 200, 200, 200, 503]
        assert user.control("POST", "callbacks/wait", {"timeout": 0}).status == 409


@pytest.mark.parametrize("what", ["requests", "callbacks"])
def test_a_stop_ends_every_wait(what: str) -> None:
    """Nobody who waits holds up the end of the mock."""
    mock = MockServer(Settings(port=0)).start()
    user = User(mock)
    ended = threading.Event()
    began = threading.Event()

    def wait() -> None:
        began.set()
        try:
            Api(mock.url, None).send(
                "POST", f"/__mock/{what}/wait", body=b'{"timeout": 60}', query={"account": user.key}
            )
        finally:
            ended.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    began.wait(5)
    for _ in range(5):  # the wait has a thread of the server by then
        user.control("GET", "clock")
    begin = time.monotonic()
    mock.stop()
    assert ended.wait(5)
    assert time.monotonic() - begin < 3


def test_true_is_not_one_wherever_it_stands(user: User) -> None:
    """Members are compared with their types, also inside of objects and lists."""
    user.create(zzz={"a": True}, yyy=[1])
    verified(user, {"match": {"body": {"/zzz": {"a": True}, "/yyy": [1]}}})
    refuted(user, {"match": {"body": {"/zzz": {"a": 1}}}})
    refuted(user, {"match": {"body": {"/yyy": [True]}}})


def test_what_came_too_often_is_shown(user: User) -> None:
    """The request that breaks a "never" is the one thing that one wants to see."""
    reply = user.create()
    told = refuted(user, {"match": {"operation": "create"}, "times": 0})
    assert told["ids"] == [reply.headers["X-Mock-Request-Id"]] == [each["id"] for each in told["nearest"]]
    assert told["nearest"][0]["differs"] == {}


def test_a_wait_ends_in_time_while_requests_keep_coming(user: User) -> None:
    """Something new to look at all the time does not keep it from its time-out."""
    stopped = threading.Event()

    def calls() -> None:
        while not stopped.is_set():
            user.api.query("1")

    caller = threading.Thread(target=calls)
    caller.start()
    try:
        begin = time.monotonic()
        reply = user.control("POST", "requests/wait", {"match": {"operation": "download"}, "timeout": 0.3})
        assert (reply.status, time.monotonic() - begin < 5) == (409, True)
    finally:
        stopped.set()
        caller.join()


def test_dropped_callbacks_are_counted_for_each_account() -> None:
    """What one test has too much of does not keep another from saying "never"."""
    with MockServer(Settings(port=0, clock="manual", journal_max=2)) as mock, CallbackReceiver() as receiver:
        busy_one, other = User(mock), User(mock)
        for _ in range(3):
            busy_one.create(callback_url=receiver.url)
        assert "no longer kept" in refuted(busy_one, {"match": {"delivered": False}, "times": 0}, "callbacks")["detail"]
        assert verified(other, {"times": 0}, "callbacks") == 0
        busy_one.control("POST", "reset")
        assert verified(busy_one, {"times": 0}, "callbacks") == 0


def test_the_record_of_callbacks_is_bounded_in_bytes() -> None:
    """Long messages push older ones out, as long requests do in the journal."""
    with MockServer(Settings(port=0, journal_bytes=65_536)) as mock, CallbackReceiver() as receiver:
        user = User(mock)
        for number in range(5):
            message = {"number": number, "text": "x" * 30_000}
            user.control("POST", "callbacks", {"url": receiver.url, "message": message})
        kept = user.control("GET", "callbacks").json
        assert [each["message"]["number"] for each in kept["callbacks"]] == [3, 4]
        assert kept["dropped"] == 3


@pytest.mark.parametrize(
    ("expectation", "field"),
    [
        ({"match": {"violation": "modle"}, "times": 0}, "/match/violation"),
        ({"order": [{}, {"violation": "nosuch"}]}, "/order/1/violation"),
        ({"match": {"since": 5, "until": 1}, "times": 0}, "/match/until"),
    ],
)
def test_what_could_never_match_is_refused(user: User, expectation: Any, field: str) -> None:
    """A misspelt rule or a time that ends before it begins does not make "never" true."""
    assert refuted(user, expectation, status=400)["field"] == field
