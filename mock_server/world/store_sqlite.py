"""The store that outlives the process: one SQLite file, written by one thread.

A change waits in a queue until the writer takes everything that is there and commits it at once. A commit goes to the
operating system, not to the disk: it survives the end of the process in any way, but a power cut may cost the last ones.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

from mock_server.errors import StartupError
from mock_server.world.sqlite_file import Change, Rows, SqliteFile, why
from mock_server.world.store import Kind, StoreError, Thing

# Changes that are committed together, at most.
BATCH = 1000
# Changes that wait while nothing can be written; with more of them the store gives up.
MOST_WAITING = 100_000
MOST_WAITING_BYTES = 268_435_456
_NOT_HERE = (
    "the file of --state belongs to the process that opened it; start one process, or give each a file of its own"
)


class SqliteStore:
    """Keeps things in a file that it alone has open. Raises StartupError for a file that it cannot have.

    `failed` is told, in one line, when changes can no longer be kept. The one lock guards the queue and is never held
    across I/O; the file belongs to the writer, and to whoever reads before there is one.
    """

    durable = True

    def __init__(self, path: str, failed: Callable[[str], None] = lambda _: None) -> None:
        self._path = path
        self._tell = failed
        self._changed = threading.Condition()
        self._own = threading.local()
        self._waiting: list[Change] = []
        self._waiting_bytes = 0
        # How many changes were put, how many of them are kept, and how many were tried in vain or are kept.
        self._put = self._kept = self._tried = 0
        self._error: str | None = None
        self._gave_up = False
        self._closing = False
        self._writer: threading.Thread | None = None
        self._file: SqliteFile | None = None
        self._pid = 0
        self.opened = 0
        self.open()

    def put(self, kind: Kind[Thing], owner: str, name: str | int, thing: Thing) -> None:
        """Queues a thing as it is now."""
        self._queue(Change(kind.name, owner, name, kind.write(thing)))

    def remove(self, kind: Kind[Thing], owner: str, name: str | int) -> None:
        """Queues that a thing is gone."""
        self._queue(Change(kind.name, owner, name, None))

    def remove_owner(self, owner: str) -> None:
        """Queues that everything of an owner is gone."""
        self._queue(Change(None, owner, "", None))

    def things(self, kind: Kind[Thing]) -> Iterator[tuple[str, str | int, Thing]]:
        """Every thing of a kind. Raises StartupError for one that cannot be read; meant for the start."""
        with self._changed:
            idle = self._changed.wait_for(lambda: self._tried == self._put or self._gave_up, 60)
        if not idle or self._file is None:
            raise StoreError(f"{self._path} cannot be read now")
        last = 0
        while rows := self._rows(kind.name, last):
            for place, owner, name, value in rows:
                last = place
                try:
                    thing = kind.read(value)
                except (ValueError, TypeError, LookupError) as error:
                    raise StartupError(
                        f"--state: {self._path} holds a broken {kind.name} ({type(error).__name__}: {error})"[:500]
                    ) from None
                yield owner, name, thing

    def flush(self) -> None:
        """Waits for what this thread has put. Raises StoreError when it cannot be kept."""
        ticket: int = getattr(self._own, "ticket", 0)
        if ticket <= self._kept and not self._gave_up:
            return
        with self._changed:
            self._changed.wait_for(lambda: self._tried >= ticket or self._gave_up)
            if self._kept >= ticket and not self._gave_up:
                return
            self._own.ticket = 0
            raise StoreError(self._error or f"--state: {self._path} is closed")

    def open(self) -> None:
        """Takes the file, or takes it again after a close."""
        if self._file is not None:
            return
        file = SqliteFile(self._path)
        if self.opened and file.opened != self.opened + 1:
            with closing(file):
                raise StartupError(f"--state: another mock has changed {self._path} meanwhile; make a new MockServer")
        with self._changed:
            self._closing = False
        self._file, self._pid, self.opened = file, os.getpid(), file.opened

    def close(self) -> None:
        """Writes what is left and lets the file go."""
        if self._file is None or os.getpid() != self._pid:
            return
        with self._changed:
            self._closing = True
            writer, self._writer = self._writer, None
            self._changed.notify_all()
        if writer is not None:
            writer.join()
        self._file.close()
        self._file = None

    def _rows(self, kind: str, after: int) -> Rows:
        if self._file is None:
            raise StoreError(f"--state: {self._path} is closed")
        return self._file.rows(kind, after)

    def _queue(self, change: Change) -> None:
        if os.getpid() != self._pid:
            raise StoreError(_NOT_HERE)
        with self._changed:
            self._put += 1
            self._own.ticket = self._put
            if self._gave_up:
                return
            if self._closing or self._file is None:
                self._tried, self._error = self._put, f"--state: {self._path} is closed"
                return
            self._waiting.append(change)
            self._waiting_bytes += change.size
            if len(self._waiting) > MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES:
                self._give_up()
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._write, args=(self._file,), name="minimax-mock-state", daemon=True
                )
                self._writer.start()
            self._changed.notify_all()

    def _write(self, file: SqliteFile) -> None:
        """Runs in the writer's thread until the store is closed. After a failure it waits for the next change."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._put > self._tried)
                batch, seen = self._waiting[:BATCH], self._put
                upto = seen - (len(self._waiting) - len(batch))
                if not batch:
                    if self._closing:
                        return
                    self._tried = seen
                    continue
            error = self._why_not_kept(file, batch)
            with self._changed:
                if error is None:
                    del self._waiting[: len(batch)]
                    self._waiting_bytes -= sum(change.size for change in batch)
                    self._kept = upto
                self._tried = upto if error is None else seen
                news = error is not None and error != self._error
                self._error = error
                ends = self._closing and error is not None
                self._changed.notify_all()
            if news:
                self._tell(f"changes cannot be kept: {error}")
            if ends:
                return

    def _give_up(self) -> None:
        self._gave_up = True
        self._error = (
            f"{self._error or f'--state: {self._path} is too slow'}; too much waits, so that nothing is kept any more"
        )
        self._waiting.clear()
        self._waiting_bytes = 0

    def _why_not_kept(self, file: SqliteFile, batch: list[Change]) -> str | None:
        try:
            file.keep(batch)
        except Exception as error:  # whatever it is, those who wait have to be told
            return f"--state: {self._path}: {why(error)}"
        return None
