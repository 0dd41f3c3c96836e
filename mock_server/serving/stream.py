"""The two directions of a connection, over a socket that never blocks; who has to wait does so with `Patience`."""

from __future__ import annotations

import socket
import ssl

from mock_server.serving.head import END, is_hopeless
from mock_server.serving.patience import Patience

# What is received at once, of a head and of a body.
_HEAD_PIECE = 16_384
_PIECE = 262_144
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError)


class Reader:
    """What the client sends: heads, taken as a whole once they are there, and bodies, waited for."""

    def __init__(self, connection: socket.socket, patience: Patience) -> None:
        self._socket = connection
        self._patience = patience
        self._buffer = bytearray()
        # Up to here the buffer holds no end of a head.
        self._looked_at = 0
        # Whether the client will send nothing more.
        self.ended = False
        self.closed = False

    def __len__(self) -> int:
        """How many bytes came and were not read."""
        return len(self._buffer)

    @property
    def has_unseen(self) -> bool:
        """Whether some of it may be a head that was not taken yet."""
        return len(self._buffer) > self._looked_at

    def take_head(self) -> bytes | None:
        """The next head, or what can never become one; None while more is to come. Does not wait."""
        while True:
            if self._buffer[:2] == b"\r\n" and len(self._buffer) > 2 and not self._looked_at:
                del self._buffer[:2]  # one empty line before a request is overlooked (RFC 9112, 2.2)
            end = self._buffer.find(END, max(self._looked_at - 3, 0))
            if end >= 0:
                return self._take(end + len(END))
            if self._buffer and (self.ended or is_hopeless(self._buffer, self._looked_at)):
                return self._take(len(self._buffer))
            self._looked_at = len(self._buffer)
            if self.ended or not self._fill():
                return None

    def read(self, size: int) -> bytes:
        """Some bytes, at most so many; none at the end. Raises TimeoutError for a client that is too slow."""
        if self._buffer:
            return self._take(size)
        while not self.ended:
            piece = self._receive(min(size, _PIECE))
            if piece is not None:
                return piece
            self._patience.wait()
        return b""

    def readline(self, limit: int) -> bytes:
        """A line with its end, cut off at the limit. Raises TimeoutError for a client that is too slow."""
        while True:
            end = self._buffer.find(b"\n", 0, limit)
            if end >= 0 or self.ended or len(self._buffer) >= limit:
                return self._take(end + 1 if end >= 0 else limit)
            if not self._fill():
                self._patience.wait()

    def close(self) -> None:
        """Nothing is read any more. The socket is closed by its owner."""
        self.closed = True

    def _fill(self) -> bool:
        """Takes what has come into the buffer. Whether there was anything, be it the end."""
        piece = self._receive(_HEAD_PIECE)
        if piece:
            self._buffer += piece
        return piece is not None

    def _receive(self, size: int) -> bytes | None:
        """What has come; empty at the end, None for nothing yet."""
        try:
            piece: bytes = self._socket.recv(size)
        except _NOT_NOW:
            return None
        self._patience.moved += len(piece)
        self.ended = not piece
        return piece

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._looked_at = 0
        return taken


class Writer:
    """What the client is sent."""

    def __init__(self, connection: socket.socket, patience: Patience) -> None:
        self._socket = connection
        self._patience = patience

    def write(self, content: bytes) -> int:
        """Sends all of it. Raises TimeoutError when the client does not take it."""
        unsent = memoryview(content)
        while unsent:
            try:
                sent = self._socket.send(unsent)
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._patience.wait(to_send=True)
            except ssl.SSLWantReadError:
                self._patience.wait()
            else:
                self._patience.moved += sent
                unsent = unsent[sent:]
        return len(content)
