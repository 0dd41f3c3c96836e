"""The client of the measurements: one plain socket, so that the time is the server's and hardly the client's."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from io import BufferedRWPair
from types import TracebackType
from typing import Self

from benchmarks.exchanges import Exchange

PATIENCE_SECONDS = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")


class Client:
    """Asks one server, one request after another, on a connection that is kept where the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stream: BufferedRWPair | None = None

    def ask(self, exchange: Exchange) -> bytes:
        """The content of the answer. Raises OSError when it is not a whole answer with status 200."""
        status, content = self.try_to(exchange.raw(self._port))
        if status != 200:
            raise OSError(f"answered {status}: {content[:300]!r}")
        return content

    def try_to(self, request: bytes) -> tuple[int, bytes]:
        """Status and content of the answer to what is sent as it is; connects first where there is no connection."""
        if self._stream is None:
            with socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_SECONDS) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._stream = connection.makefile("rwb")
        self._stream.write(request)
        self._stream.flush()
        head = b""
        while not head.endswith(b"\r\n\r\n") and (line := self._stream.readline()):
            head += line.lower()
        length = _LENGTH.search(head)
        if length is not None:
            content = self._stream.read(int(length[1]))
        elif b"\r\ntransfer-encoding: chunked" in head:
            content = self._chunks()
        else:
            raise OSError(f"an answer without a length: {head!r}")
        if b"\r\nconnection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1]), content

    def _chunks(self) -> bytes:
        assert self._stream is not None
        pieces = []
        while size := int(self._stream.readline().split(b";")[0], 16):
            pieces.append(self._stream.read(size))
            self._stream.readline()
        self._stream.readline()
        return b"".join(pieces)

    def close(self) -> None:
        """Ends the connection, if there is one."""
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()
            self._stream = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def milliseconds(action: Callable[[], object]) -> float:
    """How long something takes."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000
