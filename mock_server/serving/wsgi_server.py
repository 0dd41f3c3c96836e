"""The WSGI server: cheroot, with the few things changed that a mock needs otherwise.

Tests of clients do what servers on the internet rarely see: bodies that are refused half-way, connections that are opened
and forgotten, a stop in the middle of everything. Each change here is one of those.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import ssl
import time
from contextlib import AbstractContextManager, suppress
from typing import Any

from cheroot import server as cheroot_server
from cheroot.server import HTTPConnection, HTTPRequest, KnownLengthRFile
from cheroot.wsgi import Server

from mock_server.errors import StartupError
from mock_server.serving.chunked import ChunkedBody
from mock_server.serving.gateway import Gateway
from mock_server.serving.parking_lot import ParkingLot
from mock_server.serving.threads import STOP_SECONDS, Threads
from mock_server.serving.tls import TlsAdapter
from mock_server.serving.wire import BrokenAnswer

_LOG = logging.getLogger("mock_server.server")
# How long, and for how many bytes, the rest of a refused body is read and thrown away, so that a client which is
# still sending gets to read the answer instead of a reset.
LINGER_SECONDS = 2.0
LINGER_BYTES = 268_435_456
# An unread body up to this length is read to its end, so that the connection can be kept.
SMALL_REST = 65_536
MAX_HEADER_BYTES = 65_536
IDLE_SECONDS = 10
KEPT_CONNECTIONS = 2_000

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Z-]+")
_PLAIN = b"This mock speaks https on this port.\n"
_PLAIN_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
    % (len(_PLAIN), _PLAIN)
)
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
        except ValueError:  # urlsplit, about brackets that do not match
            return self._refuse("Malformed Request-URI")
        return True if _METHOD.fullmatch(self.method) else self._refuse("Malformed method name")

    def read_request_headers(self) -> bool:
        if not super().read_request_headers():
            return False
        length = self.inheaders.get(b"Content-Length")
        if length is not None and (not length.isdigit() or b"Transfer-Encoding" in self.inheaders):
            return self._refuse("Malformed Content-Length, or one beside a Transfer-Encoding")
        options = {option.strip().lower() for option in self.inheaders.get(b"Connection", b"").split(b",")}
        if self.response_protocol == "HTTP/1.1":
            self.close_connection = b"close" in options
        else:
            self.close_connection = b"keep-alive" not in options
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
        super().send_headers()

    def _refuse(self, reason: str) -> bool:
        self.close_connection = True
        self.simple_response("400 Bad Request", reason)
        return False


class _Connection(HTTPConnection):  # type: ignore[misc]
    """Shakes hands where TLS is spoken, and lets a client that is still sending read the answer before it closes."""

    RequestHandlerClass = _Request
    lingers = False
    broken: BrokenAnswer | None = None
    _shaken = False

    def communicate(self) -> bool:
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
        if self.broken is not None:
            self.rfile.close()
            self.broken.carry_out(self.socket, self.server.parking_lot)
            return
        if self.lingers:
            with suppress(OSError):
                self._drain()
        super().close()

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


class WsgiServer(Server):  # type: ignore[misc]
    """Serves an application on one address. `listen` binds, `serve` runs until `stop` is called from elsewhere."""

    ConnectionClass = _Connection
    max_request_header_size = MAX_HEADER_BYTES
    keep_alive_conn_limit = KEPT_CONNECTIONS
    # How soon a stop is noticed; also how often idle connections are looked through.
    expiration_interval = 0.05

    def __init__(
        self, application: Any, host: str, port: int, *, threads: int, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(
            (host, port), application, server_name="minimax-mock", request_queue_size=1024, timeout=IDLE_SECONDS,
            shutdown_timeout=STOP_SECONDS,
        )  # fmt: skip
        self.requests = Threads(self, min=threads)
        self.gateway = Gateway
        self.ssl_adapter = TlsAdapter(tls) if tls is not None else None
        self.parking_lot = ParkingLot()
        self._asked_for = f"{host}:{port}"
        self._bind_error: OSError | None = None

    def listen(self) -> None:
        """Binds the address and starts the worker threads. Raises StartupError when the address cannot be had."""
        try:
            self.prepare()
        except (OSError, UnicodeError) as error:  # the latter for a name that cannot be one
            reason = self._bind_error or error
            raise StartupError(
                f"cannot listen on {self._asked_for}: {getattr(reason, 'strerror', None) or reason} (--port 0 takes a free port)"
            ) from None
        self.parking_lot.open()

    def stop(self) -> None:
        """Stops serving; closes the connections that wait, last those of requests that were still under way."""
        super().stop()
        self.parking_lot.close()

    @property
    def parked(self) -> int:
        """How many connections wait without a thread for the end of a broken answer."""
        return len(self.parking_lot)

    def stand_in(self) -> AbstractContextManager[None]:
        """While the context lasts another thread does the work of the one that entered it."""
        return self.requests.stand_in()

    def bind(self, family: Any, type: Any, proto: int = 0) -> Any:  # noqa: A002 - the name is cheroot's
        """Binds one address; keeps the reason when that fails, since cheroot hides it in a longer text."""
        try:
            bound = super().bind(family, type, proto)
        except OSError as error:
            self._bind_error = error
            raise
        if os.name == "posix":
            # cheroot leaves this out for a port that the system chose. Connections that this side closed would then
            # keep a server that is started again off its port for a minute.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return bound

    @staticmethod
    def bind_socket(socket_: Any, bind_addr: Any) -> Any:
        """Binds the socket, and closes it when that fails."""
        try:
            socket_.bind(bind_addr)
        except OSError:
            socket_.close()
            raise
        return socket_

    def process_conn(self, conn: Any) -> None:
        """Gives a connection to a thread once it has sent something; until then it costs no thread."""
        if conn.last_used is None:
            self._connections.put(conn)
        else:
            super().process_conn(conn)

    def put_conn(self, conn: Any) -> None:
        """Keeps a connection for its next request; one that TLS has already decrypted is served at once."""
        if self.ready and isinstance(conn.socket, ssl.SSLSocket) and conn.socket.pending():
            conn.last_used = time.time()
            self.process_conn(conn)
            return
        try:
            super().put_conn(conn)
        except ValueError:  # the server stopped, and closed its selector, since cheroot looked
            conn.close()

    @property
    def origin(self) -> str:
        """Scheme, host and port under which clients reach the server."""
        host, port = self.bind_addr[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        scheme = "http" if self.ssl_adapter is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Sends cheroot's messages, mostly about clients that went away, to the log."""
        _LOG.log(level, "%s", msg, exc_info=traceback)
