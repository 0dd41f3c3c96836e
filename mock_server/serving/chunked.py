"""A request body that comes in chunks (RFC 9112, 7.1), read piece by piece and to its very end."""

from __future__ import annotations

import re
from typing import Any

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_LINE = 4096
_PIECE = 65_536
# Nobody sends this many chunks in earnest; each costs time whatever its length.
_MAX_CHUNKS = 65_536
_MAX_TRAILERS = 100


class BadChunk(ValueError):
    """The framing of the body is broken, so that nobody knows where the next request begins."""


class ChunkedBody:
    """The content of a chunked body as a file. `finished` says whether its end, trailers included, has been read."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._left = 0
        self._chunks = 0
        self.finished = False

    def read(self, size: int = -1) -> bytes:
        """Some of the content, at most `size` bytes; empty at the end. Raises BadChunk for a broken framing."""
        if not self.finished and self._left == 0:
            self._begin_chunk()
        if self.finished:
            return b""
        piece: bytes = self._connection.read(min(self._left, _PIECE, size if size > 0 else _PIECE))
        if not piece:
            raise BadChunk("the body ended within a chunk")
        self._left -= len(piece)
        if self._left == 0 and self._connection.readline(2) != b"\r\n":
            raise BadChunk("a chunk is longer than it said")
        return piece

    def close(self) -> None:
        """The connection stays open; it is closed by its owner."""

    def _begin_chunk(self) -> None:
        match = _SIZE.fullmatch(self._connection.readline(_LINE))
        self._chunks += 1
        if match is None or self._chunks > _MAX_CHUNKS:
            raise BadChunk("a chunk does not begin with its size" if match is None else "too many chunks")
        self._left = int(match[1], 16)
        if self._left == 0:
            self._read_trailers()
            self.finished = True

    def _read_trailers(self) -> None:
        for _ in range(_MAX_TRAILERS):
            line = self._connection.readline(_LINE)
            if line == b"\r\n":
                return
            if not line.endswith(b"\r\n"):
                break
        raise BadChunk("the trailers do not end")
