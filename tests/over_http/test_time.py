"""Time: real, scaled and manual, and everything that happens when somebody moves it on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.api import Api
from mock_server import MockServer, Settings
from mock_server.clock import MANUAL_START, ManualClock
from mock_server.control.time import LAST_MOMENT
from mock_server.receiver import CallbackReceiver
from mock_server.world.order import Order
from mock_server.world.task import Plan
from tests.over_http.controlling import PROBLEM, User, at_once


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A mock on which every test has an account of its own."""
    with MockServer(Settings(port=0, clock="manual", seed=7, callback_timeout=10)) as mock:
        yield mock


def short(happened: list[Any]) -> list[tuple[float, str, Any]]:
    """What happened: seconds since the start of manual clocks, kind, and status."""
    return [(round(event["at"] - MANUAL_START, 3), event["kind"], event.get("status")) for event in happened]


def wait_until(condition: Any, seconds: float = 10.0) -> None:
    """Waits for something that another thread brings about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        threading.Event().wait(0.005)


def test_an_advance_tells_what_happened_in_order(user: User, receiver: CallbackReceiver) -> None:
    """Task changes, callbacks, rate windows and links, each at its moment; a change comes before its callback."""
    user.control("PATCH", f"accounts/{user.key}", {"rpm": 5}, everybody=True)
    task_id, _ = user.done()
    user.task(callback_url=receiver.url)
    happened = user.advance(40_000)
    assert short(happened["happened"]) == [
        (100.2, "task", "Queueing"), (100.6, "task", "Processing"),
        (100.6, "callback", "processing"), (102.0, "task", "Success"), (102.0, "callback", "success"),
        (160.0, "rate-window", None), (32_500.0, "link-expired", None),
    ]  # fmt: skip
    assert happened["pending"] == []
    assert happened["now"] == MANUAL_START + 40_100
    callback = happened["happened"][2]
    assert (callback["delivered"], callback["reason"]) == (True, None)
    assert (
        user.control("GET", f"callbacks/{callback['callback_id']}", everybody=True).json["message"]
        == receiver.updates[0]
    )
    assert {event["account"] for event in happened["happened"]} == {f"…{user.key[-4:]}"}
    file_id = next(task["file_id"] for task in user.control("GET", "tasks").json["tasks"] if task["task_id"] == task_id)
    assert happened["happened"][-1]["file_id"] == file_id


def test_what_is_told_is_so(user: User) -> None:
    """After an advance the query, the link and the rate window are as the list said."""
    user.control("PATCH", f"accounts/{user.key}", {"rpm": 1}, everybody=True)
    _, link = user.done()
    user.create()
    assert user.create().code == 1002
    user.advance(59.9)
    assert user.create().code == 1002
    assert short(user.advance(0.1)["happened"]) == [(160.0, "rate-window", None)]
    assert user.create().code == 0
    user.advance(32_400 - 60.1)
    assert user.api.send("GET", link).status == 200
    assert [event["kind"] for event in user.advance(0.1)["happened"]] == ["link-expired"]
    assert user.api.send("GET", link).status == 403


def test_an_advance_moves_one_account_or_all() -> None:
    """With ?account= the others stand still; without it everybody moves by as much, and what each met is told."""
    with MockServer(Settings(port=0, clock="manual", seed=7)) as mock:
        one, two = User(mock, "user-1"), User(mock, "user-2")
        first, second = one.task(), two.task()
        one.advance(1)
        assert (one.status(first), two.status(second)) == ("Processing", "Preparing")
        told = one.control("POST", "clock/advance", {"seconds": 1.5}, everybody=True).json
        assert short(told["happened"]) == [
            (0.2, "task", "Queueing"), (0.6, "task", "Processing"), (2.0, "task", "Success"),
        ]  # fmt: skip
        assert [event["account"] for event in told["happened"]] == ["…r-2", "…r-2", "…r-1"]
        assert (one.status(first), two.status(second)) == ("Success", "Processing")
        clock = one.control("GET", "clock", everybody=True).json
        assert (clock["clock"], clock["time_scale"], clock["now"]) == ("manual", 1, MANUAL_START + 1.5)
        assert [(each["account"], each["now"] - MANUAL_START) for each in clock["accounts"]] == [
            ("…r-1", 2.5), ("…r-2", 1.5),
        ]  # fmt: skip
        assert len(one.control("GET", "clock").json["accounts"]) == 1
        one.control("POST", "reset", everybody=True)
        assert one.control("GET", "clock", everybody=True).json["now"] == MANUAL_START


def test_an_advance_of_nothing_runs_what_is_due(user: User, receiver: CallbackReceiver) -> None:
    """Zero seconds move no clock, and wait until what is due has been sent and answered."""
    user.rule({"task": {"seconds": 0}})
    user.task(callback_url=receiver.url)
    before = user.control("GET", "clock").json["accounts"]
    user.advance(0)
    assert [update["status"] for update in receiver.updates] == ["processing", "success"]
    assert user.control("GET", "clock").json["accounts"] == before
    assert user.advance(0)["happened"] == []


def test_a_receiver_that_asks_back_sees_the_moment(user: User, receiver: CallbackReceiver) -> None:
    """During a push the query tells the very status that is pushed, and retrieve has a link that works."""
    seen: list[Any] = []

    def ask(message: Any) -> Any:
        answer = user.api.query(message["task_id"]).json
        seen.append((message["status"], answer["status"]))
        if answer["status"] == "Success":
            link = user.api.retrieve(answer["file_id"]).json["file"]["download_url"]
            seen.append(user.api.send("GET", link).status)
        return {}

    receiver.answers(ask, only="update")
    user.task(callback_url=receiver.url)
    happened = user.advance(100_000)["happened"]
    assert seen == [("processing", "Processing"), ("success", "Success"), 200]
    # The link that was made on the way ends on the way.
    assert short(happened)[-1] == (32_402.0, "link-expired", None)


def test_what_a_receiver_brings_about_is_told(user: User, receiver: CallbackReceiver) -> None:
    """A task that it creates lives on within the advance; one that it ends by hand ends then and no later."""
    created: list[str] = []

    def act(message: Any) -> Any:
        if message["status"] == "processing" and not created:
            created.append(user.task())
            user.control("POST", f"tasks/{message['task_id']}/fail", {"code": 1027})
        return {}

    receiver.answers(act, only="update")
    mine = user.task(callback_url=receiver.url)
    happened = user.advance(10)["happened"]
    assert [(event["kind"], event["status"]) for event in happened if event["task_id"] == mine] == [
        ("task", "Queueing"), ("task", "Processing"), ("task", "Fail"), ("callback", "processing"), ("callback", "failed"),
    ]  # fmt: skip
    assert [(event["at"] - MANUAL_START, event["status"]) for event in happened if event["task_id"] == created[0]] == [
        (pytest.approx(0.6), "Preparing"), (pytest.approx(0.8), "Queueing"), (pytest.approx(1.2), "Processing"), (pytest.approx(2.6), "Success"),
    ]  # fmt: skip


def test_a_place_in_the_rate_window_is_told_even_when_it_is_taken_again(user: User, receiver: CallbackReceiver) -> None:
    """A receiver that creates as soon as there is room does not hide that there was."""
    user.control("PATCH", f"accounts/{user.key}", {"rpm": 1}, everybody=True)
    user.rule({"task": {"seconds": 70}})
    codes: list[int] = []

    def create(message: Any) -> Any:
        if message["status"] == "success":
            codes.append(user.create().code)
        return {}

    receiver.answers(create, only="update")
    user.task(callback_url=receiver.url)
    happened = user.advance(200)["happened"]
    assert codes == [0]
    moments = [event["at"] - MANUAL_START for event in happened if event["kind"] == "rate-window"]
    assert moments == [60, 130]


def test_a_receiver_may_even_advance(user: User, receiver: CallbackReceiver) -> None:
    """Its own advance ends at its deadline, nothing stands still for ever, and both count."""
    inner: list[Any] = []

    def advance(message: Any) -> Any:
        if message["status"] == "processing":
            inner.append(user.advance(1000, deadline=0.05))
        return {}

    receiver.answers(advance, only="update")
    user.task(callback_url=receiver.url)
    outer = user.advance(500)
    assert [(event["kind"], event["status"], event["delivered"]) for event in outer["happened"] if event["kind"] == "callback"] == [
        ("callback", "processing", True), ("callback", "success", True),
    ]  # fmt: skip
    assert [(each["status"], each["task_id"]) for each in inner[0]["pending"]] == [
        ("processing", outer["happened"][0]["task_id"])
    ]
    assert outer["now"] == MANUAL_START + 1500
    assert inner[0]["happened"] == []
    assert [event["status"] for event in outer["happened"] if event["kind"] == "task"] == [
        "Queueing",
        "Processing",
        "Success",
    ]


def test_advances_at_the_same_time_add_up(user: User, receiver: CallbackReceiver) -> None:
    """Whoever moves the clock meanwhile, no second is lost, and nothing is told twice."""
    user.task(callback_url=receiver.url)
    told: list[Any] = []
    at_once([lambda: told.extend(user.advance(0.1)["happened"])] * 30)
    assert user.look()["now"] == pytest.approx(MANUAL_START + 3)
    assert [event["status"] for event in sorted(told, key=lambda event: event["at"]) if event["kind"] == "task"] == [
        "Queueing", "Processing", "Success",
    ]  # fmt: skip
    assert [update["status"] for update in receiver.updates] == ["processing", "success"]


def test_a_receiver_that_hangs_is_waited_for_until_the_deadline(user: User, receiver: CallbackReceiver) -> None:
    """One deadline for everything; what hangs and what waits for it is pending, the clock is moved, the rest still comes."""
    receiver.late(1.5, only="update", times=3)
    tasks = [user.task(callback_url=receiver.url) for _ in range(3)]
    begin = time.monotonic()
    told = user.advance(100, deadline=0.2)
    assert 0.15 < time.monotonic() - begin < 1.4
    assert told["now"] == MANUAL_START + 100
    assert sorted((each["kind"], each["task_id"], each["status"], each["url"]) for each in told["pending"]) == sorted(
        ("callback", task_id, status, receiver.url) for task_id in tasks for status in ("processing", "success")
    )
    assert [user.status(task_id) for task_id in tasks] == ["Success"] * 3
    later = user.advance(0)
    assert (sorted(short(later["happened"])), later["pending"]) == (
        [(0.6, "callback", "processing")] * 3 + [(100.0, "callback", "success")] * 3, [],
    )  # fmt: skip


def test_an_advance_of_all_has_one_deadline() -> None:
    """Twenty accounts whose receivers hang take no longer than one."""
    with MockServer(Settings(port=0, clock="manual", callback_timeout=30)) as mock, CallbackReceiver() as receiver:
        receiver.late(60, only="update")
        users = [User(mock) for _ in range(20)]
        for each in users:
            each.task(callback_url=receiver.url)
        begin = time.monotonic()
        told = users[0].control("POST", "clock/advance", {"seconds": 9, "deadline": 0.3}, everybody=True).json
        assert time.monotonic() - begin < 2
        assert [each["status"] for each in told["pending"]] == ["processing", "success"] * 20
        assert all(each.look()["now"] == MANUAL_START + 9 for each in users)


def test_a_thousand_tasks_at_moments_of_their_own(user: User, receiver: CallbackReceiver) -> None:
    """Each is told at its moment, in order, and fifty of them pushed: none costs a look at all the others."""
    account, callbacks = user.mock.service.world.account(user.key), user.mock.service.callbacks
    for number in range(1000):
        plan = Plan(2 + number / 1000, processing=0.5 + number / 1000)
        url = receiver.url if number % 20 == 0 else None
        task = account.open_task(Order("MiniMax-Hailuo-2.3", "768P", 6, "", 280, url), plan)
        if url:
            callbacks.follow(account, task)
            callbacks.release(account, task)
    begin = time.monotonic()
    happened = user.advance(100)["happened"]
    assert time.monotonic() - begin < 5
    assert len([event for event in happened if event["kind"] == "task"]) == 3000
    assert len([event for event in happened if event["kind"] == "callback"]) == len(receiver.updates) == 100
    moments = [event["at"] for event in happened]
    assert moments == sorted(moments)


def test_ten_minutes_in_milliseconds(user: User) -> None:
    """A long generation ends as soon as the test says so."""
    user.rule({"task": {"seconds": 600}})
    task_id = user.task()
    begin = time.monotonic()
    user.advance(599.9)
    assert user.status(task_id) == "Processing"
    user.advance(0.1)
    assert user.status(task_id) == "Success"
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_a_clock_that_runs_by_itself_is_not_advanced(scale: float) -> None:
    """409 with what to do; the kind of clock can be asked for."""
    with MockServer(Settings(port=0, time_scale=scale)) as mock:
        user = User(mock)
        for everybody in (False, True):
            refused = user.control("POST", "clock/advance", {"seconds": 1}, everybody=everybody)
            assert (refused.status, refused.headers["Content-Type"], refused.json["field"]) == (409, PROBLEM, "clock")
            assert "--clock manual" in refused.json["detail"]
        clock = user.control("GET", "clock").json
        assert (clock["clock"], clock["time_scale"]) == ("real", scale)


def test_a_scaled_clock_runs_faster(receiver: CallbackReceiver) -> None:
    """At a thousandfold, two hundred seconds pass in a fifth of one, for tasks, callbacks and dates alike."""
    with MockServer(Settings(port=0, time_scale=1000, task_seconds=200)) as mock:
        user = User(mock)
        begin = time.monotonic()
        task_id = user.task(callback_url=receiver.url)
        assert user.status(task_id) in ("Preparing", "Queueing", "Processing")
        receiver.wait_for_updates(2)
        assert 0.15 < time.monotonic() - begin < 3
        assert user.status(task_id) == "Success"
        user.control("POST", "callbacks/wait", {"match": {"kind": "update"}, "times": 2})
        first, second = (each["sent_at"] for each in user.callbacks()[1:])
        assert second - first == pytest.approx(140, abs=60)


def test_a_real_clock_is_the_time_of_day() -> None:
    """Without any setting, moments are those of this machine."""
    with MockServer(Settings(port=0)) as mock:
        user = User(mock)
        user.task()
        assert abs(user.look()["now"] - time.time()) < 2


@pytest.mark.parametrize(
    ("body", "field"),
    [({"seconds": -1}, "/seconds"), ({"seconds": "5"}, "/seconds"), ({}, "/seconds"), ({"seconds": 1e9}, "/seconds"),
     ({"seconds": 1, "deadline": 0}, "/deadline"), ({"seconds": 1, "dedline": 1}, "/dedline"), ([], "")],
)  # fmt: skip
def test_time_never_goes_back(user: User, body: Any, field: str) -> None:
    """A wrong advance is refused with its field, and moves nothing."""
    user.create()
    reply = Api(user.api.url, None).send("POST", "/__mock/clock/advance", body=json.dumps(body).encode())
    assert (reply.status, reply.json["field"]) == (400, field)
    assert user.look()["now"] == MANUAL_START


def test_the_next_advance_tells_what_became_of_what_was_pending(user: User, receiver: CallbackReceiver) -> None:
    """Nothing that an advance left under way is told by nobody."""
    receiver.late(1, only="update", times=1)
    user.task(callback_url=receiver.url)
    assert [each["status"] for each in user.advance(100, deadline=0.1)["pending"]] == ["processing", "success"]
    user.control("POST", "callbacks/wait", {"match": {"kind": "update"}, "times": 2})
    told = [event["status"] for event in user.advance(1)["happened"] if event["kind"] == "callback"]
    assert (told, user.advance(1)["happened"]) == (["processing", "success"], [])


def test_no_clock_leaves_the_calendar(user: User) -> None:
    """Dates have four digits for the year, so an advance beyond them is refused, and up to there a file has its date."""
    clock = user.mock.service.world.account(user.key).clock
    assert isinstance(clock, ManualClock)
    clock.advance_to(LAST_MOMENT - 200)
    _, link = user.done()
    assert user.api.send("GET", link).status == 200
    reply = user.control("POST", "clock/advance", {"seconds": 31_536_000})
    assert (reply.status, reply.headers["Content-Type"], reply.json["field"]) == (409, PROBLEM, "seconds")
    clock.advance_to(2 * LAST_MOMENT)
    task_id = user.task()
    user.control("POST", f"tasks/{task_id}/finish")
    file_id = user.api.query(task_id).json["file_id"]
    content = user.api.send("GET", "/v1/files/retrieve_content", query={"file_id": file_id})
    assert (content.status, content.headers["Content-Type"]) == (200, "video/mp4")
