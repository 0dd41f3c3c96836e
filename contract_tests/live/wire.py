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

    def _end(self) -> None:
        self.passed = f"no whole answer within {self._seconds:g} s"
        if self.socket is not None:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)


def send(wanted: Wanted, *, whole: float = WHOLE_SECONDS) -> Reply:
    """Sends a request once, and reads its answer within `whole` seconds. Raises NoAnswer for everything else."""
    parts = urlsplit(wanted.url)
    tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if tls else 80)
    connection = http.client.HTTPConnection(host, port, timeout=READ_SECONDS)
    connection.default_port = 443 if tls else 80  # not named in Host
    connection.auto_open = 0  # a connection that is gone is not opened again
    deadline = _Deadline(whole)
    try:
        try:
            connection.sock = _connected(host, port, deadline, tls=tls)
        except (OSError, UnicodeError) as error:
            raise NoAnswer(deadline.passed or _words(error), sent=False) from None
        try:
            reply = _exchange(connection, wanted)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(deadline.passed or _words(error), sent=True) from None
        if deadline.passed:  # the end of a connection may look like that of an answer
            raise NoAnswer(deadline.passed, sent=True)
        return reply
    finally:
        deadline.cancel()
        connection.close()


def _connected(host: str, port: int, deadline: _Deadline, *, tls: bool) -> socket.socket:
    """A connection; with TLS its certificate is checked against the system's authorities and the host's name."""
    plain = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
    try:
        plain.settimeout(READ_SECONDS)
        deadline.socket = plain
        if deadline.passed:
            raise TimeoutError  # noqa: TRY301 - too late to send anything
        if not tls:
            return plain
        context = ssl.create_default_context()
        secured = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        plain = deadline.socket = secured
        secured.do_handshake()
    except BaseException:
        plain.close()
        raise
    return secured


def _exchange(connection: http.client.HTTPConnection, wanted: Wanted) -> Reply:
    parts = urlsplit(wanted.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.putrequest(wanted.method, target, skip_accept_encoding=True)
    for name, value in wanted.headers:
        connection.putheader(name, value)
    if wanted.body is not None:
        connection.putheader("Content-Length", str(len(wanted.body)))
    connection.endheaders(wanted.body)
    with connection.getresponse() as response:
        body = b""
        while len(body) <= MAX_ANSWER and (piece := response.read1(_PIECE)):
            body += piece
        if response.length and len(body) <= MAX_ANSWER:
            raise http.client.IncompleteRead(b"")
        return Reply(response.status, tuple(response.getheaders()), body[:MAX_ANSWER], len(body) > MAX_ANSWER)


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
