"""What the receiver keeps and waits for, and that it stops at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from mock_server.receiver import CallbackReceiver
from mock_server.receiver import receiver as receiver_module
from tests.receiver.wire import (
    CHALLENGE,
    POOL,
    TAKEN,
    UPDATE,
    connect,
    connection_threads,
    everything,
    post,
    raw_request,
)


def test_it_keeps_messages_in_order_and_answers_them(receiver: CallbackReceiver) -> None:
    """Challenges are echoed, updates are taken, and both can be looked up."""
    other = {"task_id": "8", "status": "success", "file_id": "9"}
    answers = [post(receiver, message) for message in (CHALLENGE, UPDATE, other)]
    assert [(answer.status, answer.json()) for answer in answers] == [(200, CHALLENGE), (200, TAKEN), (200, TAKEN)]
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}
    assert receiver.messages == [CHALLENGE, UPDATE, other]
    assert receiver.challenges == ["c-1"]
    assert receiver.updates == [UPDATE, other]
    assert receiver.updates_for("8") == [other]
    receiver.clear()
    assert receiver.messages == receiver.updates == receiver.challenges == []


def test_a_task_of_the_mock_reaches_it(receiver: CallbackReceiver) -> None:
    """Challenge, then processing, then success, as the mock sends them."""
    with MockServer(Settings(port=0, task_seconds=0)) as mock:
        api = Api(mock.url, "k-1")
        task_id = api.create(MINIMAL | {"callback_url": receiver.url}).json["task_id"]
        updates = receiver.wait_for_updates(2)
    assert [update["status"] for update in updates] == ["processing", "success"]
    assert receiver.updates_for(task_id) == updates
    assert receiver.challenges == [receiver.messages[0]["challenge"]]


def test_messages_that_are_no_objects_are_updates(receiver: CallbackReceiver) -> None:
    """Whatever is JSON is kept."""
    post(receiver, [CHALLENGE])
    post(receiver, False)
    assert receiver.updates == [[CHALLENGE], False]
    assert receiver.updates_for("7") == []


def test_only_the_last_messages_are_kept(receiver: CallbackReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones make room, and are no longer waited for."""
    monkeypatch.setattr(receiver_module, "MAX_MESSAGES", 2)
    for number in range(3):
        post(receiver, number)
    assert receiver.messages == [1, 2]
    assert receiver.wait_for_updates(2) == [1, 2]
    with pytest.raises(AssertionError, match="2 of 3 updates"):
        receiver.wait_for_updates(3, timeout=0)


def test_many_at_once_are_all_kept(receiver: CallbackReceiver) -> None:
    """Messages from many threads are neither lost nor delayed."""
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda number: post(receiver, number).status, range(400)))
    assert set(answers) == {200}
    assert sorted(receiver.messages) == list(range(400))


def test_waiting_ends_with_the_update(receiver: CallbackReceiver) -> None:
    """The wait begins before the updates come, and challenges do not count."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(receiver.wait_for_updates, 2, 10)
        for message in (CHALLENGE, UPDATE, CHALLENGE, UPDATE):
            assert not waiting.done()
            post(receiver, message)
        assert waiting.result(timeout=10) == [UPDATE, UPDATE]


def test_a_wait_in_vain_says_what_was_seen(receiver: CallbackReceiver) -> None:
    """The failure names the count, the time and the messages; of many, the last ones."""
    with pytest.raises(AssertionError, match=r"^0 of 1 updates came within 0.01 s; nothing was seen$"):
        receiver.wait_for_updates(1, timeout=0.01)
    post(receiver, CHALLENGE)
    post(receiver, UPDATE)
    with pytest.raises(AssertionError) as caught:
        receiver.wait_for_updates(2, timeout=0.01)
    assert str(caught.value) == (
        f"1 of 2 updates came within 0.01 s; seen: {json.dumps(CHALLENGE)}, {json.dumps(UPDATE)}"
    )
    receiver.clear()
    for number in range(25):
        post(receiver, number)
    with pytest.raises(AssertionError, match="seen: 5 before, then 5, 6, 7, "):
        receiver.wait_for_updates(26, timeout=0.01)


@pytest.mark.parametrize(
    "misbehave", [lambda receiver: receiver.late(3600), lambda receiver: receiver.slow(3600)], ids=["late", "slow"]
)
def test_a_stop_ends_what_waits(misbehave: Callable[[CallbackReceiver], None]) -> None:
    """A stop closes what has an hour to go, without the answer, and leaves neither thread nor port."""
    with CallbackReceiver() as receiver:
        misbehave(receiver)
        idle, waiting = connect(receiver), connect(receiver)
        waiting.sendall(raw_request(UPDATE))
        receiver.wait_for_updates(1)
        begin = time.monotonic()
    assert time.monotonic() - begin < 1
    with waiting, idle:
        assert b"success" not in everything(waiting)
        assert everything(idle) == b""
    assert not connection_threads()
    with pytest.raises(ConnectionRefusedError):
        connect(receiver)


def test_a_stop_ends_a_wait_for_updates() -> None:
    """Whoever waits is told that the receiver was stopped."""
    with ThreadPoolExecutor(1) as pool:
        with CallbackReceiver() as receiver:
            waiting = pool.submit(receiver.wait_for_updates, 1, 3600)
        with pytest.raises(AssertionError, match="0 of 1 updates came before the receiver was stopped"):
            waiting.result(timeout=10)


def test_it_can_be_stopped_twice_and_started_again() -> None:
    """A second start while it runs is refused; after a stop it listens again and has its messages still."""
    receiver = CallbackReceiver()
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = receiver.url
    receiver.stop()
    receiver.start()
    with pytest.raises(RuntimeError, match="already running"):
        receiver.start()
    post(receiver, 1)
    receiver.stop()
    receiver.stop()
    with receiver:
        post(receiver, 2)
        assert receiver.wait_for_updates(2) == [1, 2]


def test_importing_it_loads_no_server() -> None:
    """The plugin that offers it is loaded into every run of pytest."""
    source = "import sys, mock_server.receiver; print([name for name in sys.modules if name in sys.argv[1:]])"
    heavy = ["http.server", "socketserver", "dataclasses", "flask", "urllib3", "mock_server.settings"]
    done = subprocess.run([sys.executable, "-c", source, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_its_url_is_a_path_of_this_machine(receiver: CallbackReceiver) -> None:
    """127.0.0.1, a port and a path; other paths are served too."""
    parts: Any = urlsplit(receiver.url)
    assert (parts.scheme, parts.hostname, parts.path) == ("http", "127.0.0.1", "/get_callback")
    assert POOL.request("POST", f"{receiver.url}/more?token=1", json=UPDATE).status == 200
