"""What goes wrong inside of the mock while it calls back is not passed over."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from mock_server import MockServer, Settings
from mock_server.callbacks.carrier import Carrier
from mock_server.receiver import CallbackReceiver
from tests.over_http.controlling import User


def broken(*_arguments: Any, **_named: Any) -> Any:
    """A part of the mock that breaks."""
    raise ZeroDivisionError("the mock broke")


def test_a_fault_while_an_update_is_written_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """It becomes a fault of the mock, with which the pytest plugin fails a test."""
    with MockServer(Settings(port=0, clock="manual")) as mock, CallbackReceiver() as receiver:
        user = User(mock)
        user.task(callback_url=receiver.url)
        monkeypatch.setattr("mock_server.callbacks.outbox.update_message", broken)
        assert user.control("POST", "clock/advance", {"seconds": 100}).status in (200, 500)
        assert "ZeroDivisionError: the mock broke" in mock.service.own_faults.since(0, user.key)


def test_a_fault_while_an_update_is_sent_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one that comes after the receiver has answered."""
    with MockServer(Settings(port=0, clock="manual")) as mock, CallbackReceiver() as receiver:
        user = User(mock)
        user.task(callback_url=receiver.url)
        monkeypatch.setattr("mock_server.callbacks.record.Delivery.of_update", broken)
        assert user.advance(100)["now"] > 0
        assert "ZeroDivisionError: the mock broke" in mock.service.own_faults.since(0, user.key)


def test_a_fault_of_a_late_challenge_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it, and it is told all the same."""
    with MockServer(Settings(port=0, clock="manual")) as mock, CallbackReceiver() as receiver:
        user = User(mock)
        user.rule({"after_answer": True}, {"operation": "challenge"})
        told = threading.Event()
        monkeypatch.setattr(mock.service.own_faults, "add", lambda *_fault: told.set())
        monkeypatch.setattr("mock_server.callbacks.callbacks.challenge_message", broken)
        user.create(callback_url=receiver.url)
        assert told.wait(10)


def new_carrier(failed: list[BaseException]) -> Carrier:
    """A carrier that sends nothing."""

    async def end() -> None:
        """Ends nothing."""

    def no_courier() -> Any:
        raise AssertionError("nothing is sent")

    return Carrier(no_courier, end, failed.append)


async def raises() -> int:
    """Work that fails."""
    raise RuntimeError("inside")


def test_an_error_of_the_work_is_no_stop() -> None:
    """A RuntimeError of the work itself reaches whoever waits for it."""
    carrier = new_carrier([])
    try:
        with pytest.raises(RuntimeError, match="inside"):
            carrier.run(raises(), otherwise=0)
    finally:
        carrier.stop()


def test_nobody_waits_for_a_loop_that_has_ended() -> None:
    """Work that comes with the stop, or after it, gives what was meant for that case, at once."""
    carrier = new_carrier([])

    async def for_ever() -> int:
        await asyncio.Event().wait()
        return 1

    results: list[int] = []
    waiting = [threading.Thread(target=lambda: results.append(carrier.run(for_ever(), otherwise=7))) for _ in range(20)]
    for thread in waiting:
        thread.start()
    carrier.stop()
    for thread in waiting:
        thread.join(5)
    assert (results, carrier.run(for_ever(), otherwise=8)) == ([7] * 20, 8)
