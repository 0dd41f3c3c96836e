"""Rules about challenges and pushes: left out, late, twice, out of order, changed, and sent again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from mock_server import MockServer, Settings
from mock_server.clock import MANUAL_START
from mock_server.receiver import CallbackReceiver
from tests.over_http.controlling import User

PUSH = {"operation": "push"}
CHALLENGE = {"operation": "challenge"}


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A mock on which every test has an account of its own."""
    with MockServer(Settings(port=0, clock="manual", seed=7, callback_timeout=2)) as mock:
        yield mock


def told(receiver: CallbackReceiver) -> list[str]:
    """The statuses that were pushed, in order of arrival."""
    return [update.get("status") for update in receiver.updates]


def pushed(user: User) -> list[tuple[float, str, bool, int]]:
    """When which status was pushed, whether it arrived, and the how-manieth time."""
    return [
        (round(each["sent_at"] - MANUAL_START, 3), each["message"].get("status"), each["delivered"], each["number"])
        for each in user.callbacks()
        if each["kind"] == "update"
    ]


def test_a_challenge_that_is_left_out(user: User, receiver: CallbackReceiver) -> None:
    """None is sent, the receiver counts as proven, and the create's note says which rule it was."""
    rule = user.rule({"skip": True}, CHALLENGE)
    reply = user.create(callback_url=receiver.url)
    assert (reply.code, receiver.challenges) == (0, [])
    (note,) = user.entry(reply)["notes"]
    assert (note["note"], note["id"]) == ("challenge-ruled", rule["id"])
    user.advance(5)
    assert told(receiver) == ["processing", "success"]


def test_challenges_are_repeated(user: User, receiver: CallbackReceiver) -> None:
    """Each has a value of its own and is recorded with its number; the first that fails is the last."""
    rule = user.rule({"repeat": 3}, CHALLENGE)
    assert user.create(callback_url=receiver.url).code == 0
    assert len(set(receiver.challenges)) == 3
    assert [each["number"] for each in user.callbacks()] == [1, 2, 3]
    assert {each["rule"]["id"] for each in user.callbacks()} == {rule["id"]}
    receiver.clear()
    wrong = iter([False, True])
    receiver.answers(lambda message: {"challenge": "wrong"} if next(wrong) else message, only="challenge")
    assert user.create(callback_url=receiver.url).code == 2013
    assert len(receiver.challenges) == 2
    assert user.look()["ledger"]["creates"] == 1


def test_a_late_challenge(user: User, receiver: CallbackReceiver) -> None:
    """The create waits for it in real time."""
    user.rule({"delay": 0.7}, CHALLENGE, times=1)
    for least, most in ((0.7, 10.0), (0, 0.7)):
        begin = time.monotonic()
        assert user.create(callback_url=receiver.url).code == 0
        assert least <= time.monotonic() - begin < most
    assert len(receiver.challenges) == 2


def test_a_challenge_that_is_changed(user: User, receiver: CallbackReceiver) -> None:
    """What has to come back is what was sent; a message without a challenge proves nothing."""
    user.rule({"change": {"/challenge": "abc", "/extra": 1}}, CHALLENGE, times=1)
    assert user.create(callback_url=receiver.url).code == 0
    assert receiver.messages == [{"challenge": "abc", "extra": 1}]
    user.rule({"remove": ["/challenge"]}, CHALLENGE, times=1)
    assert user.create(callback_url=receiver.url).code == 2013
    assert receiver.messages[1:] == [{}]


@pytest.mark.parametrize("proven", [True, False])
def test_a_challenge_after_the_answer(user: User, receiver: CallbackReceiver, proven: bool) -> None:
    """The create is answered first; a receiver that fails is told nothing, ever."""
    answered, asked = threading.Event(), threading.Event()

    def answer(message: Any) -> Any:
        asked.set()
        assert answered.wait(10)
        return message if proven else {"challenge": "wrong"}

    receiver.answers(answer, only="challenge")
    user.rule({"after_answer": True}, CHALLENGE)
    reply = user.create(callback_url=receiver.url)
    assert reply.code == 0
    assert asked.wait(10)
    answered.set()
    wanted = {"match": {"kind": "challenge", "delivered": proven}, "timeout": 10}
    assert user.control("POST", "callbacks/wait", wanted).status == 200
    assert user.entry(reply)["notes"][0]["note"] == "challenge-ruled"
    user.advance(5)
    user.advance(100)
    assert told(receiver) == (["processing", "success"] if proven else [])


def test_a_push_that_is_dropped(user: User, receiver: CallbackReceiver) -> None:
    """It is recorded with its reason and its rule, and the receiver never sees it."""
    rule = user.rule({"skip": True}, PUSH | {"status": "processing"})
    user.task(callback_url=receiver.url)
    happened = user.advance(5)["happened"]
    assert told(receiver) == ["success"]
    dropped = user.callbacks()[1]
    assert (dropped["delivered"], dropped["reason"], dropped["answer"]) == (False, "not sent: a rule drops it", None)
    assert (dropped["rule"]["id"], dropped["message"]["status"]) == (rule["id"], "processing")
    assert [each["delivered"] for each in happened if each["kind"] == "callback"] == [False, True]


def test_pushes_are_repeated(user: User, receiver: CallbackReceiver) -> None:
    """The same message so many times, each with its number, before the next one."""
    user.rule({"repeat": 3}, PUSH | {"status": "processing"})
    user.task(callback_url=receiver.url)
    user.advance(5)
    assert told(receiver) == ["processing"] * 3 + ["success"]
    assert receiver.updates[0] == receiver.updates[1] == receiver.updates[2]
    assert pushed(user) == [
        (0.6, "processing", True, 1), (0.6, "processing", True, 2), (0.6, "processing", True, 3), (2.0, "success", True, 1),
    ]  # fmt: skip
    assert len({each["id"] for each in user.callbacks()}) == 5


def test_a_late_push(user: User, receiver: CallbackReceiver) -> None:
    """It comes so much later on the account's clock, and does not hold up the one behind it."""
    user.rule({"delay": 10}, PUSH | {"status": "processing"})
    user.task(callback_url=receiver.url)
    user.advance(10.5)
    assert told(receiver) == ["success"]
    user.advance(0.2)
    assert pushed(user) == [(2.0, "success", True, 1), (10.6, "processing", True, 1)]
    assert told(receiver) == ["success", "processing"]


def test_a_push_that_is_late_by_chance(user: User, receiver: CallbackReceiver) -> None:
    """The delay is drawn between its bounds, and told in the record."""
    user.rule({"delay": [1, 9]}, PUSH | {"status": "success"})
    for _ in range(5):
        user.task(callback_url=receiver.url)
    user.advance(20)
    drawn = [each["rule"]["delay_seconds"] for each in user.callbacks() if each["rule"]]
    assert len(set(drawn)) == 5
    sent = [moment for moment, status, *_ in pushed(user) if status == "success"]
    assert sent == [pytest.approx(2 + each, abs=0.001) for each in drawn]
    assert all(1 <= each <= 9 for each in drawn)
    assert sent == sorted(sent)


@pytest.mark.parametrize("late", [None, 5])
def test_pushes_out_of_order(user: User, receiver: CallbackReceiver, late: int | None) -> None:
    """The first comes right after the one that follows it, also when that one is late."""
    user.rule({"reorder": True}, PUSH | {"status": "processing"})
    if late is not None:
        user.rule({"delay": late}, PUSH | {"status": "success"})
    user.task(callback_url=receiver.url)
    user.advance(1)
    assert told(receiver) == []
    user.advance(10)
    assert told(receiver) == ["success", "processing"]
    moment = 2.0 + (late or 0)
    assert [push[0] for push in pushed(user)] == [moment, moment]


def test_pushes_before_the_answer(user: User, receiver: CallbackReceiver) -> None:
    """What is due at once has arrived when the create is answered; what is due later comes later."""
    user.rule({"before_answer": True}, PUSH)
    user.rule({"task": {"seconds": 0}}, times=1)
    reply = user.create(callback_url=receiver.url)
    assert told(receiver) == ["processing", "success"]
    assert receiver.updates_for(reply.json["task_id"]) == receiver.updates
    assert [entry["id"] for entry in user.journal()] == [reply.headers["X-Mock-Request-Id"]]
    receiver.clear()
    user.create(callback_url=receiver.url)
    assert told(receiver) == []
    user.advance(5)
    assert told(receiver) == ["processing", "success"]


def test_without_a_rule_pushes_come_after_the_answer(user: User, receiver: CallbackReceiver) -> None:
    """While a create's answer is held back, nothing is pushed about its task."""
    user.rule({"task": {"seconds": 0}})
    user.rule({"delay": 0.3}, {"operation": "create"})
    ended = threading.Event()
    early: list[bool] = []

    def take(_message: Any) -> Any:
        early.append(not ended.is_set())
        return {}

    receiver.answers(take, only="update")
    user.create(callback_url=receiver.url)
    ended.set()
    user.advance(0)
    assert len(receiver.updates) == 2
    # The very first may overtake the client's own thread by a hair, but never by the whole delay.
    assert early[-1] is False


def test_pushes_are_changed(user: User, receiver: CallbackReceiver) -> None:
    """Other spellings, identifiers as numbers, members more or less; the query still tells the truth."""
    user.rule(
        {"change": {"/status": "Success", "/extra/deep": True}, "as_number": ["/task_id", "/file_id"], "remove": ["/base_resp"]},
        PUSH | {"status": "success"},
    )  # fmt: skip
    task_id = user.task(callback_url=receiver.url)
    user.advance(5)
    answer = user.api.query(task_id).json
    assert receiver.updates[1] == {
        "task_id": int(task_id), "status": "Success", "file_id": int(answer["file_id"]), "extra": {"deep": True},
    }  # fmt: skip
    assert (receiver.updates[0]["status"], answer["status"]) == ("processing", "Success")
    assert user.callbacks()[-1]["message"] == receiver.updates[1]


def test_a_push_that_contradicts_the_query(user: User, receiver: CallbackReceiver) -> None:
    """The receiver hears of a failure, the query of success."""
    user.rule({"change": {"/status": "failed", "/base_resp/status_code": 1027}}, PUSH | {"status": "success"})
    task_id = user.task(callback_url=receiver.url)
    user.advance(5)
    assert (told(receiver), user.status(task_id)) == (["processing", "failed"], "Success")
    assert receiver.updates[1]["base_resp"]["status_code"] == 1027


@pytest.mark.parametrize("by_rule", [True, False])
def test_what_is_not_accepted_is_sent_again(receiver: CallbackReceiver, by_rule: bool) -> None:
    """After 1, 2 and 4 seconds of the account's clock, as often as the setting or a rule allows, until it is accepted."""
    with MockServer(Settings(port=0, clock="manual", callback_retries=1 if by_rule else 3)) as mock:
        user = User(mock)
        if by_rule:
            user.rule({"retries": 3}, PUSH)
        receiver.status(503, only="update", times=6)
        user.task(callback_url=receiver.url)
        happened = user.advance(100)["happened"]
        expected = [
            (0.6, "processing", False, 1), (1.6, "processing", False, 2), (2.0, "success", False, 1),
            (3.0, "success", False, 2), (3.6, "processing", False, 3), (5.0, "success", False, 3),
            (7.6, "processing", True, 4), (9.0, "success", True, 4),
        ]  # fmt: skip
        assert pushed(user) == expected
        assert [round(each["at"] - MANUAL_START, 3) for each in happened if each["kind"] == "callback"] == [
            moment for moment, *_ in expected
        ]
        user.advance(1000)
        assert len(receiver.updates) == 8


@pytest.mark.parametrize(("retries", "sent"), [(None, 2), (0, 2), (2, 6)])
def test_tries_come_to_an_end(user: User, receiver: CallbackReceiver, retries: int | None, sent: int) -> None:
    """None by default; a receiver that never accepts is given up after the last."""
    if retries is not None:
        user.rule({"retries": retries}, PUSH)
    receiver.closes(only="update")
    user.task(callback_url=receiver.url)
    user.advance(10_000)
    assert len(receiver.updates) == sent
    assert {delivered for _, _, delivered, _ in pushed(user)} == {False}
    assert user.advance(10_000)["happened"] == []


def test_a_wait_between_tries_has_an_end(receiver: CallbackReceiver) -> None:
    """It doubles, up to a minute."""
    with MockServer(Settings(port=0, clock="manual", callback_retries=8)) as mock:
        user = User(mock)
        receiver.status(500, only="update")
        user.rule({"skip": True}, PUSH | {"status": "processing"})
        user.task(callback_url=receiver.url)
        user.advance(1000)
        moments = [moment for moment, status, *_ in pushed(user) if status == "success"]
        assert [round(later - sooner, 3) for sooner, later in pairwise(moments)] == [
            1, 2, 4, 8, 16, 32, 60, 60,
        ]  # fmt: skip


def test_rules_on_callbacks_count_and_choose_like_others(user: User, receiver: CallbackReceiver) -> None:
    """Times, prompt, model and task decide here too, the nearest scope wins, and the first rule wins."""
    user.rule({"skip": True}, PUSH | {"prompt": "quiet"})
    user.rule({"change": {"/once": 1}}, PUSH, times=1)
    user.rule({"change": {"/model": 1}}, PUSH | {"model": "MiniMax-Hailuo-02"})
    user.task("quiet please", callback_url=receiver.url)
    mine = user.task(callback_url=receiver.url)
    user.rule({"change": {"/task": 1}}, PUSH | {"task": mine, "status": "success"}, everybody=True)
    other = user.task(model="MiniMax-Hailuo-02", callback_url=receiver.url)
    user.advance(1)
    user.advance(5)
    assert [set(update) & {"once", "task", "model"} for update in receiver.updates_for(mine)] == [{"once"}, {"task"}]
    assert [set(update) & {"once", "task", "model"} for update in receiver.updates_for(other)] == [{"model"}] * 2
    assert len(receiver.updates) == 4
