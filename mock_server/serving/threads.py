"""The worker threads of the server: who gets which connection, how they stand in for each other, and end."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cheroot.workers import threadpool

# How long requests under way are waited for at a stop, and then again once their connections were cut.
STOP_SECONDS = 0.7
# Threads that stand in for others which wait, as those of delayed answers do.
MOST_STANDING_IN = 1024
_END = threadpool._SHUTDOWNREQUEST


class _Rest:
    """A worker that has nothing to do, until it is given a connection."""

    __slots__ = ("given", "woken")

    def __init__(self) -> None:
        self.given: Any = None
        self.woken = threading.Lock()
        self.woken.acquire()


class _Worker(threadpool.WorkerThread):  # type: ignore[misc]
    """A thread that is forgotten when it ends; cheroot keeps what every thread ever did for its statistics."""

    def run(self) -> None:
        """Works until it is told to end."""
        try:
            super().run()
        finally:
            self.server.stats["Worker Threads"].pop(self.name, None)


class Threads(threadpool.ThreadPool):  # type: ignore[misc]
    """Worker threads that start without a pause and end in bounded time, whatever they are doing.

    A connection goes to the worker that came to rest last, so that few of them work when little comes. The lock guards
    the list of threads, how many of them stand in for others, who rests, and what waits for a worker.
    """

    def __init__(self, server: Any, **sizes: int) -> None:
        super().__init__(server, **sizes)
        self._lock = threading.Lock()
        self._standing_in = 0
        self._running = False
        self._resting: list[_Rest] = []
        self._waiting: deque[Any] = deque()
        self.get = self._get

    @property
    def free(self) -> int:
        """How many workers have nothing to do."""
        return len(self._resting)

    @property
    def qsize(self) -> int:
        """How many connections wait for a worker."""
        return len(self._waiting)

    def start(self) -> None:
        """Starts the threads."""
        self._drain()
        with self._lock:
            self._running = True
        super().start()

    def grow(self, amount: int) -> None:
        """Starts so many more."""
        for _ in range(amount):
            worker = _Worker(self.server)
            worker.daemon = True
            worker.start()
            self._threads.append(worker)

    def put(self, obj: Any) -> None:
        """Gives a connection to a worker, or lets it wait for one."""
        with self._lock:
            if not self._resting:
                self._waiting.append(obj)
                return
            rest = self._resting.pop()
        rest.given = obj
        rest.woken.release()

    @contextmanager
    def stand_in(self) -> Iterator[bool]:
        """While the context lasts one more thread works, in the place of the one that entered it and waits.

        False where there are too many already.
        """
        lent = self._lend()
        try:
            yield lent
        finally:
            if lent:
                with self._lock:
                    self._standing_in -= 1
                self.put(_END)

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Ends them. Whoever does not end by itself has its connection cut."""
        with self._lock:
            self._running = False
        self._drain()
        workers, self._threads[:] = list(self._threads), []
        for _ in workers:
            self.put(_END)
        _join(workers, timeout)
        for worker in workers:
            if worker.is_alive() and (connection := worker.conn) is not None:
                with suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_RDWR)
        _join(workers, timeout)

    def _get(self) -> Any:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            rest = _Rest()
            self._resting.append(rest)
        rest.woken.acquire()
        return rest.given

    def _lend(self) -> bool:
        with self._lock:
            if not self._running or self._standing_in >= MOST_STANDING_IN:
                return False
            self._standing_in += 1
            self._threads[:] = [worker for worker in self._threads if worker.is_alive()]
            self.grow(1)
            return True

    def _drain(self) -> None:
        """Connections that wait for a thread will get none."""
        with self._lock:
            waiting = [each for each in self._waiting if each is not _END]
            self._waiting.clear()
        for connection in waiting:
            connection.close()


def _join(workers: list[Any], seconds: float) -> None:
    end = time.monotonic() + seconds
    for worker in workers:
        worker.join(max(end - time.monotonic(), 0))
