"""What the reference client makes of a network that fails."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from examples.reference_client import Order, VideoClient, VideoError
from examples.reference_client.answers import LIMIT
from mock_server import MockServer, Settings
from tests.documents import ROOT
from tests.kit.reference.desk import LINK, ORDER, Desk

LOST: list[tuple[Any, str]] = [
    ("reset", "network"), ("close", "network"), ("truncate", "network"), ("garbage", "protocol"),
    ("hang", "timeout"), ("invalid-json", "protocol"), ("deep-json", "protocol"), ("huge", "protocol"),
    ("bad-gateway", "server"),
]  # fmt: skip
HARMLESS: list[Any] = [
    "byte-order-mark", "wrong-content-type", "gzip", {"name": "gzip", "unasked": True},
    {"name": "wrong-content-type", "content_type": "APPLICATION/json ; charset=\"UTF-8\""},
]  # fmt: skip


def hurry(fault: str) -> dict[str, Any]:
    """A client that waits for a silent server must not do so for long; any other may, on a busy machine."""
    return {"read": 0.2} if fault == "hang" else {}


@pytest.mark.parametrize(("fault", "kind"), LOST)
def test_a_create_whose_answer_is_lost_is_not_sent_again(desk: Desk, fault: str, kind: str) -> None:
    """It may have been paid for, which is said."""
    desk.account.rule({"fault": fault}, {"operation": "create"})
    error = desk.error(**hurry(fault))
    assert (error.kind, error.ambiguous, error.retryable) == (kind, True, False)
    assert len(desk.calls("create")) == 1
    assert len(error.message) <= 300


@pytest.mark.parametrize("operation", ["query", "retrieve"])
@pytest.mark.parametrize(
    "fault", [*(fault for fault, _ in LOST if fault != "huge"), "unavailable", "too-many-requests"]
)
def test_a_task_outlives_what_happens_to_a_question(desk: Desk, operation: str, fault: str) -> None:
    """Two failures in a row, then it goes on, and nothing is created anew."""
    desk.account.rule({"fault": fault}, {"operation": operation}, times=2)
    task_id = desk.client().create(ORDER)
    assert desk.client(**hurry(fault)).finish(task_id, desk.path).task_id == task_id
    assert len(desk.calls(operation)) >= 3
    assert len(desk.calls("create")) == 1


@pytest.mark.parametrize("fault", HARMLESS, ids=str)
def test_odd_but_right_answers_are_read(desk: Desk, fault: Any) -> None:
    """In every step."""
    desk.account.rule({"fault": fault}, {"operation": ["create", "query", "retrieve"]})
    assert desk.generate()


def test_unknown_members_are_ignored(desk: Desk) -> None:
    """Wherever they are, whatever they are."""
    desk.change("create", {"/more": [None], "/base_resp/more": {"a": 1}})
    desk.change("query", {"/more": 1.5, "/base_resp/more": True})
    desk.change("retrieve", {"/file/more": "x", "/more": {}})
    assert desk.generate()


def test_bytes_that_are_no_text_do_no_harm() -> None:
    """A message that is no UTF-8, on a raw connection without Content-Length."""
    body = b'{"base_resp": {"status_code": 1026, "status_msg": "\xff\xfe"}}'
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor() as pool:
        answered = pool.submit(_answers, listening, b"HTTP/1.0 200 OK\r\n\r\n" + body)
        with pytest.raises(VideoError) as caught:
            VideoClient(f"http://127.0.0.1:{listening.getsockname()[1]}", "key").create(ORDER)
        answered.result()
    assert (caught.value.kind, caught.value.message) == ("sensitive", "��")


def _answers(listening: socket.socket, answer: bytes) -> None:
    """Reads the whole request first: closing over bytes that were not read resets the connection."""
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as stream:
        assert stream.readline() == b"POST /v1/video_generation HTTP/1.1\r\n"
        headers = dict(line.lower().split(b": ", 1) for line in iter(stream.readline, b"\r\n"))
        stream.read(int(headers[b"content-length"]))
        connection.sendall(answer)


def test_a_refusal_that_comes_before_the_body_was_sent_is_read() -> None:
    """Whoever refuses a large body does not read it to its end."""
    order = Order(image="data:image/png;base64," + "A" * 8_000_000)
    with MockServer(Settings(port=0, max_body=1024)) as small, pytest.raises(VideoError, match="too large") as caught:
        VideoClient(small.url, "key").create(order)
    assert (caught.value.kind, caught.value.ambiguous) == ("invalid_params", False)


def test_a_closed_port_is_told_at_once() -> None:
    """Nothing was sent, so nothing can have been paid."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(VideoError, match="refused") as caught:
        VideoClient(f"http://127.0.0.1:{port}", "key").create(ORDER)
    assert (caught.value.kind, caught.value.ambiguous, caught.value.retryable) == ("network", False, True)


def test_a_name_that_does_not_exist_is_told() -> None:
    """The top-level name is reserved for that."""
    with pytest.raises(VideoError) as caught:
        VideoClient("http://api.minimax.invalid", "key").create(ORDER)
    assert (caught.value.kind, caught.value.ambiguous) == ("network", False)


@pytest.mark.parametrize("operation", ["create", "query", "retrieve", "download"])
def test_an_answer_that_drips_ends_at_the_deadline(desk: Desk, operation: str) -> None:
    """Though every single read is quick."""
    desk.account.rule({"fault": {"name": "drip", "seconds": 0.02}}, {"operation": operation})
    client = VideoClient(desk.account.url, desk.key, deadline=0.4, poll=0.1, pause=desk.account.advance)
    begun = time.monotonic()
    with pytest.raises(VideoError) as caught:
        client.finish(_task(desk), desk.path) if operation != "create" else client.create(ORDER)
    assert caught.value.kind == "timeout"
    assert time.monotonic() - begun < 5
    assert caught.value.ambiguous == (operation == "create")
    assert not desk.path.exists()


def _task(desk: Desk) -> str:
    task_id = desk.client().create(ORDER)
    desk.account.finish(task_id)
    return task_id


def test_an_answer_without_end_takes_bounded_memory(desk: Desk) -> None:
    """A fresh interpreter reads 64 MiB, and no more than the limit of it."""
    desk.account.rule({"fault": "huge"}, {"operation": "query"})
    script = (
        "import resource, sys; from examples.reference_client import *\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: VideoClient(sys.argv[1], sys.argv[2]).query('1')\n"
        "except VideoError as error: print(error.kind, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", script, desk.account.url, desk.key]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    kind, kilobytes = done.stdout.split()
    assert kind == "protocol"
    assert int(kilobytes) < 3 * LIMIT / 1024


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    """Unless its authority is named."""
    with MockServer(Settings(port=0, tls=True)) as server:
        with pytest.raises(VideoError, match="certificate") as caught:
            VideoClient(server.url, "key").create(ORDER)
        assert (caught.value.kind, caught.value.ambiguous) == ("network", False)
        trusting = ssl.create_default_context(cafile=server.ca_file)
        assert VideoClient(server.url, "key", tls=trusting).create(ORDER)


def test_a_drip_over_tls_ends_at_the_deadline() -> None:
    """The socket is another one there."""
    with MockServer(Settings(port=0, tls=True)) as server:
        server.account("key").rule({"fault": {"name": "drip", "seconds": 0.02}})
        client = VideoClient(server.url, "key", deadline=1.0, tls=ssl.create_default_context(cafile=server.ca_file))
        with pytest.raises(VideoError) as caught:
            client.create(ORDER)
        assert caught.value.kind == "timeout"


def test_twenty_at_once_in_one_client_get_their_own(tmp_path: Path) -> None:
    """Every video is the one of its own task."""
    with MockServer(Settings(port=0, task_seconds=0)) as server:
        client = VideoClient(server.url, "key")
        with ThreadPoolExecutor(20) as pool:
            made = list(pool.map(lambda n: _named(client, tmp_path, n), range(20)))
        of = {task["task_id"]: task for task in server.account("key").tasks}
        assert len(of) == len({video.sha256 for _, video in made}) == 20
        assert all(of[str(video.task_id)]["prompt"] == prompt for prompt, video in made)


def _named(client: VideoClient, folder: Path, number: int) -> tuple[str, Any]:
    prompt = f"cat {number}"
    return prompt, client.generate(Order(image=LINK, prompt=prompt), folder / f"{number}.mp4")
