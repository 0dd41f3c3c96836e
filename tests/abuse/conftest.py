"""A mock with few workers and little patience, and two kinds of clients: one that is abusive, one that is not."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from mock_server import Settings, create_app
from mock_server.serving.wsgi_server import WsgiServer
from tests.over_http.faulty_server import running

THREADS = 4
LIMIT = 100_000
PATIENCE = 1.5
# How long an ordinary client waits at most, whatever others do; far more than it takes on a busy machine.
SOON = 10.0
HEALTH = b"GET /__mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Victim:
    """A served mock, and what its log said."""

    def __init__(self, server: WsgiServer, log: pytest.LogCaptureFixture) -> None:
        self.server = server
        self._log = log
        # The longest that an ordinary client waited for its answer, in milliseconds.
        self.worst = 0.0
        _, self.port = server.bind_addr[:2]

    def connect(self, seconds: float = 20) -> socket.socket:
        """A connection that waits no longer than that."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def talk(self, sent: bytes, *, end: bool = False) -> bytes:
        """Everything that comes back until the server closes; `end` says that nothing more will be sent."""
        with self.connect() as client:
            client.sendall(sent)
            if end:
                client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(65_536), b""))

    def is_well(self) -> bool:
        """Whether an ordinary client, on a connection of its own, is answered soon."""
        begin = time.monotonic()
        answer = self.talk(HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        taken = time.monotonic() - begin
        self.worst = max(self.worst, taken * 1000)
        return answer.startswith(b"HTTP/1.1 200 OK") and taken < SOON

    def faults(self) -> list[str]:
        """What the log has that no client may cause: errors, and anything with a traceback."""
        return [each.getMessage() for each in self._log.records if each.levelno >= logging.ERROR or each.exc_info]


@pytest.fixture
def victim(caplog: pytest.LogCaptureFixture, record_property: Callable[[str, object], None]) -> Iterator[Victim]:
    """A mock that no other test uses; afterwards it must be well, and have nothing to complain of."""
    caplog.set_level(logging.INFO)
    server = WsgiServer(create_app(Settings(max_body=LIMIT)), "127.0.0.1", 0, threads=THREADS)
    server.timeout = PATIENCE
    with running(server):
        served = Victim(server, caplog)
        yield served
        assert served.is_well()
    record_property("an ordinary client waited at most, ms", round(served.worst))
    assert served.faults() == []


class Dripping:
    """Clients that send byte after byte, in turn, from one thread, while the context lasts."""

    def __init__(self, victim: Victim, number: int, first: bytes, drip: bytes, every: float = 0.2) -> None:
        self._victim, self._number, self._first, self._drip, self._every = victim, number, first, drip, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.given_up = 0

    def __enter__(self) -> Dripping:
        self._stack = ExitStack()
        self._clients = [self._stack.enter_context(self._victim.connect()) for _ in range(self._number)]
        for client in self._clients:
            client.sendall(self._first)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._stack.close()

    def _run(self) -> None:
        alive = list(self._clients)
        while alive and not self._stop.wait(self._every):
            for client in list(alive):
                try:
                    client.sendall(self._drip)
                except OSError:
                    alive.remove(client)
                    self.given_up += 1
