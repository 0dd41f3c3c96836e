"""Receivers of callbacks: one as it should be, one that fails, one that never answers, one that is not there."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        proving = "challenge" in message
        server = self.server
        assert isinstance(server, _Counting)
        server.count(proving)
        body = json.dumps({"challenge": message["challenge"]} if proving else {"status": "success"}).encode()
        # Proven it is in any case, so that tasks are made and updates sent; then one of the two fails.
        self.send_response(500 if self.path == "/failing" and not proving else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        server.answered(self.request)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


class _Counting(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Answering)
        self.challenges = self.updates = 0
        # The longest that an answer took, so that a machine which is too busy is told from a mock that is slow.
        self.slowest = 0.0
        self._accepted: dict[object, float] = {}
        self._lock = threading.Lock()

    def count(self, proving: bool) -> None:
        """One more message came."""
        with self._lock:
            self.challenges += proving
            self.updates += not proving

    def process_request(self, request: Any, client_address: Any) -> None:
        """A connection has come; a thread of its own is started for it."""
        self._accepted[request] = time.monotonic()
        super().process_request(request, client_address)

    def answered(self, request: object) -> None:
        """A message was answered."""
        self.slowest = max(self.slowest, time.monotonic() - self._accepted.pop(request))

    def handle_error(self, request: object, client_address: object) -> None:
        """A mock that is stopped cuts its connections; that is no news."""


@dataclass(frozen=True)
class Receivers:
    """The addresses, and how many messages came to those who listen."""

    good: str
    failing: str
    silent: str
    absent: str
    server: _Counting


@contextmanager
def receivers() -> Iterator[Receivers]:
    """All four, while the context lasts."""
    with closing(socket.create_server((HOST, 0))) as absent:
        nobody = absent.getsockname()[1]
    with _Counting() as server, closing(socket.create_server((HOST, 0), backlog=512)) as silent:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        own = f"http://{HOST}:{server.server_address[1]}"
        yield Receivers(
            f"{own}/good", f"{own}/failing", f"http://{HOST}:{silent.getsockname()[1]}/", f"http://{HOST}:{nobody}/", server
        )  # fmt: skip
        server.shutdown()
