"""Clients that are many, or gone in the middle, and what is left of them."""

from __future__ import annotations

import json
import resource
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from mock_server.serving import idle
from tests.abuse.conftest import HEALTH, Victim
from tests.over_http.faulty_server import descriptors, until

CREATE = b"POST /v1/video_generation HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\n"
PICTURE = b"GET /__mock/gallery/size-under-limit.png HTTP/1.1\r\nHost: localhost\r\n\r\n"
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@contextmanager
def descriptors_for(number: int) -> Iterator[None]:
    """Lets this process, in which both ends of each connection are, open that many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number), max(hard, number)))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def ends(client: socket.socket) -> bool:
    """Whether the server ended the connection, waiting for it as long as the client does."""
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def test_two_thousand_idle_connections_delay_nobody(victim: Victim) -> None:
    """Half of them never sent a byte, half sent part of a head. They end in time, and leave nothing."""
    victim.server.timeout = 5
    before = descriptors()
    with descriptors_for(5000), ExitStack() as stack:
        clients = [stack.enter_context(victim.connect(30)) for _ in range(2000)]
        for client in clients[::2]:
            client.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(5):
            assert victim.is_well()
        assert all(client.recv(12) == b"HTTP/1.1 408" for client in clients[::2])
        assert all(ends(client) for client in clients[1::2])
    until(lambda: descriptors() <= before, seconds=20)


def test_too_many_connections_push_the_oldest_out(victim: Victim, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of idle connections is bounded; whoever comes next is served."""
    monkeypatch.setattr(idle, "MOST_IDLE", 50)
    with ExitStack() as stack:
        clients = [stack.enter_context(victim.connect()) for _ in range(120)]
        assert victim.is_well()
        assert ends(clients[0])
        clients[-1].sendall(HEALTH)
        assert clients[-1].recv(65_536).startswith(b"HTTP/1.1 200 OK")


def test_without_descriptors_others_go() -> None:
    """A process that may open 64 files lets the oldest of its idle connections go, without a word about errors."""
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64));"
        "from mock_server.cli import main; sys.exit(main(['serve', '--port', '0', '--threads', '4']))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["url"].rpartition(":")[2])
        with ExitStack() as stack:
            for _ in range(200):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            client.sendall(HEALTH)
            assert client.recv(65_536).startswith(b"HTTP/1.1 200 OK")
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert "closed early" in errors


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    "sent",
    [
        b"", b"GET", HEALTH[:-2], CREATE + b"Content-Length: 90000\r\n\r\n", CREATE + b"Content-Length: 90000\r\n\r\n{",
        CREATE + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe", CREATE + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
        HEALTH, HEALTH * 50, PICTURE, PICTURE * 5, CREATE + b"Content-Length: 99999999\r\n\r\n" + b"x" * 200_000, b"\x00" * 100,
    ],
)  # fmt: skip
def test_whoever_leaves_in_the_middle_is_forgotten(victim: Victim, sent: bytes, *, reset: bool) -> None:
    """Before, within and after a request, while the answer is written or half read: nothing is left, nothing logged."""
    assert victim.is_well()
    threads, files = threading.active_count(), descriptors()
    for _ in range(10):
        with victim.connect() as client:
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            client.sendall(sent)
            if sent.endswith(b"\r\n\r\n") and sent.startswith(b"GET /"):
                client.recv(10)
    assert victim.is_well()
    # The first connection that waits for its end opens the parking lot: one thread, a selector and a pair of sockets.
    until(lambda: threading.active_count() <= threads + 1 and descriptors() <= files + 3, seconds=20)


def test_a_half_closed_connection_is_answered(victim: Victim) -> None:
    """A client that has said all it wants to say still reads the answers."""
    assert victim.talk(HEALTH * 3, end=True).count(b"HTTP/1.1 200 OK") == 3
    assert victim.talk(HEALTH[:-2], end=True).startswith(b"HTTP/1.1 400 ")
    assert victim.talk(b"", end=True) == b""
