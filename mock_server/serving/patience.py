"""How long a client is waited for while its request is under way, and who works meanwhile."""

from __future__ import annotations

import select
import socket
import time
from contextlib import ExitStack
from typing import Any

# A client that sends or takes at least so many bytes a second is waited for as long as it takes.
LEAST_RATE = 1024


class Patience:
    """The waits of one connection, each no longer than `server.timeout`, all of one request bounded by what it moved.

    No wait takes the last free worker: where no other is free another thread stands in for the one that waits, and
    where none can, the client is given up.
    """

    def __init__(self, server: Any, connection: socket.socket) -> None:
        self._server = server
        self._socket = connection
        self._waited = 0.0
        self._standing_in = ExitStack()
        self._lent = False
        self.moved = 0

    def wait(self, *, to_send: bool = False) -> None:
        """Returns when the client has sent something, or takes more. Raises TimeoutError."""
        limit: float = self._server.timeout
        left = min(limit, limit + self.moved / LEAST_RATE - self._waited)
        if not self._lent and not self._server.requests.free:
            self._lent = self._standing_in.enter_context(self._server.requests.stand_in())
            if not self._lent:
                raise TimeoutError("the client is slow, and too many others are")
        begin = time.monotonic()
        with self._server.requests.aside():
            came = is_ready(self._socket, left, to_send=to_send)
        self._waited += time.monotonic() - begin
        if not came:
            raise TimeoutError(
                f"the client is slower than {LEAST_RATE} bytes a second, or paused for {limit:g} seconds"
            )

    def end(self) -> None:
        """The request is over; the next begins anew."""
        self._waited = 0.0
        self.moved = 0
        if self._lent:
            self._lent = False
            self._standing_in.close()


def is_ready(connection: socket.socket, seconds: float, *, to_send: bool = False) -> bool:
    """Waits until the socket has something to read, its end included, or takes something to send. Whether it did."""
    if seconds <= 0 or connection.fileno() < 0:
        return False
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(connection, select.POLLOUT if to_send else select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    asked = [connection]
    readable, writable, _ = select.select([] if to_send else asked, asked if to_send else [], [], seconds)
    return bool(readable or writable)
