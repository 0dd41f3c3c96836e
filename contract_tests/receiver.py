"""A callback receiver on this machine, which answers as a case wants it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Echo:
    """An answer: its content, as JSON unless it is bytes, its status, and how many seconds it takes."""

    content: Any
    status: int = 200
    wait: float = 0.0


Behaviour = Callable[[Any], Echo]


def echo(message: Any) -> Echo:
    """Sends a challenge back, as it should be."""
    return Echo({"challenge": message.get("challenge")} if "challenge" in message else {"status": "success"})


class Receiver:
    """Listens on a free port of 127.0.0.1 and keeps every message."""

    def __init__(self, behave: Behaviour) -> None:
        messages: list[Any] = []
        released = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                messages.append(message)
                answer = behave(message)
                released.wait(answer.wait)
                content = answer.content if isinstance(answer.content, bytes) else json.dumps(answer.content).encode()
                try:
                    self.send_response(answer.status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(content)))
                    self.send_header("Location", "http://127.0.0.1:1/")
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True  # the server did not wait

            def log_message(self, format: str, *_arguments: Any) -> None:  # noqa: A002 - the name is the library's
                """Says nothing."""

        self.messages = messages
        self._released = released
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/get_callback"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
