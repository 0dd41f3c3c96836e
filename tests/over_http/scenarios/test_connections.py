"""Scenarios in which the connection breaks, as a bare socket sees it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from contract_tests.api import QUERY, RETRIEVE
from mock_server.receiver import CallbackReceiver
from tests.over_http.faulty_server import Client, until
from tests.over_http.scenarios.stage import Stage


def test_reset_after_create(stage: Stage) -> None:
    """Not a byte comes back, but a reset; the task is there, and the next create is answered."""
    with stage.connect() as client:
        stage.send_create(client)
        assert client.rest() == (b"", "RST")
    (task,) = stage.tasks()
    assert stage.accepted() != task["task_id"]


def test_truncated_create_answer(stage: Stage) -> None:
    """The body ends after twenty bytes, in the middle of the id of a task that there is."""
    with stage.connect() as client:
        stage.send_create(client)
        received, end = client.rest()
    head, _, body = received.partition(b"\r\n\r\n")
    (task,) = stage.tasks()
    whole = {"task_id": task["task_id"], "base_resp": {"status_code": 0, "status_msg": "success"}}
    expected = json.dumps(whole, separators=(",", ":"))
    assert (body.decode(), end) == (expected[:20], "FIN")
    assert f"\r\nContent-Length: {len(expected)}\r\n".encode() in head + b"\r\n"
    assert expected[:20] == '{"task_id":"' + task["task_id"][:8]
    stage.accepted()


def test_create_never_answered(stage: Stage, receiver: CallbackReceiver) -> None:
    """Not a byte and no end while the client waits; the task is there, and its receiver hears of it."""
    with stage.connect() as client:
        client.plain.settimeout(0.3)
        stage.send_create(client, callback_url=receiver.url)
        with pytest.raises(TimeoutError):
            client.receive()
        until(lambda: len(stage.tasks()) == 1)
        (task,) = stage.tasks()
        stage.advance(2)
        assert [update["task_id"] for update in receiver.updates] == [task["task_id"]] * 2
    assert stage.accepted() != task["task_id"]


def test_query_connection_reset(stage: Stage) -> None:
    """One query gets a reset and nothing else; the next one is answered."""
    task_id = stage.accepted()
    with stage.connect() as client:
        stage.send_query(client, task_id)
        assert client.rest() == (b"", "RST")
    assert stage.status(task_id) == "Preparing"


def test_query_never_answered(stage: Stage) -> None:
    """One query gets nothing while the client waits; another one is answered meanwhile."""
    task_id = stage.accepted()
    with stage.connect() as client:
        client.plain.settimeout(0.3)
        stage.send_query(client, task_id)
        with pytest.raises(TimeoutError):
            client.receive()
        assert stage.status(task_id) == "Preparing"


def test_slow_drip(stage: Stage) -> None:
    """The body comes byte by byte, 50 milliseconds apart, and would go on; the next query is answered at once."""
    task_id = stage.accepted()
    with stage.connect() as client:
        stage.send_query(client, task_id)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.read(1)
        begin = time.monotonic()
        pieces = [client.receive() for _ in range(12)]
        assert time.monotonic() - begin >= 0.5
    assert pieces == [bytes([each]) for each in b'{"task_id":"']
    assert stage.status(task_id) == "Preparing"


def test_garbage_for_an_answer(stage: Stage) -> None:
    """One query gets two hundred bytes that are no HTTP; the next one is answered."""
    task_id = stage.accepted()
    with stage.connect() as client:
        stage.send_query(client, task_id)
        received, end = client.rest()
    assert (len(received), end) == (200, "FIN")
    assert not received.startswith(b"HTTP/")
    assert stage.status(task_id) == "Preparing"


def test_truncated_download(stage: Stage) -> None:
    """A thousand bytes of the video under the length of the whole; the next download is whole."""
    link = stage.link()
    with stage.connect() as client:
        stage.send_get(client, link)
        received, end = client.rest()
    head, _, body = received.partition(b"\r\n\r\n")
    whole = stage.download(link).content
    assert (body, end) == (whole[:1000], "FIN")
    assert f"Content-Length: {len(whole)}\r\n".encode() in head + b"\r\n"


def test_offline(stage: Stage) -> None:
    """Every connection is closed without a byte, and nothing takes effect."""
    stage.control("DELETE", "scenario")
    body = stage.finished()
    link = stage.api.retrieve(body["file_id"]).json["file"]["download_url"]
    stage.control("POST", "scenario", {"name": "offline"})
    calls: list[Callable[[Client], None]] = [
        stage.send_create,
        lambda client: stage.send_get(client, f"{QUERY}?task_id={body['task_id']}"),
        lambda client: stage.send_get(client, f"{RETRIEVE}?file_id={body['file_id']}"),
        lambda client: stage.send_get(client, link),
    ]
    for call in calls:
        for _ in range(2):
            with stage.connect() as client:
                call(client)
                assert client.rest() == (b"", "FIN")
    assert [task["task_id"] for task in stage.tasks()] == [body["task_id"]]
