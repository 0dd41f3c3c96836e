"""What another host gives for a path."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Served:
    """An answer. Its body is `body` over and over until `size` bytes are full; `cut` is after how many it breaks off."""

    body: bytes
    size: int
    status: int = 200
    content_type: str | None = "video/mp4"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None

    def head(self) -> bytes:
        """Status line and headers, which promise the whole body."""
        reason = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Unknown"
        lines = [f"HTTP/1.1 {self.status} {reason}", f"Content-Length: {self.size}"]
        if self.content_type is not None:
            lines.append(f"Content-Type: {self.content_type}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def pieces(self) -> Iterator[bytes]:
        """The body as it is sent."""
        return self._pieces(self.size if self.cut is None else min(self.cut, self.size))

    def sha256(self) -> str:
        """The SHA-256 of the whole body, in hex."""
        digest = hashlib.sha256()
        for piece in self._pieces(self.size):
            digest.update(piece)
        return digest.hexdigest()

    def _pieces(self, left: int) -> Iterator[bytes]:
        if not self.body:
            return
        block = self.body * max(1, _PIECE // len(self.body))
        while left > 0:
            yield block[:left]
            left -= len(block)


NOT_FOUND = b'{"error": "nothing is served under this path"}'
NOTHING = Served(NOT_FOUND, len(NOT_FOUND), status=404, content_type="application/json")
