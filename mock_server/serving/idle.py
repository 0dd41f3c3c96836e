"""Connections on which no request is under way: silent ones, and those of which a head or a handshake is half there."""

from __future__ import annotations

import errno
import logging
import selectors
import time
from contextlib import suppress
from typing import Any

from cheroot.connections import ConnectionManager

from mock_server.serving.threads import TURN_SECONDS

_LOG = logging.getLogger("mock_server.server")
# So many are kept; then those that are nearest to their end go early, this share of them at a time.
MOST_IDLE = 4096
_SHARE = 16
_LOOK_SECONDS = 0.25
# No descriptors or no memory for another connection, until some are closed.
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class IdleConnections(ConnectionManager):  # type: ignore[misc]
    """Waits for all of them in one thread, and closes each when it is due (`Connection.due`)."""

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self._next_look = 0.0

    def put(self, conn: Any) -> None:
        """Takes a connection until it sends something."""
        conn.last_used = time.time()
        if conn.has_more:
            self.server.process_conn(conn)
        else:
            self._selector.register(conn.socket.fileno(), selectors.EVENT_READ, data=conn)

    def _run(self, expiration_interval: float) -> None:
        """Sees who has sent something, until a stop; also looks after the workers, since it is the one that never works."""
        workers = self.server.requests
        while not self._stop_requested:
            try:
                active = list(self._selector.select(timeout=TURN_SECONDS if workers.qsize else expiration_interval))
            except OSError:
                self._remove_invalid_sockets()
                continue
            for descriptor, connection in active:
                if connection is not self.server:
                    self._selector.unregister(descriptor)  # until it is put back
                    self.server.process_conn(connection)
                elif (new := self._from_server_socket(self.server.socket)) is not None:
                    self.server.process_conn(new)
            workers.look_after()
            self._expire(0)

    def _expire(self, threshold: float) -> None:  # noqa: ARG002 - cheroot's; each connection has its own
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_SECONDS
        for descriptor, connection in self._idle():
            if connection.due <= now:
                self._end(descriptor, connection)

    def _from_server_socket(self, server_socket: Any) -> Any:
        """A new connection, for which others go if there is no room."""
        if self._num_connections >= MOST_IDLE:
            self._make_room(f"{MOST_IDLE} connections are idle")
        try:
            return super()._from_server_socket(server_socket)
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            self._make_room(str(error))
            return None

    def _make_room(self, reason: str) -> None:
        soonest = sorted(self._idle(), key=lambda each: each[1].due)
        going = soonest[: len(soonest) // _SHARE + 1]
        _LOG.warning("%d idle connections are closed early: %s", len(going), reason)
        for descriptor, connection in going:
            self._end(descriptor, connection)
        if not going:
            time.sleep(0.05)  # all are busy; asked at once, the system would say the same

    def _idle(self) -> list[tuple[int, Any]]:
        return [(number, each) for number, each in self._selector.connections if each is not self.server]

    def _end(self, descriptor: int, connection: Any) -> None:
        self._selector.unregister(descriptor)
        with suppress(OSError):
            connection.expire()
