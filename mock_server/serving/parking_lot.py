"""Where connections wait that would otherwise hold a thread each: one thread and a selector for all of them."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from contextlib import ExitStack, suppress

from mock_server.serving.parked import Ending, ParkedConnection

_LOG = logging.getLogger("mock_server.server")
PLACES = 1024
# A selector takes no wait of centuries.
_LONGEST_WAIT = 3600.0


class ParkingLot:
    """Takes connections over and carries their endings out, between `open` and `close`.

    Its thread starts with the first connection. Selector and sockets are that thread's; the lock guards who is here.
    """

    def __init__(self, places: int = PLACES) -> None:
        self.places = places
        self._lock = threading.Lock()
        self._open = False
        # Each with the events that the selector looks out for.
        self._parked: dict[ParkedConnection, int] = {}
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        """How many connections are here."""
        return len(self._parked)

    def open(self) -> None:
        """From now on connections are taken."""
        with self._lock:
            self._open = True

    def close(self) -> None:
        """Closes every connection and ends the thread. Connections that come later are closed at once."""
        with self._lock:
            self._open = False
            thread, self._thread = self._thread, None
            if thread is not None:
                self._ring()
        if thread is not None:
            thread.join()
            self._resources.close()

    def park(self, connection: socket.socket, ending: Ending) -> None:
        """Takes a connection over. Where that is not possible it is closed at once, and the log says so."""
        try:
            refusal = self._take(connection, ending)
        except (OSError, RuntimeError) as error:  # no descriptors left, or no threads
            refusal = str(error)
        if refusal:
            _LOG.warning("a connection that was to wait is closed at once: %s", refusal)
            _close(connection)

    def _take(self, connection: socket.socket, ending: Ending) -> str:
        with self._lock:
            if not self._open:
                return "the server stops"
            if len(self._parked) >= self.places:
                return f"{self.places} are waiting already"
            parked = ParkedConnection(connection, ending, time.monotonic())
            if self._thread is None:
                self._start()
            self._parked[parked] = 0
            self._ring()
        return ""

    def _start(self) -> None:
        with ExitStack() as resources:
            selector = resources.enter_context(selectors.DefaultSelector())
            self._bell, ear = (resources.enter_context(end) for end in socket.socketpair())
            self._bell.setblocking(False)
            selector.register(ear, selectors.EVENT_READ)
            thread = threading.Thread(target=self._run, args=(selector, ear), name="minimax-mock-parking", daemon=True)
            thread.start()
            self._thread, self._resources = thread, resources.pop_all()

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # it rings already
            self._bell.send(b"!")

    def _run(self, selector: selectors.BaseSelector, ear: socket.socket) -> None:
        ready: dict[ParkedConnection | None, int] = {}
        try:
            while (parked := self._all_parked()) is not None:
                now = time.monotonic()
                for connection in [one for one in parked if one in ready or one.due <= now]:
                    if not self._turn(connection, selector, now, ready.get(connection, 0)):
                        parked.remove(connection)
                wait = min((one.due for one in parked), default=now + _LONGEST_WAIT) - time.monotonic()
                ready = {key.data: events for key, events in selector.select(max(min(wait, _LONGEST_WAIT), 0))}
                if None in ready:
                    ear.recv(4096)
        finally:
            with self._lock:
                self._open = False
            for connection in self._parked:
                _close(connection.socket)
            self._parked.clear()

    def _all_parked(self) -> list[ParkedConnection] | None:
        """Those that are here now; None once the lot is closed."""
        with self._lock:
            return list(self._parked) if self._open else None

    def _turn(self, connection: ParkedConnection, selector: selectors.BaseSelector, now: float, events: int) -> bool:
        """Whether the connection stays."""
        try:
            stays = connection.turn(now, events)
            self._watch(connection, selector, connection.events if stays else 0)
        except OSError as error:
            _LOG.debug("a waiting connection ended: %s", error)
            stays = False
            self._watch(connection, selector, 0)
        if not stays:
            _close(connection.socket)
            with self._lock:
                del self._parked[connection]
        return stays

    def _watch(self, connection: ParkedConnection, selector: selectors.BaseSelector, wanted: int) -> None:
        watched = self._parked[connection]
        if wanted and not watched:
            selector.register(connection.socket, wanted, connection)
        elif watched and not wanted:
            selector.unregister(connection.socket)
        elif wanted != watched:
            selector.modify(connection.socket, wanted, connection)
        self._parked[connection] = wanted


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
