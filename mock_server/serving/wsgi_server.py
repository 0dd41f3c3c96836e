"""The WSGI server: cheroot, with the few things changed that a mock needs otherwise.

Tests of clients do what servers on the internet rarely see: bodies that are refused half-way, connections that are opened
and forgotten, a stop in the middle of everything. Each change here is one of those.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from cheroot.wsgi import Server

from mock_server.errors import StartupError
from mock_server.serving.connection import Connection
from mock_server.serving.gateway import Gateway
from mock_server.serving.idle import IdleConnections
from mock_server.serving.parking_lot import ParkingLot
from mock_server.serving.threads import STOP_SECONDS, Threads
from mock_server.serving.tls import TlsAdapter

_LOG = logging.getLogger("mock_server.server")
# How long a connection may be idle, a head or a handshake half there, and a client that is answered do nothing.
IDLE_SECONDS = 10
KEPT_CONNECTIONS = 2_000


class WsgiServer(Server):  # type: ignore[misc]
    """Serves an application on one address. `listen` binds, `serve` runs until `stop` is called from elsewhere.

    Without `keep_alive` each connection ends with its first answer.
    """

    ConnectionClass = Connection
    keep_alive_conn_limit = KEPT_CONNECTIONS
    # How soon a stop is noticed.
    expiration_interval = 0.05

    def __init__(
        self,
        application: Any,
        host: str,
        port: int,
        *,
        threads: int,
        tls: ssl.SSLContext | None = None,
        keep_alive: bool = True,
    ) -> None:
        super().__init__(
            (host, port), application, server_name="minimax-mock", request_queue_size=1024, timeout=IDLE_SECONDS,
            shutdown_timeout=STOP_SECONDS,
        )  # fmt: skip
        self.requests = Threads(self, min=threads)
        self.gateway = Gateway
        self.ssl_adapter = TlsAdapter(tls) if tls is not None else None
        self.parking_lot = ParkingLot()
        self.keep_alive = keep_alive
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

    @property
    def is_wanted_elsewhere(self) -> bool:
        """Whether a worker that has answered should leave its connection: a quarter of them stays free for others."""
        return not self.ready or self.requests.free <= self.requests.min // 4

    def stand_in(self) -> AbstractContextManager[Any]:
        """While the context lasts another thread does the work of the one that entered it, where none is free anyway."""
        return nullcontext() if self.requests.free else self.requests.stand_in()

    def aside(self) -> AbstractContextManager[None]:
        """While the context lasts the worker that entered it waits, so that another one works."""
        return self.requests.aside()

    def prepare(self) -> None:
        """Binds the address and starts the threads."""
        super().prepare()
        cheroots_own: Any = self._connections
        cheroots_own.close()  # it has none yet
        self._connections: Any = IdleConnections(self)

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
        """Keeps a connection for its next request."""
        try:
            if conn.may_have_more and self.ready:
                self.requests.put(conn)
            else:
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
