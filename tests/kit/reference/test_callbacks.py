"""The reference client's own receiver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from examples.reference_client import Doorbell, Video, VideoClient, VideoError
from tests.kit.reference.desk import ORDER, Desk


@pytest.fixture
def bell() -> Iterator[Doorbell]:
    """A bell that listens."""
    with Doorbell() as listening:
        yield listening


def post(url: str, body: Any) -> tuple[int, Any]:
    """Status and document that the bell answers."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = urllib3.request("POST", url, body=raw, retries=False, timeout=5)
    return answer.status, json.loads(answer.data) if answer.status == 200 else None


def test_it_echoes_challenges_and_takes_updates(bell: Doorbell) -> None:
    """Whatever the challenge is."""
    for challenge in ("1a3cs1j-601a", "", 5, None):
        assert post(bell.url, {"challenge": challenge}) == (200, {"challenge": challenge})
    assert post(bell.url, {"task_id": "1", "status": "processing"}) == (200, {"status": "success"})


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff", b"[" * 50_000, b"x" * 100_000], ids=lambda body: body[:3])
def test_it_refuses_what_is_no_update(bell: Doorbell, body: bytes) -> None:
    """And goes on."""
    assert post(bell.url, body)[0] == 400
    assert post(bell.url, {"challenge": "a"})[0] == 200


def test_only_its_secret_path_is_answered(bell: Doorbell) -> None:
    """Others get an error."""
    parts = urlsplit(bell.url)
    assert post(f"{parts.scheme}://{parts.netloc}/", {"challenge": "a"})[0] == 400


def test_it_rings_once_for_each_end(bell: Doorbell) -> None:
    """Three times the same is one; another task is another; what is still going on is none."""
    for task_id, status in (("1", "success"), ("1", "Success"), ("1", "processing"), ("2", "failed")):
        post(bell.url, {"task_id": task_id, "status": status})
        rung = bell._rung.is_set()
        bell._rung.clear()
        assert rung == ((task_id, status) in {("1", "success"), ("2", "failed")})


def test_a_public_address_is_what_the_service_is_told() -> None:
    """With the secret path behind it."""
    with Doorbell(public_url="https://hooks.example.com/video/") as listening:
        assert listening.url.startswith("https://hooks.example.com/video/")
        assert len(listening.url) > len("https://hooks.example.com/video/") + 16


def making(desk: Desk, pool: ThreadPoolExecutor, **options: Any) -> Future[Video]:
    """A video in the making, which is asked for once a minute if nobody calls."""
    client = VideoClient(desk.account.url, desk.key, poll=60.0, on_task=desk.tasks.append, **options)
    return pool.submit(client.generate_with_callback, ORDER, desk.path)


def test_a_call_shortens_the_wait_and_makes_one_video(desk: Desk) -> None:
    """Though it comes three times, and late."""
    desk.account.rule({"repeat": 3}, {"operation": "push", "status": "success"})
    with ThreadPoolExecutor() as pool:
        video = making(desk, pool)
        desk.account.wait(operation="query", times=1, timeout=30)
        desk.account.advance(100)
        assert video.result(timeout=30).task_id == desk.tasks[0]
    desk.account.verify(operation="create", times=1)
    desk.account.verify(operation="download", times=1)
    assert desk.account.callbacks[0]["kind"] == "challenge"
    assert desk.account.callbacks[0]["delivered"]


def test_the_service_has_the_last_word(desk: Desk) -> None:
    """A call that says success is a rumour: the query says Processing, and later Fail."""
    desk.account.rule({"task": {"end": "Fail"}}, {"operation": "create"})
    desk.account.rule({"skip": True}, {"operation": "push"})
    with ThreadPoolExecutor() as pool:
        video = making(desk, pool)
        desk.account.wait(operation="query", times=1, timeout=30)
        desk.account.push({"status": "success", "file_id": "1"}, task_id=desk.tasks[0])
        desk.account.wait(operation="query", times=2, timeout=30)
        assert not video.done()
        desk.account.advance(100)
        desk.account.push({"status": "failed"}, task_id=desk.tasks[0])
        with pytest.raises(VideoError) as caught:
            video.result(timeout=30)
    assert caught.value.kind == "task_failed"
    desk.account.verify(operation="retrieve", times=0)


def test_without_a_call_it_asks_by_itself(desk: Desk) -> None:
    """Nothing is pushed at all."""
    desk.account.rule({"skip": True}, {"operation": "push"})
    desk.account.rule({"task": {"polls": 2}}, {"operation": "create"})
    client = VideoClient(desk.account.url, desk.key, poll=0.1)
    assert client.generate_with_callback(ORDER, desk.path).sha256
    desk.account.verify(operation="query", times=2)


def test_what_was_pushed_before_the_create_was_answered_is_not_lost(desk: Desk) -> None:
    """The receiver listens before the order is sent."""
    desk.account.rule({"before_answer": True}, {"operation": "push"})
    desk.account.rule({"task": {"seconds": 0}}, {"operation": "create"})
    with ThreadPoolExecutor() as pool:
        assert making(desk, pool).result(timeout=30).sha256
    assert desk.account.callbacks[-1]["delivered"]


def test_afterwards_nobody_listens(desk: Desk) -> None:
    """A late call finds no one, and starts no second download."""
    client = VideoClient(desk.account.url, desk.key, poll=0.1, pause=desk.account.advance)
    desk.account.rule({"skip": True}, {"operation": "push"})
    desk.account.rule({"task": {"polls": 1}}, {"operation": "create"})
    video = client.generate_with_callback(ORDER, desk.path)
    assert not desk.account.push({"status": "success"}, task_id=str(video.task_id))["delivered"]
    desk.account.verify(operation="download", times=1)
