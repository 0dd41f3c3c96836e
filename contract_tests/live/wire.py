"""One request and its answer over a connection of its own: TLS verified, no redirect followed, everything bounded."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CONNECT_SECONDS = 10.0
READ_SECONDS = 45.0
WHOLE_SECONDS = 90.0
MAX_ANSWER = 262_144
_PIECE = 16_384


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request, exactly as it is sent. Its headers are never shown, since one of them holds the key."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Of a body longer than the limit the beginning; `cut` says so."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool = False


class NoAnswer(Exception):
    """No whole answer came. `sent` says whether the request may have reached the server all the same."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


Send = Callable[[Wanted], Reply]


class _Deadline:
    """Ends a connection when the time for the whole answer is over, whatever it is doing.

    Each step has a limit of its own; this one ends a server that sends a byte now and then.
    """

    def __init__(self, seconds: float) -> None:
        self.socket: socket.socket | None = None
        self.passed = ""
        self._seconds = seconds
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """Lets the connection be."""
        self._timer.cancel()

    def _words(error: Exception) -> str:
    """What went wrong, for a person; nothing that was sent stands in it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or type(error).__name__})"
    if isinstance(error, TimeoutError):
        return "the time for one step is over"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(error, socket.gaierror):
        return "the name cannot be resolved"
    if isinstance(error, http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer was cut off"
    return f"the connection broke ({type(error).__name__})"
