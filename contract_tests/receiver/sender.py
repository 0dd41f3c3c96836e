"""Sends requests over bare sockets, so that nothing is sent but what a case says, and everything is bounded."""

from __future__ import annotations

import io
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from itertools import count
from types import TracebackType
from typing import Any, Self

from contract_tests.wire.exchange import Answer, Exchange, Headers

JSON = ("Content-Type", "application/json")
# Cases that judge the time of an answer measure it; this only ends the waiting, and bears a busy machine.
PATIENCE_SECONDS = 8.0
# Of an answer so much is kept, and so much is read at all.
KEPT_ANSWER = 65_536
LONGEST_ANSWER = 8_388_608
_PIECE = 65_536
_CHUNK = 16


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `target` of None is the path of the plug. `rate` is in bytes a second, None for at once.

    `patience` is how many seconds the whole exchange may take.
    """

    body: bytes = b""
    method: str = "POST"
    target: str | None = None
    headers: Headers = (JSON,)
    chunked: bool = False
    rate: float | None = None
    patience: float = PATIENCE_SECONDS


class Sender:
    """Sends to one receiver. Times are milliseconds since `begun` (of time.monotonic)."""

    def __init__(self, host: str, port: int, path: str, begun: float) -> None:
        self.path = path
        self._address = (host, port)
        self._begun = begun
        self._numbers = count(1)

    def send(self, request: Request) -> Exchange:
        """Sends over a connection of its own."""
        with self.connection() as connection:
            return connection.send(request, close=True)

    def connection(self) -> Connection:
        """A connection for several requests."""
        return Connection(self, self._address, next(self._numbers))

    def elapsed(self) -> float:
        """Milliseconds since the beginning."""
        return (time.monotonic() - self._begun) * 1000


class Connection:
    """A connection that is kept open between requests as long as the receiver keeps it."""

    def __init__(self, sender: Sender, address: tuple[str, int], number: int) -> None:
        self._sender, self._address, self._number = sender, address, number
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def abort(self) -> None:
        """Ends whatever another thread sends over it right now."""
        if (connection := self._socket) is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes it."""
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()

    def send(self, request: Request, *, close: bool = False) -> Exchange:
        """Sends one request and reads its answer; with `close` the receiver is told that it is the last one."""
        at, end = self._sender.elapsed(), time.monotonic() + request.patience
        target = request.target or self._sender.path
        headers = self._headers(request, close)
        whole, answer, how = False, None, ""
        try:
            connection = self._open(request.patience)
            whole = _write(connection, _head(request.method, target, headers), request, end)
            answer, how = self._read(connection, request.method, end)
        except TimeoutError:
            how = "client"
        except ConnectionError as error:
            how = "reset" if isinstance(error, ConnectionResetError | BrokenPipeError) else "server"
        except (OSError, HTTPException, ValueError):
            how = "server"
        if how or close:
            self.close()
        return Exchange(
            "receiver", self._number, at, request.method, target, "HTTP/1.1", headers, request.body, whole, answer, how
        )

    def _headers(self, request: Request, close: bool) -> Headers:
        host, port = self._address
        own: list[tuple[str, str]] = [("Host", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")]
        if request.chunked:
            own.append(("Transfer-Encoding", "chunked"))
        elif request.body or request.method in ("POST", "PUT"):
            own.append(("Content-Length", str(len(request.body))))
        return (*own, *request.headers, *((("Connection", "close"),) if close else ()))

    def _open(self, seconds: float) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _read(self, connection: socket.socket, method: str, end: float) -> tuple[Answer, str]:
        response = HTTPResponse(_Patient(connection, end), method=method)  # type: ignore[arg-type]
        response.begin()
        at = self._sender.elapsed()
        kept, size, whole = bytearray(), 0, True
        try:
            while size < LONGEST_ANSWER and (piece := response.read1(_PIECE)):
                size += len(piece)
                kept += piece[: max(KEPT_ANSWER - len(kept), 0)]
        except TimeoutError:
            whole = False
        except (OSError, HTTPException):
            whole = False
        whole = whole and size < LONGEST_ANSWER and not response.length
        answer = Answer(
            at, self._sender.elapsed(), response.status, tuple(response.getheaders()), bytes(kept), size, whole
        )
        return answer, "server" if response.will_close or not whole else ""


class _Patient:
    """Lets HTTPResponse read from a socket until a moment, not a byte later."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self._raw = _Deadlined(connection, end)

    def makefile(self, mode: str) -> io.BufferedReader:
        """The socket as a file."""
        assert mode == "rb"
        return io.BufferedReader(self._raw)


class _Deadlined(io.RawIOBase):
    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection, self._end = connection, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


def _write(connection: socket.socket, head: bytes, request: Request, end: float) -> bool:
    """Whether everything was sent before the receiver answered or hung up."""
    connection.settimeout(max(end - time.monotonic(), 0.001))
    connection.sendall(head)
    for piece in _pieces(request):
        pause = len(piece) / request.rate if request.rate is not None else 0.0
        if select.select([connection], [], [], pause)[0]:
            return False
        connection.settimeout(max(end - time.monotonic(), 0.001))
        try:
            connection.sendall(piece)
        except (ConnectionResetError, BrokenPipeError):
            return False  # it may have answered before it closed
    return True


def _head(method: str, target: str, headers: Headers) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _pieces(request: Request) -> Iterator[bytes]:
    """The body as it goes over the wire."""
    if request.chunked:
        for start in range(0, len(request.body), _CHUNK):
            piece = request.body[start : start + _CHUNK]
            yield b"%x\r\n%s\r\n" % (len(piece), piece)
        yield b"0\r\n\r\n"
        return
    step = 1 if request.rate is not None else _PIECE
    for start in range(0, len(request.body), step):
        yield request.body[start : start + step]
