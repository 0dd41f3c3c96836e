"""The updates after a proven challenge: what they say, in which order, and how they end."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from mock_server.clock import ManualClock
from mock_server.contract.contract import load_contract
from tests.callbacks.receiver import Received, Receiver, echo, reply, wait_until


def fresh(mock: MockServer) -> Api:
    """The mock, called with a key that nobody else uses."""
    return Api(mock.url, f"test-{secrets.token_hex(8)}")


def updates(receiver: Receiver) -> list[Any]:
    """The updates that came, without the challenges."""
    return [received.json for received in receiver.received if "challenge" not in received.json]


def deliveries(api: Api) -> list[dict[str, Any]]:
    """What the mock recorded for this account."""
    assert api.key is not None
    found: list[dict[str, Any]] = api.send("GET", "/__mock/callbacks", query={"account": api.key}).json["callbacks"]
    return found


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", [("processing", 0, "success"), ("success", 0, "success")]),
        ("mock:fail", [("processing", 0, "success"), ("failed", 0, "success")]),
        ("mock:fail:1027", [("processing", 0, "success"), ("failed", 1027, "output new_sensitive")]),
        ("mock:fail:1026", [("failed", 1026, "input new_sensitive")]),
    ],
)
def test_updates_as_documented(prompt: str, expected: list[tuple[str, int, str]]) -> None:
    """Lower-case words, string identifiers, no sizes; a refused input never comes to processing."""
    with MockServer(Settings(port=0, task_seconds=0.2)) as mock, Receiver() as receiver:
        api = fresh(mock)
        task_id = api.create(MINIMAL | {"callback_url": receiver.url, "prompt": prompt}).json["task_id"]
        receiver.wait_for(1 + len(expected))
        messages = updates(receiver)
        wait_until(lambda: len(deliveries(api)) == 1 + len(expected))
        file_id = api.query(task_id).json["file_id"]
        recorded = deliveries(api)
    assert [
        (message["status"], message["base_resp"]["status_code"], message["base_resp"]["status_msg"])
        for message in messages
    ] == expected
    schema = load_contract().document.data | {"$ref": "#/components/schemas/CallbackUpdate"}
    for message in messages:
        assert list(message) == ["task_id", "status", "file_id", "base_resp"]
        assert message["task_id"] == task_id
        assert message["file_id"] == (file_id if message["status"] == "success" else "")
        Draft202012Validator(schema).validate(message)
    assert [entry["kind"] for entry in recorded] == ["challenge"] + ["update"] * len(expected)
    for entry in recorded[1:]:
        assert (entry["delivered"], entry["reason"], entry["answer"]["status"]) == (True, None, 200)
        assert entry["task_id"] == task_id
        assert entry["milliseconds"] > 0


def test_nothing_is_sent_before_its_time() -> None:
    """Under a clock that stands still nothing comes; each moment brings its own message."""
    with MockServer(Settings(port=0), new_clock=ManualClock) as mock, Receiver() as receiver:
        api = fresh(mock)
        assert api.key is not None
        clock = mock.service.world.account(api.key).clock
        assert isinstance(clock, ManualClock)
        api.create(MINIMAL | {"callback_url": receiver.url})
        clock.advance(0.59)
        assert updates(receiver) == []
        clock.advance(0.02)
        receiver.wait_for(2)
        assert [message["status"] for message in updates(receiver)] == ["processing"]
        clock.advance(1.5)
        receiver.wait_for(3)
        assert [message["status"] for message in updates(receiver)] == ["processing", "success"]


def test_polls_bring_the_updates() -> None:
    """Where queries move the task, they bring its updates too."""
    with MockServer(Settings(port=0, progress="polls:4")) as mock, Receiver() as receiver:
        api = fresh(mock)
        task_id = api.create(MINIMAL | {"callback_url": receiver.url}).json["task_id"]
        api.query(task_id)
        api.query(task_id)
        assert updates(receiver) == []
        assert api.query(task_id).json["status"] == "Processing"
        receiver.wait_for(2)
        assert api.query(task_id).json["status"] == "Success"
        receiver.wait_for(3)
        assert [message["status"] for message in updates(receiver)] == ["processing", "success"]


def test_updates_of_one_task_come_one_at_a_time_in_order() -> None:
    """A receiver that is slow with `processing` does not see `success` before it has answered."""
    under_way: list[int] = []
    most: list[int] = []

    def slow(connection: socket.socket, received: Received) -> None:
        under_way.append(1)
        most.append(len(under_way))
        threading.Event().wait(0.1)
        under_way.pop()
        echo(connection, received)

    with MockServer(Settings(port=0, task_seconds=0)) as mock, Receiver(slow) as receiver:
        fresh(mock).create(MINIMAL | {"callback_url": receiver.url})
        receiver.wait_for(3)
        assert [message["status"] for message in updates(receiver)] == ["processing", "success"]
    assert max(most) == 1


def test_tasks_never_wait_for_each_other() -> None:
    """A hundred tasks of a receiver that never answers do not hold up the task of another."""

    def silent_on_updates(connection: socket.socket, received: Received) -> None:
        if "challenge" in received.json:
            echo(connection, received)
        else:
            connection.recv(1)

    with (
        MockServer(Settings(port=0, task_seconds=0, callback_timeout=5)) as mock,
        Receiver(silent_on_updates) as dead,
        Receiver() as alive,
    ):
        api = fresh(mock)
        for _ in range(100):
            api.create(MINIMAL | {"callback_url": dead.url})
        begin = time.monotonic()
        api.create(MINIMAL | {"callback_url": alive.url})
        alive.wait_for(3)
        assert time.monotonic() - begin < 2


@pytest.mark.parametrize("status", ["500 Internal Server Error", "302 Found", "404 Not Found"])
def test_a_failed_update_is_recorded_and_not_repeated(status: str) -> None:
    """No retries by default (unknown at the service, so assumed); the next update is still sent."""

    def behave(connection: socket.socket, received: Received) -> None:
        if "challenge" in received.json:
            echo(connection, received)
        else:
            reply("no", status=status)(connection, received)

    with MockServer(Settings(port=0, task_seconds=0)) as mock, Receiver(behave) as receiver:
        api = fresh(mock)
        api.create(MINIMAL | {"callback_url": receiver.url})
        wait_until(lambda: len(deliveries(api)) == 3)
        recorded = deliveries(api)
        assert [entry["delivered"] for entry in recorded] == [True, False, False]
        assert f"HTTP {status[:3]}, not 2xx" in recorded[1]["reason"]
        assert len(updates(receiver)) == 2


def test_reset_ends_the_updates_of_the_account() -> None:
    """After a reset nothing more is sent for its tasks; another account goes on."""
    with MockServer(Settings(port=0), new_clock=ManualClock) as mock, Receiver() as receiver:
        gone, stays = fresh(mock), fresh(mock)
        clocks = []
        for api in (gone, stays):
            assert api.key is not None
            clocks.append(mock.service.world.account(api.key).clock)
            api.create(MINIMAL | {"callback_url": receiver.url})
        assert gone.key is not None
        gone.send("POST", "/__mock/reset", query={"account": gone.key})
        assert deliveries(gone) == []
        for clock in clocks:
            assert isinstance(clock, ManualClock)
            clock.advance(10)
        receiver.wait_for(4)
        assert {message["task_id"] for message in updates(receiver)} == {
            str(task.id) for task, _ in mock.service.world.account(stays.key or "").tasks()
        }


def test_stop_ends_cleanly_while_updates_are_under_way() -> None:
    """A receiver that never answers does not hold up the stop, and no thread stays."""

    def silent(connection: socket.socket, received: Received) -> None:
        if "challenge" in received.json:
            echo(connection, received)
        else:
            connection.recv(1)

    with Receiver(silent) as receiver:
        mock = MockServer(Settings(port=0, task_seconds=0, callback_timeout=60)).start()
        fresh(mock).create(MINIMAL | {"callback_url": receiver.url})
        receiver.wait_for(2)
        begin = time.monotonic()
        mock.stop()
        assert time.monotonic() - begin < 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("minimax-mock-callbacks")]


def test_one_callback_by_its_id() -> None:
    """Each is found again by its id; one that is not there is a problem."""
    with MockServer(Settings(port=0)) as mock, Receiver() as receiver:
        api = fresh(mock)
        api.create(MINIMAL | {"callback_url": receiver.url})
        (challenge,) = deliveries(api)
        assert api.send("GET", f"/__mock/callbacks/{challenge['id']}").json == challenge
        assert challenge["message"] == receiver.received[0].json
        assert challenge["answer"]["body"] == receiver.received[0].body.decode()
        missing = api.send("GET", "/__mock/callbacks/none")
        assert (missing.status, missing.headers["Content-Type"]) == (404, "application/problem+json")


def test_tasks_of_one_receiver_are_told_at_the_same_time() -> None:
    """Three updates of three tasks meet in the receiver; one at a time they would never."""
    meeting = threading.Barrier(3)
    met: list[bool] = []

    def meet(connection: socket.socket, received: Received) -> None:
        if received.json.get("status") == "processing":
            meeting.wait(5)
            met.append(True)
        echo(connection, received)

    settings = Settings(port=0, progress="polls:2", callback_timeout=10)
    with MockServer(settings) as mock, Receiver(meet) as receiver:
        api = fresh(mock)
        tasks = [api.create(MINIMAL | {"callback_url": receiver.url}).json["task_id"] for _ in range(3)]
        for task_id in tasks:
            api.query(task_id)
        wait_until(lambda: len(met) == 3)
