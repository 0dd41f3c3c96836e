"""One request and its answer on the wire."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from cheroot.server import HTTPRequest

from mock_server.serving.chunked import ChunkedBody
from mock_server.serving.head import Head, Refused, read_head

_LOG = logging.getLogger("mock_server.server")
# An unread body up to this length is read to its end, so that the connection can be kept.
SMALL_REST = 65_536
# From this length on an answer is not put together with its head.
LARGE = 65_536

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# What stands before `Connection: close` in an answer, as recorded.
_OF_CONTENT = (b"content-type", b"content-length")


class KnownBody:
    """A request body whose length was told beforehand, as a file."""

    def __init__(self, connection: Any, length: int) -> None:
        self._connection = connection
        self.remaining = length

    def read(self, size: int = -1) -> bytes:
        """Some of it, at most `size` bytes; empty at the end, also where the client ended early."""
        wanted = self.remaining if size < 0 else min(size, self.remaining)
        piece: bytes = self._connection.read(wanted) if wanted else b""
        self.remaining -= len(piece)
        return piece

    def close(self) -> None:
        """The connection stays open; it is closed by its owner."""

    @property
    def finished(self) -> bool:
        """Whether nothing of it is left to read, or so little that it can be read and thrown away."""
        return self.remaining <= SMALL_REST


class _BodyAskedFor:
    """A body that the client sends once it is told to, which it is at the first read (RFC 9110, 10.1.1)."""

    def __init__(self, body: KnownBody | ChunkedBody, connection: Any) -> None:
        self._body = body
        self._connection = connection
        self._asked = False

    def read(self, size: int = -1) -> bytes:
        """As the body itself reads."""
        if not self._asked:
            self._asked = True
            if not len(self._connection.rfile):  # otherwise it did not wait
                self._connection.wfile.write(_CONTINUE)
        return self._body.read(size)

    def close(self) -> None:
        """The connection stays open; it is closed by its owner."""

    @property
    def remaining(self) -> int:
        """How much is left to read, where that is known."""
        return getattr(self._body, "remaining", 0)

    @property
    def finished(self) -> bool:
        """Whether it is known where the next request begins."""
        return self._asked and self._body.finished


class Request(HTTPRequest):  # type: ignore[misc]
    """Reads a request strictly, and leaves no connection in doubt about where the next one begins."""

    rfile: KnownBody | ChunkedBody | _BodyAskedFor
    # Whether any of the answer was sent.
    is_on_the_wire = False
    _unsent = b""

    def parse_request(self) -> None:
        """Reads the head, which has come as a whole."""
        try:
            self._take(read_head(self.conn.head))
        except Refused as refused:
            self.simple_response(refused.status, refused.reason)

    def _take(self, head: Head) -> None:
        self.method, self.uri, self.path, self.qs = head.method, head.target, head.path, head.query
        self.authority, self.inheaders = head.authority, head.headers
        self.request_protocol = self.response_protocol = f"HTTP/1.{head.version[1]}"
        wishes = head.headers.get(b"Connection", b"").lower()
        if head.version == (1, 1):
            wished = b"close" not in wishes or b"close" not in [option.strip() for option in wishes.split(b",")]
        else:
            wished = b"keep-alive" in [option.strip() for option in wishes.split(b",")]
        self.close_connection = not (wished and self.server.keep_alive)
        self.chunked_read = head.length is None
        self.rfile = ChunkedBody(self.conn.rfile) if head.length is None else KnownBody(self.conn.rfile, head.length)
        expected = head.headers.get(b"Expect")
        if expected and head.version == (1, 1):  # an empty one expects nothing
            if expected.lower() != b"100-continue":
                raise Refused("417 Expectation Failed", "the only Expect that is met is 100-continue")
            if head.length != 0:
                self.rfile = _BodyAskedFor(self.rfile, self.conn)
        self.started_request = self.ready = True

    def respond(self) -> None:
        """Lets the application answer."""
        self.server.gateway(self).respond()
        self.finish()

    def finish(self) -> None:
        """Sends what is left of the answer."""
        self.ensure_headers_sent()
        if self.chunked_write:
            self._unsent += b"0\r\n\r\n"
        if self._unsent:
            self._send(b"")

    def write(self, chunk: bytes) -> None:
        """Sends some of the answer, the first of it together with the head."""
        if self.chunked_write:
            chunk = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        self._send(chunk)

    def send_headers(self) -> None:
        """Decides what becomes of the connection, and writes the head, which is sent with what follows."""
        body, status = self.rfile, self.status[:3]
        names = [name.lower() for name, _ in self.outheaders]
        if not body.finished or status == b"413":
            self.close_connection = True
            self.conn.lingers = True
        elif b"content-length" not in names and status not in (b"204", b"304") and self.method != b"HEAD":
            self._send_without_length()
        if not self.close_connection:
            self.close_connection = not self.server.can_add_keepalive_connection or not self._read_rest()
        self._speak_of_connection(names)
        if b"date" not in names:
            self.outheaders.append((b"Date", _date(int(time.time()))))
        if b"server" not in names:
            self.outheaders.append((b"Server", self.server.server_name.encode("latin-1")))
        lines = [b"HTTP/1.1 %b\r\n" % self.status, *(b"%b: %b\r\n" % header for header in self.outheaders), b"\r\n"]
        self._unsent = b"".join(lines)

    def simple_response(self, status: str, msg: str = "") -> None:
        """Refuses what is no request, in plain words. The connection ends with that."""
        self.close_connection = True
        self.conn.lingers = True
        _LOG.info("%s from %s: %s", status, self.conn.remote_addr, msg)
        with suppress(OSError):  # the client has gone already
            self.conn.wfile.write(plain_answer(status, msg, with_body=not self.conn.head.startswith(b"HEAD ")))

    def _read_rest(self) -> bool:
        """Reads what the application left of a body, so that the next request can follow. Whether it came."""
        try:
            while getattr(self.rfile, "remaining", 0):
                if not self.rfile.read():
                    return False
        except TimeoutError:
            return False
        return True

    def _send(self, content: bytes) -> None:
        unsent, self._unsent = self._unsent, b""
        self.is_on_the_wire = True
        if len(content) > LARGE:  # a copy would cost more than a second write
            self.conn.wfile.write(unsent)
            unsent = b""
        self.conn.wfile.write(unsent + content if unsent else content)

    def _send_without_length(self) -> None:
        if self.response_protocol == "HTTP/1.1":
            self.chunked_write = True
            self.outheaders.append((b"Transfer-Encoding", b"chunked"))
        else:
            self.close_connection = True

    def _speak_of_connection(self, names: list[bytes]) -> None:
        """Says whether the connection ends where that is not what the client expects, unless the answer did itself."""
        if b"connection" in names:
            return
        if self.close_connection:
            # HTTP/1.0 ends every connection that nobody asked to keep, and says nothing of it.
            if self.response_protocol == "HTTP/1.1" or not self.server.keep_alive:
                place = max((names.index(name) + 1 for name in _OF_CONTENT if name in names), default=len(names))
                self.outheaders.insert(place, (b"Connection", b"close"))
        elif self.response_protocol == "HTTP/1.0":
            patience = f"timeout={self.server.timeout}".encode("latin-1")
            self.outheaders += [(b"Connection", b"Keep-Alive"), (b"Keep-Alive", patience)]


def plain_answer(status: str, reason: str, *, with_body: bool = True) -> bytes:
    """An answer of the server itself, after which the connection ends."""
    text = f"{reason}\n".encode("latin-1", "replace") if reason else b""
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    return head.encode("latin-1") + (text if with_body else b"")


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode("ascii")
