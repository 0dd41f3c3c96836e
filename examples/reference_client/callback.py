"""A receiver that rings when the service says that a task has ended.

Callbacks are not signed: anybody may send one, twice or in any order. So none is believed; each is a reason to ask the
service now instead of later, and one that never comes costs nothing but time.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any

LARGEST = 65536
ENDS = ("success", "fail", "failed")


class Doorbell:
    """Listens from the moment it is made, since the service tries the address before it accepts an order; for one video.

    `public_url` is under which address the service reaches `host` and `port`; without it the two are meant.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, public_url: str | None = None) -> None:
        path = f"/{secrets.token_urlsafe(16)}"
        self._rung, self._heard = threading.Event(), set[tuple[str, str]]()
        # Not an HTTPServer, which looks up its own name first; that can take seconds.
        self._server = ThreadingTCPServer((host, port), _handler(path, self._ring))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        # What the service is told to call. The path is a secret, so that nobody else finds it.
        self.url = (public_url or f"http://{host}:{self._server.server_address[1]}").rstrip("/") + path

    def __enter__(self) -> Doorbell:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float, least: float) -> None:
        """Waits until it rings, but at least and at most so many seconds."""
        time.sleep(min(least, seconds))
        self._rung.wait(max(0.0, seconds - least))
        self._rung.clear()

    def _ring(self, update: dict[str, Any]) -> None:
        """Rings once for each end of a task, however often it is told."""
        told = (str(update.get("task_id")), str(update.get("status")).lower())
        if told[1] in ENDS and told not in self._heard:
            self._heard.add(told)
            self._rung.set()


def _handler(path: str, ring: Callable[[dict[str, Any]], None]) -> type[BaseHTTPRequestHandler]:
    """What answers: the challenge with itself, an update with success, and anything else with an error."""

    class Handler(BaseHTTPRequestHandler):
        # Nobody keeps a connection open for longer, in seconds.
        timeout = 5

        def do_POST(self) -> None:
            message = self._message()
            if message is None:
                self.send_error(400)
                return
            if "challenge" not in message:
                ring(message)
            self._answer({"challenge": message["challenge"]} if "challenge" in message else {"status": "success"})

        def _message(self) -> dict[str, Any] | None:
            """The object that was sent to the right path, or None."""
            length = self.headers.get("Content-Length", "")
            if self.path != path or not length.isdigit() or int(length) > LARGEST:
                return None
            try:
                message = json.loads(self.rfile.read(int(length)))
            except (ValueError, RecursionError):
                return None
            return message if isinstance(message, dict) else None

        def _answer(self, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    return Handler
