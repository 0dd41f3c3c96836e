"""One HTTP exchange on a connection of its own, with limits on time, and errors that say whether anything was sent.

A connection is never used twice: the server may have closed an idle one, and then nobody can tell whether it took the
create that was sent on it.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import string
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from .errors import VideoError
from .patience import Deadline

PIECE = 65536


@dataclass(frozen=True)
class Transport:
    """`connect` and `read` are seconds, for the connection and for each read. Without `tls`: the system's certificates."""

    connect: float = 5.0
    read: float = 60.0
    tls: ssl.SSLContext | None = None

    @contextmanager
    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], deadline: Deadline, body: bytes | None = None
    ) -> Iterator[HTTPResponse]:
        """Sends a request once, follows no redirect, uses no proxy, and gives the answer while its body is still to come.

        Raises VideoError (network, timeout, protocol), which is ambiguous as soon as anything may have been sent, and
        ValueError for a URL that is none.
        """
        parts = http_url(url)
        # As it was given, but for what no request line can hold.
        target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=string.punctuation)
        with _typed(parts, ambiguous=False):
            connection = self._connection(parts, deadline)
        with closing(connection):
            with _typed(parts, ambiguous=False):
                connection.connect()
                connection.timeout = _within(deadline)
            with _typed(parts, ambiguous=True):
                # Whoever refuses a large body may answer, and stop reading, before the end of it.
                with suppress(BrokenPipeError):
                    connection.request(method, target, body, {**headers, "Connection": "close"}, preload_content=False)
                response = connection.getresponse()
            with closing(response):
                yield response

    def _connection(self, parts: SplitResult, deadline: Deadline) -> HTTPConnection:
        host, seconds = str(parts.hostname), _within(deadline, self.connect)
        connection = (
            HTTPSConnection(host, parts.port, timeout=seconds, ssl_context=self.tls)
            if parts.scheme == "https"
            else HTTPConnection(host, parts.port, timeout=seconds)
        )

        def response(sock: socket.socket, *args: Any, **named: Any) -> http.client.HTTPResponse:
            answer = http.client.HTTPResponse(sock, *args, **named)
            answer.fp = io.BufferedReader(_Timed(answer.fp.detach(), sock, self.read, deadline))
            return answer

        connection.response_class = response  # type: ignore[assignment]
        return connection


class _Timed(io.RawIOBase):
    """What a socket receives: one read takes at most `read` seconds, and none goes on after the deadline.

    The time-out of the socket alone would begin anew with every byte that drips in.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, read: float, deadline: Deadline) -> None:
        self._raw, self._sock, self._read, self._deadline = raw, sock, read, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_within(self._deadline, self._read))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def pieces(response: HTTPResponse, url: str) -> Iterator[bytes]:
    """The decoded body, piece by piece. Raises VideoError, also when less came than was announced."""
    with _typed(urlsplit(url), ambiguous=True):
        yield from response.stream(PIECE)


def http_url(url: str) -> SplitResult:
    """The parts of an http or https URL. Raises ValueError, in words for the user, for anything else."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("expected an address such as https://api.minimax.io")
    return parts


def _within(deadline: Deadline, seconds: float = float("inf")) -> float:
    """Seconds that a step may take. Raises TimeoutError when the deadline has passed."""
    left = deadline.left()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return min(seconds, left)


@contextmanager
def _typed(parts: SplitResult, *, ambiguous: bool) -> Iterator[None]:
    """Turns what the network can raise into VideoError."""
    where = f"{parts.scheme}://{parts.hostname}"
    try:
        yield
    except (TimeoutError, ReadTimeoutError):
        raise VideoError("timeout", f"{where}: no answer in time", retryable=True, ambiguous=ambiguous) from None
    except (OSError, http.client.HTTPException, HTTPError) as error:
        no_http = isinstance(error, (http.client.HTTPException, DecodeError)) and not isinstance(error, OSError)
        kind = "protocol" if no_http else "network"
        # Without the cause: what a server sends may hold the key, and it would be in the traceback.
        raise VideoError(kind, f"{where}: {error}", retryable=True, ambiguous=ambiguous) from None
