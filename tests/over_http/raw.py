"""Requests as bytes, and answers as they come over the wire."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class RawAnswer:
    """One answer: the status line, the headers in their order and spelling, and every byte behind them."""

    status_line: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def status(self) -> int:
        """The number in the status line."""
        return int(self.status_line.split()[1])

    @property
    def names(self) -> list[str]:
        """The names of the headers in their order."""
        return [name for name, _ in self.headers]

    def __getitem__(self, name: str) -> str:
        """The value of a header that is there once, in exactly this spelling."""
        (value,) = (value for each, value in self.headers if each == name)
        return value


def lines(route: str, *headers: str, version: str = "1.1") -> bytes:
    """The bytes of a request without a body; it has a Host unless the headers name one."""
    own = () if any(each.startswith("Host:") for each in headers) else ("Host: localhost",)
    return ("\r\n".join([f"{route} HTTP/{version}", *own, *headers]) + "\r\n\r\n").encode()


def talk(url: str, sent: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def ask(url: str, route: str, *headers: str) -> RawAnswer:
    """One request on a connection of its own."""
    return read(talk(url, lines(route, *headers, "Connection: close")))


def read(received: bytes) -> RawAnswer:
    """What came, as one answer."""
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in rest)
    return RawAnswer(first, [(name, value) for name, _, value in pairs], body)
