"""One SQLite file: taken for this process alone, checked, read and written. It knows nothing of threads."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from mock_server.errors import StartupError

# Marks our files among all SQLite files, and says how their content is to be read.
APPLICATION_ID = 0x4D4D_4D4B
FORMAT = 1
_PAGE_OF_ROWS = 500
# Rows of one statement; powers of two, so that few different statements have to be prepared.
_MANY_ROWS = 64
_WAL_BYTES = 16_777_216
_FREE_PAGES = 1000
# What a change takes in memory beside its content.
_OVERHEAD = 300

Rows = list[tuple[int, str, str | int, bytes]]


@dataclass(frozen=True, slots=True)
class Change:
    """A thing that is kept, or, without a value, gone; without a kind, everything of the owner is gone."""

    kind: str | None
    owner: str
    name: str | int
    value: bytes | None

    @property
    def size(self) -> int:
        """What it takes in memory."""
        return len(self.value or b"") + _OVERHEAD


class SqliteFile:
    """The open file; nobody else can open it meanwhile. Raises StartupError in one line."""

    def __init__(self, path: str) -> None:
        self._path = str(Path(path).absolute())  # so that no name is special, as :memory: would be
        try:
            _make(self._path)
            self._connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        except OSError as error:
            raise StartupError(f"--state: {path} cannot be opened: {error.strerror}") from None
        except sqlite3.Error as error:
            raise StartupError(f"--state: {path}: {why(error)}") from None
        try:
            self._take()
        except sqlite3.Error as error:
            self._connection.close()
            raise StartupError(f"--state: {path}: {why(error)}") from None
        except StartupError:
            self._connection.close()
            raise

    def rows(self, kind: str, after: int) -> Rows:
        """The next rows of a kind, after a place."""
        if kind not in self._kinds:
            return []
        statement = (
            f'SELECT place, owner, name, value FROM "{kind}" WHERE place > ? ORDER BY place LIMIT {_PAGE_OF_ROWS}'
        )
        return self._connection.execute(statement, (after,)).fetchall()

    def keep(self, batch: Sequence[Change]) -> None:
        """Commits changes, in order. Raises sqlite3.Error; what was committed then can be committed again."""
        for kind in {change.kind for change in batch if change.kind is not None} - self._kinds:
            self._connection.execute(
                f'CREATE TABLE IF NOT EXISTS "{kind}" '
                "(place INTEGER PRIMARY KEY, owner TEXT NOT NULL, name NOT NULL, value BLOB NOT NULL, UNIQUE (owner, name))"
            )
            self._kinds.add(kind)
        if len(batch) == 1 and batch[0].kind is not None:  # a statement is a transaction by itself
            self._apply(batch)
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._apply(batch)
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        if any(change.kind is None for change in batch):
            self._shrink()

    def close(self) -> None:
        """Puts everything into the one file and lets it go."""
        with suppress(sqlite3.Error):
            self._shrink()
        with suppress(sqlite3.Error):
            self._connection.close()

    def _take(self) -> None:
        """Locks the file, checks whose it is, and counts that it was opened."""
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        (application,), (version,) = (run(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version"))
        tables = {name for (name,) in run("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if application != APPLICATION_ID and (tables or application or version):
            raise StartupError(f"--state: {self._path} is the database of another program")
        if version > FORMAT:
            raise StartupError(f"--state: {self._path} was written by a newer minimax-mock (format {version})")
        if not tables:
            run("PRAGMA auto_vacuum = INCREMENTAL")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        run("BEGIN EXCLUSIVE")
        run(f"PRAGMA application_id = {APPLICATION_ID}")
        run(f"PRAGMA user_version = {FORMAT}")
        run("CREATE TABLE IF NOT EXISTS opened (times INTEGER NOT NULL)")
        if run("UPDATE opened SET times = times + 1").rowcount == 0:
            run("INSERT INTO opened VALUES (1)")
        (self.opened,) = run("SELECT times FROM opened").fetchone()
        run("COMMIT")
        self._kinds = tables - {"opened"}

    def _apply(self, batch: Sequence[Change]) -> None:
        """One statement for changes of the same sort that follow each other."""
        for (kind, kept), group in groupby(batch, key=lambda change: (change.kind, change.value is not None)):
            changes = list(group)
            if kind is not None and kept:
                self._put(kind, changes)
            elif kind is not None:
                rows = [(change.owner, change.name) for change in changes]
                self._connection.executemany(f'DELETE FROM "{kind}" WHERE owner = ? AND name = ?', rows)
            else:
                owners = [(change.owner,) for change in changes]
                for each in self._kinds:
                    self._connection.executemany(f'DELETE FROM "{each}" WHERE owner = ?', owners)

    def _put(self, kind: str, changes: Sequence[Change]) -> None:
        place, rows = 0, _MANY_ROWS
        while place < len(changes):
            while rows > len(changes) - place:
                rows //= 2
            values = [part for each in changes[place : place + rows] for part in (each.owner, each.name, each.value)]
            self._connection.execute(
                f'INSERT INTO "{kind}" (owner, name, value) VALUES {", ".join(["(?, ?, ?)"] * rows)} '
                "ON CONFLICT (owner, name) DO UPDATE SET value = excluded.value",
                values,
            )
            place += rows

    def _shrink(self) -> None:
        """Gives pages back to the file system once many of them are free."""
        if self._connection.execute("PRAGMA freelist_count").fetchone()[0] > _FREE_PAGES:
            # As a script, since a statement without columns is taken for done after its first page.
            self._connection.executescript("PRAGMA incremental_vacuum")


def _make(path: str) -> None:
    """Makes the file where it is not there. Raises OSError for what can be no file of ours.

    One that is there is not opened: when a process closes a file, it loses the locks that SQLite holds on it, and the
    mock of this process that has it would no longer be the only one.
    """
    try:
        # It holds keys and prompts, so others may not read it. Through a link that leads nowhere yet, too.
        os.close(os.open(os.path.realpath(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)) from None
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is no regular file") from None
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None


def why(error: BaseException) -> str:
    """What went wrong, in one line for a person."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "another mock, or another program, has it open"
    if name.startswith("SQLITE_NOTADB"):
        return "it is no SQLite database"
    if name.startswith("SQLITE_READONLY"):
        return "it cannot be written"
    return str(error) or type(error).__name__
