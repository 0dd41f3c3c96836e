"""Few workers compute at a time, and yet no request that waits for another keeps it from being answered."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from mock_server.serving.threads import AT_WORK
from mock_server.serving.wsgi_server import WsgiServer
from tests.over_http.faulty_server import request, running, until

THREADS = 12
WAITING = 8


class Gate:
    """Answers `/wait` when `/go` was asked for, and tells the server nothing of its waiting; others are answered at once."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._lock = threading.Lock()
        self.inside = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """One call."""
        path = environ["PATH_INFO"]
        if path == "/wait":
            with self._lock:
                self.inside += 1
            assert self._open.wait(20)
        elif path == "/go":
            self._open.set()
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]


@pytest.fixture
def gate() -> Gate:
    """The application."""
    return Gate()


@pytest.fixture
def server(gate: Gate) -> Iterator[WsgiServer]:
    """A server of it."""
    served = WsgiServer(gate, "127.0.0.1", 0, threads=THREADS)
    with running(served):
        yield served


def asked(server: WsgiServer, path: str, times: int = 1) -> socket.socket:
    """A connection on which so many requests were sent, all at once."""
    client = socket.create_connection(server.bind_addr[:2], timeout=20)
    client.sendall(request(path) * times)
    return client


def answered(client: socket.socket, times: int = 1) -> bool:
    """Whether so many answers came."""
    received = b""
    while received.count(b"\r\n\r\nok") < times and (piece := client.recv(65_536)):
        received += piece
    return received.count(b"\r\n\r\nok") == times


def test_requests_may_wait_for_each_other(server: WsgiServer, gate: Gate) -> None:
    """More requests wait than may compute, and the one that they all wait for is answered, and then they are."""
    assert WAITING > AT_WORK
    with ExitStack() as stack:
        clients = [stack.enter_context(asked(server, "/wait")) for _ in range(WAITING)]
        until(lambda: gate.inside == WAITING, seconds=20)
        for _ in range(20):
            with asked(server, "/") as other:
                assert answered(other)
        with asked(server, "/go") as other:
            assert answered(other)
        assert all(answered(client) for client in clients)


def test_whoever_sends_many_requests_at_once_lets_others_in(server: WsgiServer) -> None:
    """Pipelines of a hundred, and others between them: everybody gets all answers."""
    with ExitStack() as stack:
        clients = [stack.enter_context(asked(server, "/", 100)) for _ in range(4)]
        for _ in range(10):
            with asked(server, "/") as other:
                assert answered(other)
        assert all(answered(client, 100) for client in clients)


def test_many_connections_are_answered_in_turn(server: WsgiServer) -> None:
    """Thirty connections over which request follows request, more than there are threads: nobody is forgotten."""
    with ExitStack() as stack:
        clients = [stack.enter_context(asked(server, "/")) for _ in range(THREADS * 2 + 6)]
        for _ in range(20):
            for client in clients:
                assert answered(client)
                client.sendall(request("/"))
        assert all(answered(client) for client in clients)
