"""Listeners that stand before a mock and write down all that passes: one for each case."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from contract_tests.wire.exchange import Exchange
from contract_tests.wire.listener import Address, Listener
from contract_tests.wire.loop_thread import LoopThread


class Switchboard:
    """One thread for the listeners of a whole run: `with Switchboard() as switchboard: switchboard.open_tap(mock.url)`.

    The thread starts with the first tap. Closing it closes every tap; what the taps have written down stays. Several
    threads may use it at once.
    """

    def __init__(self) -> None:
        self._thread = LoopThread("minimax-contract-wire")
        self._taps: set[Tap] = set()

    def open_tap(self, upstream_url: str, *, prefix: str = "", tls: bool = False) -> Tap:
        """A listener on a free port of 127.0.0.1 that leads to `upstream_url` (an http origin).

        `prefix` (a path such as `/tenant-1`) is part of the tap's URL and is taken off the requests that have it. With
        `tls` it speaks TLS to clients, with a certificate that they have no reason to trust. Raises ValueError for an
        upstream or a prefix that cannot be one.
        """
        if prefix and not (prefix.startswith("/") and prefix.isascii() and prefix.isprintable() and " " not in prefix):
            raise ValueError(f"prefix: {prefix!r} is no path such as /tenant-1")
        tap = Tap(self._thread, _address(upstream_url), prefix.rstrip("/"), tls=tls, closed=self._taps.discard)
        self._taps.add(tap)
        return tap

    def close(self) -> None:
        """Closes every tap and ends the thread."""
        with ExitStack() as ending:
            ending.callback(self._thread.close)
            for tap in list(self._taps):
                ending.callback(tap.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Tap:
    """One listener. `url` is what clients are given: an origin, with the prefix if there is one."""

    def __init__(
        self, thread: LoopThread, upstream: Address, prefix: str, *, tls: bool, closed: Callable[[Tap], None]
    ) -> None:
        self._thread = thread
        self._told_closed = closed
        self._closed = False
        self._listener = Listener(thread.loop, upstream, prefix, tls=tls)
        thread.loop.call_soon_threadsafe(self._listener.listen)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.port}{prefix}"

    @property
    def connections(self) -> int:
        """How many connections clients have opened."""
        self._catch_up()
        return self._listener.accepted

    @property
    def refused_handshakes(self) -> int:
        """How many clients left a `tls` tap without a request: they broke off the handshake, or left right after it."""
        self._catch_up()
        return self._listener.refused

    @property
    def began(self) -> float:
        """The moment of `time.monotonic` that times count from; at first that of opening."""
        return self._listener.began

    def start_clock(self, began: float | None = None) -> float:
        """From now on all times count from now, or from that moment of `time.monotonic`. Gives that moment."""
        self._listener.began = time.monotonic() if began is None else began
        return self._listener.began

    def exchanges(self) -> list[Exchange]:
        """All exchanges so far by the time of their requests. All that had reached the listener is among them."""
        self._catch_up()
        return self._thread.call(self._listener.exchanges)

    def when(self, predicate: Callable[[Exchange], bool]) -> threading.Event:
        """An event that is set once an exchange of which this is true has been answered, to the last byte, to the client.

        The predicate is asked on the loop, also about what is over already, and should be quick. What it raises there
        is raised by `exchanges`.
        """
        event = threading.Event()
        self._thread.call(self._listener.watch, predicate, event)
        return event

    def settle(self, seconds: float = 1.0) -> bool:
        """Waits until no exchange is under way: every request is answered, or its connection gone. False if not in time."""
        return not self._thread.running or self._thread.run(self._listener.settle(time.monotonic() + seconds))

    def close(self) -> None:
        """Stops listening and closes every connection. Does nothing the second time."""
        if not self._closed:
            self._closed = True
            self._told_closed(self)
            self._thread.run(self._listener.close())

    def _catch_up(self) -> None:
        if not self._closed:
            self._thread.run(self._listener.catch_up())


def _address(url: str) -> Address:
    """Where the upstream is."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None or parts.path not in ("", "/"):
        raise ValueError(f"upstream: {url!r} is no origin such as http://127.0.0.1:8026")
    family, _, _, _, address = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)[0]
    return family, address
