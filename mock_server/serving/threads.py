"""The worker threads of the server: how they start, stand in for each other, and end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty
from typing import Any

from cheroot.workers import threadpool

# How long requests under way are waited for at a stop, and then again once their connections were cut.
STOP_SECONDS = 0.7
# Threads that stand in for others which wait, as those of delayed answers do.
MOST_STANDING_IN = 1024


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

    The lock guards the list of threads, and how many of them stand in for others.
    """

    def __init__(self, server: Any, **sizes: int) -> None:
        super().__init__(server, **sizes)
        self._lock = threading.Lock()
        self._standing_in = 0
        self._running = False

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

    @contextmanager
    def stand_in(self) -> Iterator[None]:
        """While the context lasts one more thread works, in the place of the one that entered it and waits."""
        lent = self._lend()
        try:
            yield
        finally:
            if lent:
                with self._lock:
                    self._standing_in -= 1
                self._queue.put(threadpool._SHUTDOWNREQUEST)

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Ends them. Whoever does not end by itself has its connection cut."""
        with self._lock:
            self._running = False
        self._drain()
        workers, self._threads[:] = list(self._threads), []
        for _ in workers:
            self._queue.put(threadpool._SHUTDOWNREQUEST)
        _join(workers, timeout)
        for worker in workers:
            if worker.is_alive() and (connection := worker.conn) is not None:
                with suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_RDWR)
        _join(workers, timeout)

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
        with suppress(Empty):
            while True:
                waiting = self._queue.get_nowait()
                if waiting is not threadpool._SHUTDOWNREQUEST:
                    waiting.close()


def _join(workers: list[Any], seconds: float) -> None:
    end = time.monotonic() + seconds
    for worker in workers:
        worker.join(max(end - time.monotonic(), 0))
