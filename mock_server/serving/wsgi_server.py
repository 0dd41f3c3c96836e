"""The WSGI server: cheroot, with the few things changed that a mock needs otherwise."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import time
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes

from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10, Server

from mock_server.errors import StartupError
from mock_server.serving.tls import TlsAdapter

_LOG = logging.getLogger("mock_server.server")
# How long, and for how many bytes, the rest of a refused body is read and thrown away, so that a client which is
# still sending gets to read the answer instead of a reset.
LINGER_SECONDS = 2.0
LINGER_BYTES = 268_435_456
MAX_HEADER_BYTES = 65_536
IDLE_SECONDS = 10
KEPT_CONNECTIONS = 2_000
STOP_SECONDS = 1.0


_PLAIN = b"This mock speaks https on this port.\n"
_PLAIN_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
    % (
        len(_PLAIN),
        _PLAIN,
    )
)


class _Gateway(Gateway_10):  # type: ignore[misc]
    """Names the server by its address where a client sends no Host, and keeps a doubled slash at the beginning."""

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ["SERVER_NAME"] = self.req.server.bind_addr[0]
        if self.req.uri.startswith(b"//"):  # cheroot takes what follows for the name of a host
            path = self.req.uri.partition(b"?")[0]
            environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1")
        return environ


class _Request(HTTPRequest):  # type: ignore[misc]
    """Closes the connection after a body that was not read to its end."""

    def __init__(self, server: Any, connection: Any) -> None:
        # Every server takes requests in absolute form (RFC 9112, 3.2.2); cheroot does so in this mode only.
        super().__init__(server, connection, proxy_mode=True)

    def send_headers(self) -> None:
        # Without this cheroot would read the rest, however long it is, before it answers.
        remaining = getattr(self.rfile, "remaining", 0)
        if self.status.startswith(b"413") or remaining > MAX_HEADER_BYTES:
            self.close_connection = True
            self.conn.lingers = True
        super().send_headers()


class _Connection(HTTPConnection):  # type: ignore[misc]
    """Shakes hands where TLS is spoken, and lets a client that is still sending read the answer before it closes."""

    RequestHandlerClass = _Request
    lingers = False
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
            (host, port), application, numthreads=threads, server_name="minimax-mock", request_queue_size=1024,
            timeout=IDLE_SECONDS, shutdown_timeout=STOP_SECONDS,
        )  # fmt: skip
        self.gateway = _Gateway
        self.ssl_adapter = TlsAdapter(tls) if tls is not None else None
        self._asked_for = f"{host}:{port}"
        self._bind_error: OSError | None = None

    def listen(self) -> None:
        """Binds the address and starts the worker threads. Raises StartupError when the address cannot be had."""
        try:
            self.prepare()
        except OSError as error:
            reason = self._bind_error or error
            raise StartupError(f"cannot listen on {self._asked_for}: {reason.strerror or reason}") from None

    def bind(self, family: Any, type: Any, proto: int = 0) -> Any:  # noqa: A002 - the name is cheroot's
        """Binds one address; keeps the reason when that fails, since cheroot hides it in a longer text."""
        try:
            return super().bind(family, type, proto)
        except OSError as error:
            self._bind_error = error
            raise

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
