"""The same seed and the same calls give the same journal, whatever other accounts do meanwhile."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from contract_tests.api import MINIMAL
from mock_server import MockServer, Settings
from mock_server.receiver import CallbackReceiver
from tests.over_http.controlling import User

RULES: list[Any] = [
    {"then": {"code": 1002}, "match": {"operation": "create"}, "probability": 0.3},
    {"then": {"delay": [0, 0.002]}, "match": {"operation": "query"}},
    {"then": {"task": {"end": "Fail", "code": 1027}}, "probability": 0.4},
    {"then": {"delay": [0, 0.9]}, "match": {"operation": "push", "status": "processing"}, "probability": 0.6},
    {"then": {"repeat": 2}, "match": {"operation": "push"}, "probability": 0.5},
    {"then": {"repeat": 2}, "match": {"operation": "challenge"}, "probability": 0.5},
]


def live(user: User, receiver: CallbackReceiver) -> None:
    """Creates, queries, retrieves and downloads, with everything that is drawn by chance."""
    for number in range(12):
        reply = user.create(f"number {number}", **({"callback_url": receiver.url} if number % 2 else {}))
        task_id = reply.json.get("task_id") or "1"
        user.api.send("GET", "/v1/nothing")
        user.advance(0.9)
        user.api.query(task_id)
        user.advance(2)
        file_id = user.api.query(task_id).json["file_id"]
        link = (user.api.retrieve(file_id).json.get("file") or {}).get("download_url")
        if link:
            user.api.send("GET", link)


def record(user: User) -> Any:
    """Journal, tasks and callbacks without what is measured, and without the port."""
    found = [user.journal(), user.control("GET", "tasks").json, user.callbacks()]
    host = user.mock.url.removeprefix("http://")
    return _without(json.loads(json.dumps(found).replace(host, "HOST")))


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(each) for name, each in value.items() if name != "milliseconds"}
    return [_without(each) for each in value] if isinstance(value, list) else value


@contextmanager
def noise(mock: MockServer, receiver: CallbackReceiver) -> Iterator[None]:
    """Five other accounts that do all sorts of things at the same time."""
    end = threading.Event()

    def disturb(user: User) -> None:
        while not end.is_set():
            task_id = user.api.create(MINIMAL | {"callback_url": receiver.url}).json.get("task_id")
            user.advance(1)
            user.api.query(task_id or "1")
            user.api.send("GET", "/v1/nothing")
            user.rule({"code": 1008}, {"operation": "create"}, times=1, probability=0.5)

    threads = [threading.Thread(target=disturb, args=(User(mock, f"noise-{number}"),)) for number in range(5)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module")
def receiver() -> Iterator[CallbackReceiver]:
    """One receiver for every run, so that its address is the same."""
    with CallbackReceiver() as listening:
        yield listening


def run(seed: int, receiver: CallbackReceiver, *, key: str = "subject", disturbed: bool = False) -> Any:
    """What one account leaves behind on a new mock."""
    with MockServer(Settings(port=0, clock="manual", seed=seed)) as mock:
        user = User(mock, key)
        for rule in RULES:
            assert user.control("POST", "rules", rule, everybody=True).status == 201
        if not disturbed:
            live(user, receiver)
        else:
            with CallbackReceiver() as theirs, noise(mock, theirs):
                live(user, receiver)
        return record(user)


@pytest.fixture(scope="module")
def alone(receiver: CallbackReceiver) -> Any:
    """What the account leaves behind when nobody disturbs it."""
    return run(11, receiver)


def test_chance_has_a_say(alone: Any) -> None:
    """The run that is compared holds both outcomes of everything that is drawn."""
    journal, tasks, callbacks = alone
    assert {entry["code"] for entry in journal if entry["operation"] == "create"} == {0, 1002}
    assert {task["status"] for task in tasks["tasks"]} == {"Success", "Fail"}
    assert len([callback for callback in callbacks if callback["rule"]]) > 3
    assert len({entry["rule"]["delay_seconds"] for entry in journal if entry["operation"] == "query"}) > 1


@pytest.mark.parametrize("disturbed", [False, True])
def test_the_same_calls_give_the_same_journal(alone: Any, receiver: CallbackReceiver, disturbed: bool) -> None:
    """Identifiers, chances, moments and callbacks repeat, also while five other accounts are busy."""
    assert run(11, receiver, disturbed=disturbed) == alone


def test_another_seed_or_key_differs(alone: Any, receiver: CallbackReceiver) -> None:
    """Seed and key decide what is drawn."""
    for other in (run(12, receiver), run(11, receiver, key="another")):
        for part in range(3):
            assert other[part] != alone[part]
        ids = [{entry["id"] for entry in each[0]} for each in (alone, other)]
        assert not ids[0] & ids[1]


def test_the_seed_can_be_changed_while_it_runs(alone: Any, receiver: CallbackReceiver) -> None:
    """PUT forgets everything, rules of the server included, and begins anew as a mock with that seed would."""
    with MockServer(Settings(port=0, clock="manual", seed=1)) as mock:
        user = User(mock, "subject")
        user.create()
        user.rule({"code": 1002}, everybody=True)
        reply = user.control("PUT", "seed", {"seed": 11}, everybody=True)
        assert (reply.status, reply.json) == (200, {"seed": 11})
        assert (user.journal(), user.control("GET", "rules", everybody=True).json["rules"]) == ([], [])
        assert user.control("GET", "seed", everybody=True).json == {"seed": 11}
        assert user.control("GET", "health", everybody=True).json["seed"] == 11
        for rule in RULES:
            user.control("POST", "rules", rule, everybody=True)
        live(user, receiver)
        journal, _, callbacks = record(user)
    assert {entry["seed"] for entry in journal} == {11}
    # What was forgotten shows only in identifiers that have to differ from those before.
    assert [(entry["code"], entry["rule"], entry["answer"]) for entry in journal] == [
        (entry["code"], entry["rule"], entry["answer"]) for entry in alone[0]
    ]
    assert [callback["sent_at"] for callback in callbacks] == [callback["sent_at"] for callback in alone[2]]


@pytest.mark.parametrize("seed", [-1, 2**53 + 1, "7", None, 1.5])
def test_what_is_no_seed_changes_nothing(seed: Any) -> None:
    """A wrong one is refused with its field."""
    with MockServer(Settings(port=0, seed=5)) as mock:
        user = User(mock)
        refused = user.control("PUT", "seed", {"seed": seed}, everybody=True)
        assert (refused.status, refused.json["field"]) == (400, "/seed")
        assert user.control("GET", "seed", everybody=True).json == {"seed": 5}
