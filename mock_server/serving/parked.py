"""A connection that is served without a thread of its own: what it is still sent, how slowly, and how it ends."""

from __future__ import annotations

import selectors
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

# How long a client gets to read the end and to close; what it sends meanwhile is thrown away. Closed any sooner, with
# bytes of the client unread, the connection would be reset, and what was sent last might be lost with it.
LINGER_SECONDS = 2.0
# At most this much is sent or received in one turn, so that no connection keeps the others waiting.
_TURN_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Ending:
    """The last that a connection is sent: `at_once`, then each of `pieces` after a pause of `seconds`.

    Empty pieces are pauses and nothing else. `goodbye`: over TLS the client is told that this was all; without that
    the end looks to it like that of a server which died.
    """

    at_once: bytes = b""
    pieces: Iterable[bytes | memoryview] = ()
    seconds: float = 0.0
    goodbye: bool = False


class ParkedConnection:
    """Carries an `Ending` out on one socket, in turns that never wait."""

    def __init__(self, connection: socket.socket, ending: Ending, now: float) -> None:
        # A client that reads nothing is given up after as long as with an ordinary answer.
        self._patience = connection.gettimeout() or LINGER_SECONDS
        connection.setblocking(False)
        self.socket = connection
        # When the next turn is due even if nothing happens on the socket.
        self.due = now
        self._next: bytes | memoryview | None = ending.at_once
        self._unsent = memoryview(b"")
        self._pieces = iter(ending.pieces)
        self._seconds = ending.seconds
        self._goodbye = ending.goodbye
        self._client_sends = True
        self._full = False
        self._lingers = False

    @property
    def events(self) -> int:
        """What to look out for on the socket; 0 for nothing."""
        return (selectors.EVENT_READ if self._client_sends else 0) | (selectors.EVENT_WRITE if self._full else 0)

    def turn(self, now: float, events: int) -> bool:
        """Does what is due and can be done without waiting. False once there is nothing left to do.

        Raises OSError when the client is gone, or does not read.
        """
        if events & selectors.EVENT_READ:
            self._discard()
        if self._lingers:
            return self._client_sends and now < self.due
        if not (self._client_sends or self._unsent or self._next):
            return False  # it has left; a client that only stopped sending is sent nothing more either
        if self._next is not None:
            if now < self.due:
                return True
            self._unsent, self._next = memoryview(self._next), None
            self.due = now + self._patience
        elif now >= self.due and not events & selectors.EVENT_WRITE:
            # Without another try: the system may take a little more although the client takes nothing.
            raise TimeoutError("the client does not read")
        if self._unsent:
            self._send(now)
        if not self._unsent:
            self._pause_or_part(now)
        return self._client_sends or not self._lingers

    def _discard(self) -> None:
        with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._client_sends = bool(self.socket.recv(_TURN_BYTES))

    def _send(self, now: float) -> None:
        try:
            # TLS wants the same bytes again after a send that it could not finish, and gets them.
            sent = self.socket.send(self._unsent[:_TURN_BYTES])
        except (BlockingIOError, ssl.SSLWantWriteError):
            self._full = True
        except ssl.SSLWantReadError:
            self._full = False
        else:
            self._unsent = self._unsent[sent:]
            self._full = bool(self._unsent)
            self.due = now + self._patience

    def _pause_or_part(self, now: float) -> None:
        self._next = next(self._pieces, None)
        if self._next is not None:
            self.due = now + self._seconds
            return
        if self._goodbye and isinstance(self.socket, ssl.SSLSocket):
            with suppress(OSError):  # that the client's goodbye has not come yet
                self.socket.unwrap()
        self.socket.shutdown(socket.SHUT_WR)
        self._lingers = True
        self.due = now + LINGER_SECONDS
