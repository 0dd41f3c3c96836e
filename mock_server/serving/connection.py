"""One connection, and the requests that come over it, one after the other."""

from __future__ import annotations

import logging
import os
import re
import socket
import ssl
import time
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from cheroot import server as cheroot_server
from cheroot.server import HTTPConnection, HTTPRequest, KnownLengthRFile

from mock_server.serving.chunked import ChunkedBody
from mock_server.serving.wire import BrokenAnswer

_LOG = logging.getLogger("mock_server.server")
# How long, and for how many bytes, the rest of a refused body is read and thrown away, so that a client which is
# still sending gets to read the answer instead of a reset.
LINGER_SECONDS = 2.0
LINGER_BYTES = 268_435_456
# An unread body up to this length is read to its end, so that the connection can be kept.
SMALL_REST = 65_536

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Z-]+")
_PLAIN = b"This mock speaks https on this port.\n"
_PLAIN_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
    % (len(_PLAIN), _PLAIN)
)
# What stands before `Connection: close` in an answer, as recorded.
_OF_CONTENT = (b"content-type", b"content-length")
# cheroot keeps only the last of several lines of a header that is not in this list. RFC 7240 lets Prefer repeat; two
# Hosts become one that is malformed, so that nobody believes the last.
for header in (b"Prefer", b"Host"):
    if header not in cheroot_server.comma_separated_headers:
        cheroot_server.comma_separated_headers.append(header)


class _Request(HTTPRequest):  # type: ignore[misc]
    """Reads requests strictly, and leaves no connection in doubt about where the next request begins."""

    def __init__(self, server: Any, connection: Any) -> None:
        # Every server takes requests in absolute form (RFC 9112, 3.2.2); cheroot does so in this mode only.
        super().__init__(server, connection, proxy_mode=True)

    def read_request_line(self) -> bool:
        try:
            if not super().read_request_line():
                return False
            if self.method == b"OPTIONS":
                self._read_path()
        except ValueError:  # urlsplit, about brackets that do not match
            return self._refuse("Malformed Request-URI")
        return True if _METHOD.fullmatch(self.method) else self._refuse("Malformed method name")

    def _read_path(self) -> None:
        """Reads the path as cheroot does for all methods but OPTIONS, where it leaves the whole target as it came."""
        path = urlsplit(self.uri).path or b"/"
        pieces = cheroot_server.QUOTED_SLASH_REGEX.split(path)
        path = cheroot_server.QUOTED_SLASH.join(unquote_to_bytes(piece) for piece in pieces)
        self.path = path if path.startswith(b"/") else b"/" + path

    def read_request_headers(self) -> bool:
        if not super().read_request_headers():
            return False
        length = self.inheaders.get(b"Content-Length")
        if length is not None and (not length.isdigit() or b"Transfer-Encoding" in self.inheaders):
            return self._refuse("Malformed Content-Length, or one beside a Transfer-Encoding")
        options = {option.strip().lower() for option in self.inheaders.get(b"Connection", b"").split(b",")}
        wished = b"close" not in options if self.response_protocol == "HTTP/1.1" else b"keep-alive" in options
        self.close_connection = not (wished and self.server.keep_alive)
        return True

    def respond(self) -> None:
        if self.chunked_read:
            self.rfile = ChunkedBody(self.conn.rfile)
        else:
            self.rfile = KnownLengthRFile(self.conn.rfile, int(self.inheaders.get(b"Content-Length", 0)))
        self.server.gateway(self).respond()
        if self.ready:
            self.ensure_headers_sent()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")

    def send_headers(self) -> None:
        body: Any = self.rfile
        unread = not body.finished if self.chunked_read else body.remaining > SMALL_REST
        if unread or self.status.startswith(b"413"):
            # Without this cheroot would read the rest, however long it is, before it answers.
            self.close_connection = True
            self.conn.lingers = True
        # HTTP/1.0 ends every connection that nobody asked to keep, and says nothing of it.
        if self.close_connection and (self.response_protocol == "HTTP/1.1" or not self.server.keep_alive):
            self._announce_end()
        super().send_headers()

    def simple_response(self, status: str, msg: str = "") -> None:
        """Refuses what is no request, in plain words. The connection ends with that."""
        self.close_connection = True
        text = msg.encode("latin-1", "replace")
        head = f"{self.server.protocol} {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
        whole = head.encode("latin-1") + b"Connection: close\r\n\r\n" + (b"" if self._is_head else text)
        with suppress(OSError):  # the client has gone already
            self.conn.wfile.write(whole)

    @property
    def _is_head(self) -> bool:
        return getattr(self, "method", b"") == b"HEAD"

    def _announce_end(self) -> None:
        """Says that the connection ends, unless the answer speaks of the connection itself."""
        names = [name.lower() for name, _ in self.outheaders]
        if b"connection" not in names:
            place = max((names.index(name) + 1 for name in _OF_CONTENT if name in names), default=len(names))
            self.outheaders.insert(place, (b"Connection", b"close"))

    def _refuse(self, reason: str) -> bool:
        self.simple_response("400 Bad Request", reason)
        return False


class Connection(HTTPConnection):  # type: ignore[misc]
    """Shakes hands where TLS is spoken, and lets a client that is still sending read the answer before it closes."""

    RequestHandlerClass = _Request
    lingers = False
    broken: BrokenAnswer | None = None
    _shaken = False

    def communicate(self) -> bool:
        """Answers what came. Whether the connection is kept."""
        if isinstance(self.socket, ssl.SSLSocket) and not self._shaken and not self._shake_hands():
            return False
        kept: bool = super().communicate()
        return kept

    def _shake_hands(self) -> bool:
        try:
            self.socket.do_handshake()
        except OSError as error:
            _LOG.info("no TLS with %s: %s", self.remote_addr, getattr(error, "reason", None) or error)
            if getattr(error, "reason", None) == "HTTP_REQUEST":
                # The client spoke plain HTTP, so it is told in plain HTTP, past the TLS that there is not.
                with suppress(OSError):
                    os.write(self.socket.fileno(), _PLAIN_HTTP)
            return False
        self._shaken = True
        return True

    def close(self) -> None:
        """Ends the connection as its last answer asks for."""
        if self.broken is not None:
            self.rfile.close()
            self.broken.carry_out(self.socket, self.server.parking_lot)
            return
        if self._shaken:
            self._say_goodbye()
        if self.lingers or (not self.server.keep_alive and self._more_came()):
            with suppress(OSError):
                self._drain()
        super().close()

    def _say_goodbye(self) -> None:
        """Tells a client over TLS that this was all, without waiting for its own goodbye."""
        with suppress(OSError, ValueError):  # the latter where TLS has ended already
            self.socket.settimeout(0)
            self.socket.unwrap()

    def _more_came(self) -> bool:
        """Whether the client has sent more than was read. Closed with that, the connection would be reset."""
        try:
            self.socket.settimeout(0)
            # Past TLS, which does not let anybody look without reading.
            return bool(socket.socket.recv(self.socket, 1, socket.MSG_PEEK))
        except OSError:
            return False

    def _drain(self) -> None:
        self.wfile.flush()
        self.socket.shutdown(socket.SHUT_WR)
        end, left = time.monotonic() + LINGER_SECONDS, LINGER_BYTES
        while left > 0 and (wait := end - time.monotonic()) > 0:
            self.socket.settimeout(wait)
            received = len(self.socket.recv(65_536))
            if not received:
                break
            left -= received
