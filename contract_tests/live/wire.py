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


def send(wanted: Wanted, *, whole: float = WHOLE_SECONDS) -> Reply:
    """Sends a request once, and reads its answer within `whole` seconds. Raises NoAnswer for everything else."""
    parts = urlsplit(wanted.url)
    tls = parts.scheme == "https"
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, parts.port or (443 if tls else 80), timeout=READ_SECONDS)
    connection.default_port = 443 if tls else 80  # not named in Host
    connection.auto_open = 0  # a connection that is gone is not opened again
    over = threading.Event()
    timer: threading.Timer | None = None
    try:
        try:
            plain = socket.create_connection((host, connection.port), timeout=CONNECT_SECONDS)
            # Each step has a limit of its own; this one ends a server that sends a byte now and then.
            timer = threading.Timer(whole, _end, (connection, over))
            timer.daemon = True
            connection.sock = plain
            timer.start()
            plain.settimeout(READ_SECONDS)
            if tls:
                connection.sock = secured = ssl.create_default_context().wrap_socket(
                    plain, server_hostname=host, do_handshake_on_connect=False
                )
                secured.do_handshake()
        except (OSError, UnicodeError) as error:
            raise NoAnswer(_late(over, whole) or _words(error), sent=False) from None
        try:
            reply = _exchange(connection, wanted)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(_late(over, whole) or _words(error), sent=True) from None
        if over.is_set():  # its end looks like the end of the answer
            raise NoAnswer(_late(over, whole), sent=True)
        return reply
    finally:
        if timer is not None:
            timer.cancel()
        connection.close()


def _exchange(connection: http.client.HTTPConnection, wanted: Wanted) -> Reply:
    parts = urlsplit(wanted.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.putrequest(wanted.method, target, skip_accept_encoding=True)
    for name, value in wanted.headers:
        connection.putheader(name, value)
    if wanted.body is not None:
        connection.putheader("Content-Length", str(len(wanted.body)))
    connection.endheaders(wanted.body)
    response = connection.getresponse()
    body = b""
    while len(body) <= MAX_ANSWER and (piece := response.read1(_PIECE)):
        body += piece
    if response.length and len(body) <= MAX_ANSWER:
        raise http.client.IncompleteRead(b"")
    return Reply(response.status, tuple(response.getheaders()), body[:MAX_ANSWER], len(body) > MAX_ANSWER)


def _end(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    over.set()
    with suppress(OSError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _late(over: threading.Event, whole: float) -> str:
    return f"no whole answer within {whole:g} s" if over.is_set() else ""


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
