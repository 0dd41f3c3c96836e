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
# So many workers compute at a time. The interpreter lets one run anyway; more would wake each other up at every turn of it.
AT_WORK = 1
# Who has not come to the end of a turn for so long waits for something, it is supposed, and another one works as well.
TURN_SECONDS = 0.005
_END = threadpool._SHUTDOWNREQUEST


class _Rest:
    """A worker that has nothing to do, until it is given a connection."""

    __slots__ = ("given", "woken", "worker")

    def __init__(self, worker: _Worker) -> None:
        self.worker = worker
        self.given: Any = None
        self.woken = threading.Lock()
        self.woken.acquire()


class _Worker(threadpool.WorkerThread):  # type: ignore[misc]
    """A thread that is forgotten when it ends; cheroot keeps what every thread ever did for its statistics."""

    # How many connections it was given, and how many when it was last looked after.
    turns = 0
    seen = 0

    def run(self) -> None:
        """Works until it is told to end."""
        try:
            super().run()
        finally:
            self.server.requests._leave(self)
            self.server.stats["Worker Threads"].pop(self.name, None)


class Threads(threadpool.ThreadPool):  # type: ignore[misc]
    """Worker threads that start without a pause and end in bounded time, whatever they are doing.

    Few of them are at work at a time. A connection goes to the worker that came to rest last, or waits until one of those at
    work takes it. Who says that it waits (`aside`), or is found to do so (`look_after`), is not at work for as long, so
    that requests may wait for each other. The lock guards the list of threads, how many of them stand in for others, who is
    at work, who rests, and what waits for a worker.
    """

    def __init__(self, server: Any, **sizes: int) -> None:
        super().__init__(server, **sizes)
        self._lock = threading.Lock()
        self._standing_in = 0
        self._running = False
        self._at_work: set[_Worker] = set()
        self._resting: list[_Rest] = []
        self._waiting: deque[Any] = deque()
        self._ends = 0
        self._next_look = 0.0
        self.get = self._get

    @property
    def free(self) -> int:
        """How many workers have nothing to do."""
        return len(self._resting)

    @property
    def qsize(self) -> int:
        """How many connections wait for a worker."""
        return len(self._waiting)

    @property
    def is_crowded(self) -> bool:
        """Whether a worker should take the next connection, or rest, once it has answered one request.

        One more than may be at work is no crowd: it may be the first of them that computes for long.
        """
        return bool(self._waiting) or len(self._at_work) > AT_WORK + 1

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
        """Gives a connection to a worker, or lets it wait for one; after a stop there are none."""
        with self._lock:
            if running := self._running:
                self._waiting.append(obj)
                self._share_out()
        if not running:
            obj.close()

    def look_after(self) -> None:
        """Lets others work for those that seem to wait. To be called every `TURN_SECONDS` while connections wait."""
        if not self._waiting or (now := time.monotonic()) < self._next_look:
            return
        self._next_look = now + TURN_SECONDS
        with self._lock:
            for worker in list(self._at_work):
                if worker.seen == worker.turns:
                    self._at_work.discard(worker)
                worker.seen = worker.turns
            self._share_out()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While the context lasts the worker that entered it waits. Then it goes on at once, however many are at work."""
        worker = threading.current_thread()
        if not isinstance(worker, _Worker):
            yield
            return
        self._leave(worker)
        try:
            yield
        finally:
            with self._lock:
                self._begin(worker)

    @contextmanager
    def stand_in(self) -> Iterator[bool]:
        """While the context lasts one more thread works, in the place of the one that entered it and waits.

        False where there are too many already.
        """
        lent = self._lend()
        try:
            with self.aside():
                yield lent
        finally:
            if lent:
                with self._lock:
                    self._standing_in -= 1
                self._end_one()

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Ends them. Whoever does not end by itself has its connection cut."""
        with self._lock:
            self._running = False
        self._drain()
        workers, self._threads[:] = list(self._threads), []
        for _ in workers:
            self._end_one()
        _join(workers, timeout)
        for worker in workers:
            if worker.is_alive() and (connection := worker.conn) is not None:
                with suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_RDWR)
        _join(workers, timeout)

    def _get(self) -> Any:
        worker: Any = threading.current_thread()
        with self._lock:
            self._at_work.discard(worker)
            if self._ends:
                self._ends -= 1
                self._share_out()
                return _END
            if self._waiting and len(self._at_work) < AT_WORK:
                self._begin(worker)
                return self._waiting.popleft()
            rest = _Rest(worker)
            self._resting.append(rest)
        rest.woken.acquire()
        return rest.given

    def _end_one(self) -> None:
        """Ends one that rests, or the next that would."""
        with self._lock:
            if self._resting:
                self._wake(_END)
            else:
                self._ends += 1

    def _share_out(self) -> None:
        """Gives what waits to those that rest, as long as few are at work."""
        while self._waiting and self._resting and len(self._at_work) < AT_WORK:
            self._wake(self._waiting.popleft())

    def _wake(self, given: Any) -> None:
        """Gives something to the one that came to rest last."""
        rest = self._resting.pop()
        self._begin(rest.worker)
        rest.given = given
        rest.woken.release()

    def _leave(self, worker: _Worker) -> None:
        with self._lock:
            self._at_work.discard(worker)
            self._share_out()

    def _begin(self, worker: _Worker) -> None:
        worker.turns += 1
        self._at_work.add(worker)

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
            waiting = list(self._waiting)
            self._waiting.clear()
        for connection in waiting:
            connection.close()


def _join(workers: list[Any], seconds: float) -> None:
    end = time.monotonic() + seconds
    for worker in workers:
        worker.join(max(end - time.monotonic(), 0))
