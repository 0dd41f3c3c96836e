"""Carries one connection through: the same bytes both ways, and the same end, in order or by reset.

What a network does between two sockets is imitated from the outside: an end of sending is passed on as such, a reset as a
reset, and a side that does not read slows the other down. Nothing is read ahead beyond one piece.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

from contract_tests.wire.conversation import Conversation

PIECE = 262_144
# Linger, for no time at all: closing sends a reset.
_NO_LINGER = struct.pack("ii", 1, 0)
# How often a side that sends no more is asked whether it was reset. Its socket says nothing else that can be waited for.
_WATCH_SECONDS = 0.01


class _Side:
    """One of the two sockets. `ended`: it sends no more. `deaf`: nothing can be sent to it any more."""

    def __init__(self, own: socket.socket, name: str) -> None:
        own.setblocking(False)
        with suppress(OSError):  # one end of a pair within this process has no such option
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = own
        self.name = name
        self.unsent = memoryview(b"")
        self.ended = False
        self.deaf = False
        self.other: _Side = self


class Relay:
    """One connection, from its beginning to its end, on the loop. `changed` is called whenever something has happened."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, client: socket.socket, server: socket.socket, conversation: Conversation,
        changed: Callable[[Relay], None],
    ) -> None:  # fmt: skip
        self._loop = loop
        self.conversation = conversation
        self._changed = changed
        self._client, self._server = _Side(client, "client"), _Side(server, "server")
        self._client.other, self._server.other = self._server, self._client
        self._watch: asyncio.TimerHandle | None = None
        self.closed = False
        for side in (self._client, self._server):
            loop.add_reader(side.socket, self._readable, side)

    def close(self) -> None:
        """Ends both connections, in order."""
        if self.closed:
            return
        self.closed = True
        if self._watch is not None:
            self._watch.cancel()
        for side in (self._client, self._server):
            self._loop.remove_reader(side.socket)
            self._loop.remove_writer(side.socket)
            side.socket.close()
        self._changed(self)

    def _readable(self, side: _Side) -> None:
        try:
            data = side.socket.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._lost(side)
        else:
            if data:
                self._pass(side, data)
            else:
                self._end_of(side)
        if not self.closed:
            self._changed(self)

    def _pass(self, side: _Side, data: bytes) -> None:
        now = time.monotonic()
        if side is self._client:
            self._send(side.other, self.conversation.ask(data, now))
        else:
            # In this order, so that what is said to have been answered has been sent.
            self._send(side.other, data)
            self.conversation.answer(data, now)

    def _send(self, side: _Side, data: bytes) -> None:
        """Sends what the other side said. What cannot be sent at once waits, and the other side with it."""
        if side.deaf or not data:
            return
        side.unsent = memoryview(data)
        self._loop.remove_reader(side.other.socket)
        self._writable(side)

    def _writable(self, side: _Side) -> None:
        try:
            sent = side.socket.send(side.unsent)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._cannot_be_sent_to(side)
            return
        side.unsent = side.unsent[sent:]
        if side.unsent:
            self._loop.add_writer(side.socket, self._writable, side)
            return
        self._loop.remove_writer(side.socket)
        if side.other.ended:
            self._say_end_to(side)
        else:
            self._loop.add_reader(side.other.socket, self._readable, side.other)

    def _end_of(self, side: _Side) -> None:
        """A side sends no more; or, if nothing could be sent to it either, it was reset."""
        if side.deaf:
            self._lost(side)
            return
        side.ended = True
        self._loop.remove_reader(side.socket)
        self.conversation.over(side.name)
        # A side is read only while nothing waits to be sent to the other, so that there is nothing else that comes first.
        held = self.conversation.held() if side is self._client else b""
        if held:
            self._send(side.other, held)
        else:
            self._say_end_to(side.other)

    def _say_end_to(self, side: _Side) -> None:
        try:
            side.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._cannot_be_sent_to(side)
            return
        if side.ended:
            self.close()
        elif self._watch is None:
            self._watch = self._loop.call_later(_WATCH_SECONDS, self._look_for_resets)

    def _look_for_resets(self) -> None:
        self._watch = self._loop.call_later(_WATCH_SECONDS, self._look_for_resets)
        for side in (self._client, self._server):
            if side.ended and not self.closed and side.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._lost(side)

    def _cannot_be_sent_to(self, side: _Side) -> None:
        """A side was reset, as sending shows. What it had sent before is still read, as its real partner could read it."""
        side.deaf = True
        side.unsent = memoryview(b"")
        self._loop.remove_writer(side.socket)
        self._loop.remove_reader(side.other.socket)
        if side is self._client:
            self.conversation.over("client")
        if side.ended or side.other.deaf:
            self._lost(side)

    def _lost(self, side: _Side) -> None:
        """A side was reset and has nothing more to say; so the other is reset."""
        self.conversation.over("client" if side is self._client else "reset")
        _will_reset(side.other.socket)
        self.close()


def reset(connection: socket.socket) -> None:
    """Closes a connection in such a way that its partner sees a reset."""
    _will_reset(connection)
    connection.close()


def _will_reset(connection: socket.socket) -> None:
    with suppress(OSError):  # one end of a pair within this process has no such option
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
