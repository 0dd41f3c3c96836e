"""A server whose application asks for one fault, and a client that sees how a connection ends."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

import pytest

from mock_server.serving.tls import ThrowAwayCertificate
from mock_server.serving.wsgi_server import WsgiServer
from mock_server.web.wire import FAULT_KEY, WIRE_KEY, WireFault

# FIN: closed in order, over TLS without a goodbye. BYE: over TLS, with one. RST: reset.
End = Literal["FIN", "BYE", "RST"]
PLAIN = "/plain"
BODY = b"0123456789"


class Answer:
    """A response iterable that says when it is closed."""

    def __init__(self, pieces: Iterable[bytes], on_close: Callable[[], None]) -> None:
        self._pieces = pieces
        self._on_close = on_close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def close(self) -> None:
        """What a server calls once it is done with the answer."""
        self._on_close()


class Application:
    """Answers every call in the same way, and asks for its fault on every path but PLAIN."""

    def __init__(self, fault: WireFault, body: bytes = BODY) -> None:
        self.fault = fault
        self.body = body
        self.told_of_faults: list[object] = []
        self.headers = [("Content-Length", str(len(body))), ("Date", "today"), ("Server", "x")]
        self.closed = 0
        self.fails_at_once = False
        self.fails_at_close = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Answer:
        """One call."""
        self.told_of_faults.append(environ.get(WIRE_KEY))
        if environ["PATH_INFO"] != PLAIN:
            environ[FAULT_KEY] = self.fault
        start_response("200 OK", self.headers)
        return Answer(self._pieces(environ["REQUEST_METHOD"]), self._close)

    def _pieces(self, method: str) -> Iterator[bytes]:
        if self.fails_at_once:
            raise RuntimeError("there is no answer")
        if method != "HEAD":
            yield from (self.body[:4], self.body[4:])

    def _close(self) -> None:
        self.closed += 1
        if self.fails_at_close:
            raise RuntimeError("what follows the answer failed")


class Client:
    """A bare socket, on which it may do TLS itself, so that an end is seen as it came and not as a library tells it."""

    def __init__(self, plain: socket.socket, trust: ssl.SSLContext | None) -> None:
        self.plain = plain
        self.speaks_tls = trust is not None
        self._said_goodbye = False
        self._tls: ssl.SSLObject | None = None
        if trust is not None:
            self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self._tls = trust.wrap_bio(self._incoming, self._outgoing, server_hostname="127.0.0.1")
            self._over_the_wire(self._tls.do_handshake)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.plain.close()

    def send(self, sent: bytes) -> None:
        """Sends all of it."""
        if self._tls is None:
            self.plain.sendall(sent)
            return
        for start in range(0, len(sent), 65_536):
            self._tls.write(sent[start : start + 65_536])
            self.plain.sendall(self._outgoing.read())

    def send_half(self, unsent: bytes) -> None:
        """Sends the first half only; over TLS that of the record, so that nothing can be made of it yet."""
        if self._tls is not None:
            self._tls.write(unsent)
            unsent = self._outgoing.read()
        self.plain.sendall(unsent[: len(unsent) // 2])

    def receive(self, size: int = 65_536) -> bytes:
        """Some bytes; none at the end. Raises ConnectionResetError."""
        tls = self._tls
        if tls is None:
            return self.plain.recv(size)
        try:
            piece = bytes(self._over_the_wire(lambda: tls.read(size)))
        except ssl.SSLEOFError:
            return b""
        except ssl.SSLZeroReturnError:
            piece = b""
        self._said_goodbye = not piece
        return piece

    def read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        received = b""
        while len(received) < size:
            piece = self.receive(size - len(received))
            assert piece, f"ended after {received!r}"
            received += piece
        return received

    def rest(self) -> tuple[bytes, End]:
        """Everything that still comes, and how it ends."""
        received = bytearray()
        try:
            while piece := self.receive():
                received += piece
            assert self.plain.recv(1) == b""
        except ConnectionResetError:
            return bytes(received), "RST"
        return bytes(received), "BYE" if self._said_goodbye else "FIN"

    def say_goodbye(self) -> None:
        """Ends TLS from this side, and waits for no answer."""
        assert self._tls is not None
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.unwrap()
        self.plain.sendall(self._outgoing.read())

    def _over_the_wire(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self.plain.sendall(self._outgoing.read())
                if piece := self.plain.recv(65_536):
                    self._incoming.write(piece)
                else:
                    self._incoming.write_eof()
            else:
                self.plain.sendall(self._outgoing.read())
                return done


class Served:
    """The running server and a way to connect to it."""

    def __init__(self, server: WsgiServer, application: Application, trust: ssl.SSLContext | None) -> None:
        self.server = server
        self.application = application
        self._trust = trust

    def connect(self, *, buffer: int = 0) -> Client:
        """A connection that waits ten seconds at most; with a receive buffer of that size, if told."""
        plain = socket.socket()
        if buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        plain.settimeout(10)
        plain.connect(self.server.bind_addr)
        return Client(plain, self._trust)

    def send(self, path: str = "/", *, method: str = "GET", version: str = "1.1") -> Client:
        """A connection on which this request was sent."""
        client = self.connect()
        client.send(request(path, method=method, version=version))
        return client

    def exchange(self, path: str = "/", *, method: str = "GET", version: str = "1.1") -> tuple[bytes, End]:
        """Everything that comes back for a request, and how it ends."""
        with self.send(path, method=method, version=version) as client:
            return client.rest()


def request(path: str = "/", *, method: str = "GET", version: str = "1.1", more: str = "") -> bytes:
    """The bytes of a request without a body."""
    return f"{method} {path} HTTP/{version}\r\nHost: x\r\n{more}\r\n".encode()


def head(length: int = len(BODY), *more: str) -> bytes:
    """The head that the application's answer has; what the server says of the connection comes behind the length."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {length}", *more, "Date: today", "Server: x"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@contextmanager
def serving(
    fault: WireFault, *, body: bytes = BODY, certificate: ThrowAwayCertificate | None = None, threads: int = 2,
    timeout: float | None = None, keep_alive: bool = True,
) -> Iterator[Served]:  # fmt: skip
    """Serves the fault on a free port. `timeout` is how long the server waits for a client that does not read."""
    application = Application(fault, body)
    context = certificate.context if certificate else None
    server = WsgiServer(application, "127.0.0.1", 0, threads=threads, tls=context, keep_alive=keep_alive)
    server.timeout = timeout or server.timeout
    with running(server):
        trust = ssl.create_default_context(cafile=certificate.ca_file) if certificate else None
        yield Served(server, application, trust)


@contextmanager
def running(server: WsgiServer) -> Iterator[None]:
    """Runs a server in a thread."""
    server.listen()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()


def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Waits for a condition."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        pause.wait(0.005)


def descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))
