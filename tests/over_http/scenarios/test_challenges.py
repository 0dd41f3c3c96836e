"""Scenarios about challenges, with a real receiver."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from mock_server.receiver import CallbackReceiver
from tests.over_http.faulty_server import until
from tests.over_http.scenarios.stage import Stage, statuses


def refused_for_its_receiver(stage: Stage, receiver: CallbackReceiver) -> bool:
    """Whether create is refused because of the receiver, and no task made."""
    before = len(stage.tasks())
    reply = stage.create(callback_url=receiver.url)
    assert len(stage.tasks()) == before + (reply.code == 0)
    return (reply.code, reply.message) == (2013, "invalid params, fail to check callback url")


def test_challenge_skipped(stage: Stage, receiver: CallbackReceiver) -> None:
    """Even a receiver that would fail its challenge is told, without having had one."""
    receiver.wrong(only="challenge")
    stage.accepted(callback_url=receiver.url)
    stage.advance(2)
    assert (receiver.challenges, statuses(receiver)) == ([], ["processing", "success"])


def test_challenge_late(stage: Stage, receiver: CallbackReceiver) -> None:
    """Create is open for one and a half real seconds before the challenge comes."""
    begin = time.monotonic()
    stage.accepted(callback_url=receiver.url)
    assert time.monotonic() - begin >= 1.5
    assert len(receiver.challenges) == 1


def test_challenge_twice(stage: Stage, receiver: CallbackReceiver) -> None:
    """Two values during one create, and both must come back."""
    stage.accepted(callback_url=receiver.url)
    first, second = receiver.challenges
    assert first != second
    receiver.answers(lambda _message: {"challenge": first}, only="challenge")
    assert refused_for_its_receiver(stage, receiver)
    cached: list[Any] = []

    def the_first_of_each_create(message: Any) -> Any:
        cached.append(message)
        return {"challenge": cached[0]["challenge"]}

    receiver.answers(the_first_of_each_create, only="challenge")
    assert refused_for_its_receiver(stage, receiver)
    assert len(cached) == 2


def test_challenge_after_answer(stage: Stage, receiver: CallbackReceiver) -> None:
    """Create answers while the challenge is still open; only once it came back is the receiver told."""
    opened, answered = threading.Event(), threading.Event()

    def wait(message: Any) -> Any:
        opened.set()
        answered.wait(5)
        return {"challenge": message["challenge"]}

    receiver.answers(wait, only="challenge")
    stage.accepted(callback_url=receiver.url)
    assert opened.wait(5)
    assert receiver.updates == []
    answered.set()
    stage.advance(2)
    assert statuses(receiver) == ["processing", "success"]
    receiver.wrong(only="challenge")
    receiver.clear()
    task_id = stage.accepted(callback_url=receiver.url)
    until(lambda: len(receiver.challenges) == 1)
    stage.advance(2)
    assert (receiver.updates, stage.status(task_id)) == ([], "Success")


def test_challenge_empty(stage: Stage, receiver: CallbackReceiver) -> None:
    """The value is empty; a receiver that tests it for truth fails."""
    stage.accepted(callback_url=receiver.url)
    assert receiver.challenges == [""]
    receiver.answers(lambda message: {"challenge": message["challenge"]} if message["challenge"] else {"status": "success"})  # fmt: skip
    assert refused_for_its_receiver(stage, receiver)


def test_challenge_odd_text(stage: Stage, receiver: CallbackReceiver) -> None:
    """The value has everything that is pasted wrongly; a receiver that pastes it into JSON fails."""
    stage.accepted(callback_url=receiver.url)
    (value,) = receiver.challenges
    assert value == ' "quoted" \\ 挑战 🎬\ttab '
    receiver.answers(lambda message: f'{{"challenge": "{message["challenge"]}"}}'.encode())
    assert refused_for_its_receiver(stage, receiver)
    receiver.answers(lambda message: json.dumps({"challenge": message["challenge"].strip()}).encode())
    assert refused_for_its_receiver(stage, receiver)


def test_challenge_with_extra_fields(stage: Stage, receiver: CallbackReceiver) -> None:
    """It has a status and a task_id; a receiver that looks for the status first fails."""
    stage.accepted(callback_url=receiver.url)
    (message,) = receiver.messages
    assert sorted(message) == ["challenge", "extra", "status", "task_id"]
    assert message["status"] == "success"
    receiver.answers(lambda message: {"status": "success"} if "status" in message else {"challenge": message["challenge"]})  # fmt: skip
    assert refused_for_its_receiver(stage, receiver)
