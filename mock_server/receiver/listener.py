"""The HTTP side of the receiver: one request for each connection, each in a thread."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

from mock_server.receiver.ways import Way

PATH = "/get_callback"
MAX_BODY = 1_048_576
# How long a client may be silent in the middle of its request.
SILENCE_SECONDS = 30.0
# A client that is refused before its body was read may go on sending so long.
LINGER_SECONDS = 1.0
# How soon a stop is noticed.
POLL_SECONDS = 0.02


class Listener(socketserver.ThreadingTCPServer):
    """Serves in the background until `close`. `take` keeps a message and tells how to answer it."""

    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, take: Callable[[Any], Way]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.take = take
        self.stopped = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}{PATH}"
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._changing = threading.Lock()
        threading.Thread(
            target=self.serve_forever, args=(POLL_SECONDS,), name="minimax-callback-receiver", daemon=True
        ).start()

    def close(self) -> None:
        """Closes the port and every connection, whatever it waits for."""
        self.stopped.set()
        self.shutdown()
        self.server_close()
        with self._changing:
            connections = list(self._connections.items())
        for thread, connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            if thread is not threading.current_thread():
                thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Gives a connection to a thread, and remembers both."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True,
            name="minimax-callback-receiver-connection",
        )  # fmt: skip
        with self._changing:
            thread.start()
            self._connections[thread] = request

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serves one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changing:
                del self._connections[threading.current_thread()]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: the client went away, or the receiver was stopped."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    timeout = SILENCE_SECONDS
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        try:
            message = json.loads(body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            self._send(400, _error("the body is not JSON"))
            return
        way = self.server.take(message)
        try:
            content = way.content(message)
        except Exception as error:
            self._send(500, _error(f"the answer could not be made: {error!r}"))
            return
        if not self.server.stopped.wait(way.late) and not way.silent:
            self._send(way.status, content, slow=way.slow)

    def __getattr__(self, name: str) -> Callable[[], None]:
        # The library looks for do_GET and the like, and answers 501 where there is none.
        if name.startswith("do_"):
            return self._refuse_method
        raise AttributeError(name)

    def _refuse_method(self) -> None:
        if self._body() is not None:
            self._send(405, _error("only POST is taken"), more="Allow: POST\r\n")

    def _body(self) -> bytes | None:
        """The whole body; None when it cannot be had, after an answer that says so if anybody is still there."""
        self.close_connection = True
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers:
            self._refuse_unread(411, "a Content-Length is needed")
        elif not (length.isascii() and length.isdigit()):
            self._refuse_unread(400, "the Content-Length is no number")
        elif len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
            self._refuse_unread(413, f"the body is larger than {MAX_BODY} bytes")
        elif len(body := self.rfile.read(int(length))) == int(length):
            return body
        return None

    def _refuse_unread(self, status: int, error: str) -> None:
        self._send(status, _error(error))
        # Closed with a body on its way, the connection would take the answer with it.
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER_SECONDS)
            end = time.monotonic() + LINGER_SECONDS
            while time.monotonic() < end and self.connection.recv(65_536):
                pass

    def _send(self, status: int, content: bytes, *, slow: float = 0.0, more: str = "") -> None:
        reason = self.responses.get(status, ("",))[0]
        head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n{more}"
        if 300 <= status < 400:
            head += f"Location: {self.server.url}\r\n"
        if status in (204, 304):
            content = b""
        else:
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        answer = f"{head}\r\n".encode() + (b"" if self.command == "HEAD" else content)
        if slow:
            self._send_slowly(answer, slow)
        else:
            self.wfile.write(answer)

    def _send_slowly(self, answer: bytes, seconds: float) -> None:
        begin = time.monotonic()
        for number in range(len(answer)):
            due = begin + seconds * (number + 1) / len(answer)
            if self.server.stopped.wait(due - time.monotonic()):
                return
            self.wfile.write(answer[number : number + 1])

    def log_message(self, format: str, *_arguments: Any) -> None:  # noqa: A002 - the name is the library's
        """Says nothing."""


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _error(text: str) -> bytes:
    return json.dumps({"error": text}).encode()
