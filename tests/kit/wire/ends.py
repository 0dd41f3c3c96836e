"""Both ends of a relayed connection as bare sockets, so that a test is the client and the server at once."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Literal, Self

from contract_tests.wire.tap import Switchboard, Tap

End = Literal["FIN", "RST"]
_SECONDS = 10


class Ends:
    """A server's port and a tap before it; connections on demand."""

    def __init__(self, switchboard: Switchboard, *, prefix: str = "") -> None:
        self._ending = ExitStack()
        self.port = self._ending.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port.settimeout(_SECONDS)
        self.tap: Tap = switchboard.open_tap(f"http://127.0.0.1:{self.port.getsockname()[1]}", prefix=prefix)

    def connect(self) -> tuple[socket.socket, socket.socket]:
        """A connection: its client's socket and its server's."""
        client = self.client()
        server = self._ending.enter_context(self.port.accept()[0])
        server.settimeout(_SECONDS)
        return client, server

    def client(self) -> socket.socket:
        """A client that has connected, whatever becomes of it."""
        return self._ending.enter_context(to(self.tap))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.close()


def to(tap: Tap) -> socket.socket:
    """A connection to a tap."""
    port = tap.url.removeprefix("http://127.0.0.1:").removeprefix("https://127.0.0.1:").partition("/")[0]
    return socket.create_connection(("127.0.0.1", int(port)), timeout=_SECONDS)


def read(end: socket.socket, size: int) -> bytes:
    """Exactly so many bytes."""
    received = bytearray()
    while len(received) < size:
        piece = end.recv(size - len(received))
        assert piece, f"ended after {bytes(received[:100])!r}"
        received += piece
    return bytes(received)


def rest(end: socket.socket) -> tuple[bytes, End]:
    """Everything that still comes, and how it ends."""
    received = bytearray()
    try:
        while piece := end.recv(1_048_576):
            received += piece
    except ConnectionResetError:
        return bytes(received), "RST"
    return bytes(received), "FIN"


@contextmanager
def sending(end: socket.socket, data: bytes, *, may_fail: bool = False) -> Iterator[None]:
    """Sends, and closes, from another thread while this one reads."""

    def send() -> None:
        try:
            end.sendall(data)
        except OSError:
            assert may_fail
        end.close()

    sender = threading.Thread(target=send)
    sender.start()
    yield
    sender.join()


def was_reset(end: socket.socket) -> bool:
    """Whether a reset has come, which reading does not tell when the end had come before."""
    return end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def reset(end: socket.socket) -> None:
    """Closes with a reset."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
