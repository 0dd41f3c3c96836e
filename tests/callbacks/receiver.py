"""A receiver on a bare socket, which answers as it is told, down to the byte and the moment."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass
class Received:
    """One request as it came over the wire."""

    head: str
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        """The body as JSON data."""
        return json.loads(self.body)


Behaviour = Callable[[socket.socket, Received], None]


def reply(
    body: bytes | str, *, status: str = "200 OK", content_type: str = "application/json", more: str = ""
) -> Behaviour:
    """Answers with this body."""
    raw = body.encode() if isinstance(body, str) else body

    def behave(connection: socket.socket, _received: Received) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{more}Content-Length: {len(raw)}\r\n\r\n"
        connection.sendall(head.encode() + raw)

    return behave


def echo(connection: socket.socket, received: Received) -> None:
    """Sends a challenge back and takes updates, as the documentation's receiver does."""
    message = received.json
    answer = {"challenge": message["challenge"]} if "challenge" in message else {"status": "success"}
    reply(json.dumps(answer))(connection, received)


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits for something that happens in another thread; fails the test when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        threading.Event().wait(0.005)


class Receiver:
    """Listens on 127.0.0.1, or `host`, and keeps every request. `behave` may be changed at any time."""

    def __init__(self, behave: Behaviour = echo, *, host: str = "127.0.0.1") -> None:
        self.behave = behave
        self.received: list[Received] = []
        self._arrived = threading.Condition()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.ended = threading.Event()
        shown = f"[{host}]" if ":" in host else host
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://{shown}:{self.port}/callback"
        threading.Thread(target=self._accept, daemon=True).start()

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Received]:
        """Waits until so many requests have come; fails the test when they do not."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.received) >= count, seconds)
            assert arrived, f"{len(self.received)} of {count} requests came"
            return list(self.received)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            received = _read(connection)
            with self._arrived:
                self.received.append(received)
                self._arrived.notify_all()
            self.behave(connection, received)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.ended.set()
        self._listener.close()


def _read(connection: socket.socket) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            raise OSError("closed")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    length = next((int(line[15:]) for line in text.split("\r\n") if line.lower().startswith("content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return Received(text, body)
