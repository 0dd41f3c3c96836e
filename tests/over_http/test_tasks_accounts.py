"""Tasks ended by hand, callbacks sent by hand, accounts and their money; and no key is ever shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mock_server import MockServer, Settings
from mock_server.clock import MANUAL_START
from mock_server.receiver import CallbackReceiver
from tests.over_http.controlling import PROBLEM, User


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A mock on which every test has an account of its own."""
    with MockServer(Settings(port=0, clock="manual", seed=7, callback_timeout=1)) as mock:
        yield mock


def end(user: User, task_id: str, how: str, body: Any = None, *, everybody: bool = False) -> Any:
    """The task after it was ended by hand."""
    reply = user.control("POST", f"tasks/{task_id}/{how}", body, everybody=everybody)
    assert reply.status == 200, reply.content
    return reply.json


def problem(user: User, method: str, path: str, body: Any = None, *, status: int, everybody: bool = True) -> Any:
    """What is said of a call that is refused."""
    reply = user.control(method, path, body, everybody=everybody)
    assert (reply.status, reply.headers["Content-Type"]) == (status, PROBLEM), reply.content
    return reply.json


@pytest.mark.parametrize(
    ("how", "body", "status", "word", "code"),
    [
        ("finish", None, "Success", "success", 0), ("fail", None, "Fail", "failed", 0), ("fail", {}, "Fail", "failed", 0),
        ("fail", {"code": 1027}, "Fail", "failed", 1027), ("fail", {"code": 1026}, "Fail", "failed", 1026),
    ],
)  # fmt: skip
def test_a_task_ends_by_hand(
    user: User, receiver: CallbackReceiver, how: str, body: Any, status: str, word: str, code: int
) -> None:
    """Query, callback, file and money say so at once, and time changes nothing about it."""
    user.control("PATCH", f"accounts/{user.key}", {"balance": 1}, everybody=True)
    task_id = user.task(callback_url=receiver.url)
    user.advance(0.6)
    shown = end(user, task_id, how, body)
    assert (shown["status"], shown["code"], shown["task_id"]) == (status, code, task_id)
    told = receiver.wait_for_updates(2)[1]
    assert (told["status"], told["base_resp"]["status_code"]) == (word, code)
    answer = user.api.query(task_id).json
    assert (answer["status"], answer["base_resp"]["status_code"]) == (status, code)
    assert (answer["file_id"] != "") == (user.api.retrieve(answer["file_id"] or "1").code == 0) == (how == "finish")
    money = user.look()
    assert money["balance_usd"] == pytest.approx(0.72 if how == "finish" else 1)
    assert (money["ledger"]["failed"], money["ledger"]["charged_usd"]) == ((0, 0.28) if how == "finish" else (1, 0))
    user.advance(100)
    assert user.status(task_id) == status
    assert len(receiver.updates) == 2


def test_a_task_ends_once(user: User) -> None:
    """409 for one that has ended, by hand or by time; 404 for none; 400 for a code that is not in the table."""
    mine, other = user.task(), user.task()
    assert problem(user, "POST", f"tasks/{mine}/fail", {"code": 4711}, status=400)["field"] == "code"
    end(user, mine, "finish")
    user.advance(2)
    for task_id in (mine, other):
        for how in ("finish", "fail"):
            said = problem(user, "POST", f"tasks/{task_id}/{how}", status=409)
            assert said["detail"] == f"the task {task_id} ended in Success already"
    for missing in ("1", "abc", "0123"):
        assert problem(user, "POST", f"tasks/{missing}/finish", status=404)["field"] == "task_id"
        assert problem(user, "GET", f"tasks/{missing}", status=404)["field"] == "task_id"
    assert problem(User(user.mock), "POST", f"tasks/{mine}/finish", status=404, everybody=False)["status"] == 404


@pytest.mark.parametrize("wish", [{"end": "never"}, {"polls": 9}, {"end": "Fail", "seconds": 50}])
def test_whatever_was_planned_a_hand_decides(user: User, wish: Any) -> None:
    """A task without an end, one by polls and one that was to fail are finished like any other, and paid for."""
    user.rule({"task": wish})
    task_id = user.task()
    end(user, task_id, "finish")
    user.advance(100)
    assert user.status(task_id) == "Success"
    assert user.look()["ledger"] | {"prices_as_of": ""} == {
        "creates": 1, "list_price_usd": 0.28, "failed": 0, "charged_usd": 0.28, "prices_as_of": "",
    }  # fmt: skip


def test_an_id_that_two_accounts_have_needs_a_name() -> None:
    """Without ?account= it is ambiguous, with it it is not."""
    with MockServer(Settings(port=0, clock="manual")) as mock:
        one, two = User(mock, "user-1"), User(mock, "user-2")
        task_id = one.task()
        two.create()
        mock.service.world.account("user-2")._tasks[int(task_id)] = mock.service.world.account("user-1")._tasks[
            int(task_id)
        ]
        said = problem(one, "POST", f"tasks/{task_id}/finish", status=409)
        assert (said["field"], "2 accounts" in said["detail"]) == ("account", True)
        assert end(two, task_id, "finish")["account"] == "…r-2"


def test_tasks_are_shown_as_they_are(user: User) -> None:
    """Looking tells everything, and is no event."""
    task_id = user.task("a fox")
    user.advance(5)
    shown = user.control("GET", f"tasks/{task_id}", everybody=True).json
    assert shown == {
        "task_id": task_id, "account": f"…{user.key[-4:]}", "status": "Success", "code": 0, "file_id": shown["file_id"],
        "model": "MiniMax-Hailuo-2.3", "resolution": "768P", "shape": "landscape", "duration": 6, "prompt": "a fox",
        "created_at": MANUAL_START, "polls": 0, "callback_url": None,
    }  # fmt: skip
    assert user.control("GET", "tasks").json == {"tasks": [shown]}
    assert user.api.query(task_id).json["file_id"] == shown["file_id"]


def test_a_replay_sends_the_same_message_again(user: User, receiver: CallbackReceiver) -> None:
    """To the same receiver, with what came back; what is gone cannot be replayed."""
    user.task(callback_url=receiver.url)
    user.advance(5)
    challenge, _, success = user.callbacks()
    receiver.clear()
    receiver.status(500, only="update")
    again = user.control("POST", f"callbacks/{success['id']}/replay", everybody=True).json
    assert receiver.messages == [success["message"]]
    assert (again["replay_of"], again["kind"], again["delivered"]) == (success["id"], "update", False)
    assert (again["answer"]["status"], again["sent_at"], again["id"] != success["id"]) == (500, MANUAL_START + 5, True)
    assert user.callbacks()[-1] == again
    receiver.wrong(only="challenge")
    proof = user.control("POST", f"callbacks/{challenge['id']}/replay", everybody=True).json
    assert (proof["kind"], proof["delivered"], "another challenge came back" in proof["reason"]) == (
        "challenge",
        False,
        True,
    )
    assert problem(user, "POST", "callbacks/none/replay", status=404)["field"] == "id"
    user.control("POST", "reset")
    assert problem(user, "POST", f"callbacks/{success['id']}/replay", status=404)["field"] == "id"


def test_a_callback_made_by_hand(user: User, receiver: CallbackReceiver) -> None:
    """Any message to any receiver, or how a task stands, to its receiver or another one."""
    sent = user.control("POST", "callbacks", {"url": receiver.url, "message": {"a": [1]}})
    assert (sent.status, sent.json["delivered"], sent.json["task_id"]) == (200, True, None)
    assert receiver.messages == [{"a": [1]}]
    task_id = user.task(callback_url=receiver.url)
    receiver.clear()
    for body, expected in (
        ({"task_id": task_id}, "processing"), ({"task_id": task_id, "message": {"status": "Success"}}, "Success"),
    ):  # fmt: skip
        sent = user.control("POST", "callbacks", body, everybody=True)
        assert (sent.json["task_id"], sent.json["message"]["status"]) == (task_id, expected)
    user.advance(5)
    receiver.clear()
    with CallbackReceiver() as other:
        user.control("POST", "callbacks", {"task_id": task_id, "url": other.url})
        assert other.messages == [user.callbacks()[-1]["message"]]
        assert other.messages[0]["status"] == "success"
    assert receiver.messages == []


def test_a_callback_that_lacks_something_is_refused(user: User, receiver: CallbackReceiver) -> None:
    """The message names what is missing; nothing is sent."""
    silent = user.task()
    for body, status, field in (
        ({"message": {}}, 400, "task_id"), ({"url": receiver.url}, 400, "task_id"), ({}, 400, ""),
        ({"task_id": "1", "message": {}}, 404, "task_id"), ({"task_id": silent}, 409, "url"),
        ({"task_id": "x"}, 400, "/task_id"), ({"url": "", "message": {}}, 400, "/url"),
        ({"url": receiver.url, "message": []}, 400, "/message"),
    ):  # fmt: skip
        assert problem(user, "POST", "callbacks", body, status=status, everybody=False)["field"] == field
    said = problem(user, "POST", "callbacks", {"url": receiver.url, "message": {}}, status=400)
    assert said["field"] == "account"
    assert (receiver.messages, user.callbacks()) == ([], [])


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://8.8.8.8/", "ftp://127.0.0.1/", "nonsense"])
def test_addresses_that_may_not_be_called_are_not_called_by_hand(user: User, url: str) -> None:
    """What a create refuses as a receiver is refused here too, and recorded with its reason."""
    sent = user.control("POST", "callbacks", {"url": url, "message": {}})
    assert (sent.status, sent.json["delivered"], sent.json["answer"]) == (200, False, None)
    assert sent.json["reason"]
    assert user.callbacks() == [sent.json]


def test_money_and_rate_are_set_while_it_runs(user: User) -> None:
    """From now on, whatever is held back; null takes a limit away, and what is not named stays."""
    path = f"accounts/{user.key}"
    assert (user.look()["balance_usd"], user.look()["rpm"]) == (None, None)
    user.create()
    user.control("PATCH", path, {"balance": 0.30}, everybody=True)
    assert user.codes(2) == [0, 1008]
    user.control("PATCH", path, {"rpm": 2}, everybody=True)
    shown = user.control("PATCH", path, {"balance": 5}, everybody=True).json
    assert (shown["balance_usd"], shown["rpm"]) == (5, 2)
    assert user.codes(3) == [0, 0, 1002]
    limited = user.create()
    (violation,) = user.entry(limited)["violations"]
    assert violation["allowed"] == "2 creates in 60 seconds"
    shown = user.control("PATCH", path, {"balance": None, "rpm": None}, everybody=True).json
    assert (shown["balance_usd"], shown["rpm"]) == (None, None)
    assert user.codes(3) == [0, 0, 0]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, ""), ({"balance": -1}, "/balance"), ({"balance": "5"}, "/balance"), ({"rpm": 0}, "/rpm"), ({"rpm": 1.5}, "/rpm"),
     ({"money": 1}, "/money")],
)  # fmt: skip
def test_wrong_limits_are_refused(user: User, body: Any, field: str) -> None:
    """With the field, and nothing changes."""
    before = user.look()
    assert problem(user, "PATCH", f"accounts/{user.key}", body, status=400)["field"] == field
    assert user.look() == before


def test_the_ledger(user: User) -> None:
    """Accepted creates at list price; refused ones cost nothing, failed ones are not charged once they have failed."""
    user.task(model="MiniMax-Hailuo-02", resolution="512P")
    user.task(duration=10)
    user.task("mock:fail")
    user.create("mock:1002")
    user.create("x" * 2001)
    ledger = user.look()["ledger"]
    assert ledger == {
        "creates": 3, "list_price_usd": 0.94, "failed": 0, "charged_usd": 0.94, "prices_as_of": ledger["prices_as_of"],
    }  # fmt: skip
    user.advance(2)
    ledger = user.look()["ledger"]
    assert (ledger["creates"], ledger["list_price_usd"], ledger["failed"], ledger["charged_usd"]) == (3, 0.94, 1, 0.66)
    user.control("POST", "reset")
    assert user.look()["ledger"]["creates"] == 0


def test_accounts_are_listed_with_the_end_of_their_keys() -> None:
    """Each that was used, the least recently used first; looking at one opens none."""
    with MockServer(Settings(port=0, clock="manual", balance=2.5, rpm=7)) as mock:
        one, two = User(mock, "key-number-0001"), User(mock, "a/key with/slashes".replace(" ", "-"))
        one.create()
        assert two.look()["account"] == "…shes"
        two.create()
        found = one.control("GET", "accounts", everybody=True).json["accounts"]
        assert [each["account"] for each in found] == ["…0001", "…shes"]
        assert (found[1]["balance_usd"], found[1]["rpm"], found[1]["scenario"]) == (2.22, 7, None)
        assert found[0]["now"] == MANUAL_START


def test_no_key_is_shown_whole_anywhere(server: MockServer, receiver: CallbackReceiver) -> None:
    """Neither by any list nor by any answer of the control API, whatever it is about."""
    user = User(server, "sk-very-secret-key-9876")
    rule = user.rule({"code": 1039}, {"operation": "retrieve", "account": user.key})
    user.rule({"delay": 0}, {"account": user.key}, everybody=True)
    task_id = user.task(callback_url=receiver.url)
    happened = user.control("POST", "clock/advance", {"seconds": 5})
    user.api.query(task_id)
    user.api.retrieve("1")
    push = user.callbacks()[-1]["id"]
    replies = [happened] + [
        user.control(method, path, body, everybody=True)
        for method, path, body in (
            ("GET", "accounts", None), ("GET", f"accounts/{user.key}", None), ("PATCH", f"accounts/{user.key}", {"rpm": None}),
            ("PATCH", f"accounts/{user.key}", {"rpm": 0}), ("GET", "requests", None), ("GET", "tasks", None),
            ("GET", f"tasks/{task_id}", None), ("GET", "rules", None), ("GET", f"rules/{rule['id']}", None),
            ("GET", "callbacks", None), ("GET", f"callbacks/{push}", None), ("POST", f"callbacks/{push}/replay", None),
            ("GET", "clock", None), ("POST", "requests/verify", {"times": 99}), ("POST", "callbacks/verify", {"times": 99}),
            ("POST", f"tasks/{task_id}/finish", None), ("DELETE", f"rules/{rule['id']}", None),
        )
    ]  # fmt: skip
    replies += [
        user.control("GET", path)
        for path in ("requests", "tasks", "rules", "callbacks", "clock", "scenario", "requests/x")
    ]
    for reply in replies:
        assert b"very-secret" not in reply.content
        assert "very-secret" not in str(reply.headers)
    assert any(b"9876" in reply.content for reply in replies)
