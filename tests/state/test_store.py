"""What memory and file have in common, and what the file has beyond that."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mock_server.errors import StartupError
from mock_server.world.kept import UPLOADS, UploadRow, kind_of_rows
from mock_server.world.store import Store, StoreError
from mock_server.world.store_memory import MemoryStore
from mock_server.world.store_sqlite import BATCH, SqliteStore

WORDS = kind_of_rows("word", str, str)
NUMBERS = kind_of_rows("number", int, int)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return str(tmp_path / "state.db")


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, path: str) -> Iterator[Store]:
    """Each of the two stores, new."""
    store: Store = MemoryStore() if request.param == "memory" else SqliteStore(path)
    yield store
    store.close()


def words(store: Store, owner: str | None = None) -> list[tuple[str, str | int, str]]:
    """Every word, or those of one owner."""
    return [each for each in store.things(WORDS) if owner in (None, each[0])]


def test_what_is_put_is_there_in_its_order(store: Store) -> None:
    """Things of one owner come in the order in which they came, under the names that they were given."""
    for name in (3, 1, 2, "x"):
        store.put(WORDS, "a", name, f"word {name}")
    store.flush()
    assert words(store) == [("a", 3, "word 3"), ("a", 1, "word 1"), ("a", 2, "word 2"), ("a", "x", "word x")]


def test_what_is_put_again_keeps_its_place(store: Store) -> None:
    """The new thing stands where the old one stood."""
    for text in ("first", "again"):
        store.put(WORDS, "a", 1, text)
        store.put(WORDS, "a", 2, "second")
    assert words(store) == [("a", 1, "again"), ("a", 2, "second")]


def test_what_is_removed_is_gone_and_comes_back_last(store: Store) -> None:
    """Removing what is not there does nothing."""
    for name in (1, 2, 3):
        store.put(WORDS, "a", name, str(name))
    store.remove(WORDS, "a", 1)
    store.remove(WORDS, "a", 9)
    store.remove(NUMBERS, "a", 2)
    store.put(WORDS, "a", 1, "one")
    assert words(store) == [("a", 2, "2"), ("a", 3, "3"), ("a", 1, "one")]


def test_owners_and_kinds_do_not_meet(store: Store) -> None:
    """The same name means another thing for another owner, and in another kind."""
    store.put(WORDS, "a", 1, "of a")
    store.put(WORDS, "b", 1, "of b")
    store.put(NUMBERS, "a", 1, 7)
    store.remove(WORDS, "a", 1)
    assert words(store) == [("b", 1, "of b")]
    assert list(store.things(NUMBERS)) == [("a", 1, 7)]


def test_an_owner_goes_with_everything(store: Store) -> None:
    """What is put afterwards is there again."""
    store.put(WORDS, "a", 1, "old")
    store.put(NUMBERS, "a", 1, 1)
    store.put(WORDS, "b", 1, "stays")
    store.remove_owner("a")
    store.put(WORDS, "a", 2, "new")
    assert words(store, "a") == [("a", 2, "new")]
    assert words(store, "b") == [("b", 1, "stays")]
    assert list(store.things(NUMBERS)) == []


def test_everything_is_there_after_close_and_open(store: Store) -> None:
    """A store can be closed twice, and goes on."""
    store.put(WORDS, "a", 1, "kept")
    store.close()
    store.close()
    store.open()
    store.put(WORDS, "a", 2, "later")
    store.flush()
    assert words(store) == [("a", 1, "kept"), ("a", 2, "later")]


def test_content_is_kept_byte_by_byte(store: Store) -> None:
    """Line breaks and any bytes in a file, and any characters in its name."""
    upload = UploadRow("n\nä\ud800.png", "video_generation", 1.25, bytes(range(256)) * 3 + b"\n\n")
    store.put(UPLOADS, "a", 1, upload)
    assert list(store.things(UPLOADS)) == [("a", 1, upload)]


def test_many_threads_at_the_same_time(store: Store) -> None:
    """Each finds what it has put, in its order, whatever the others do; batches are larger than one commit."""
    each, owners = BATCH // 2, [f"owner {number}" for number in range(8)]

    def work(owner: str) -> None:
        for name in range(each):
            store.put(WORDS, owner, name, f"{owner} {name}")
            if name % 50 == 0:
                store.flush()
        store.flush()

    threads = [threading.Thread(target=work, args=(owner,)) for owner in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for owner in owners:
        assert words(store, owner) == [(owner, name, f"{owner} {name}") for name in range(each)]


# The file alone


def test_the_file_is_there_after_the_process(path: str) -> None:
    """Another store reads what the first one kept, and knows that it is not the first."""
    first = SqliteStore(path)
    first.put(WORDS, "a", 1, "kept")
    first.close()
    second = SqliteStore(path)
    assert (first.opened, second.opened) == (1, 2)
    assert words(second) == [("a", 1, "kept")]
    second.close()


def test_what_was_flushed_stands_in_the_file_without_a_close(path: str, tmp_path: Path) -> None:
    """A copy of the files, which is what a killed process leaves, holds everything that was flushed."""
    store = SqliteStore(path)
    for name in range(100):
        store.put(WORDS, "a", name, "kept")
    store.flush()
    copy = tmp_path / "copy.db"
    for ending in ("", "-wal"):
        Path(str(copy) + ending).write_bytes(Path(path + ending).read_bytes())
    store.close()
    other = SqliteStore(str(copy))
    assert len(words(other)) == 100
    other.close()


def test_the_file_is_for_its_owner_alone(path: str) -> None:
    """It holds keys and prompts."""
    SqliteStore(path).close()
    assert Path(path).stat().st_mode & 0o077 == 0


def test_space_is_given_back(path: str) -> None:
    """A file out of which much was removed is small again after a close."""
    store = SqliteStore(path)
    for name in range(50):
        store.put(UPLOADS, "a", name, UploadRow("x", "p", 0.0, bytes(1_000_000)))
    store.flush()
    store.remove_owner("a")
    store.close()
    assert Path(path).stat().st_size < 1_000_000


def complaint(path: str) -> str:
    """The line with which a file is refused."""
    with pytest.raises(StartupError) as caught:
        SqliteStore(path)
    text = str(caught.value)
    assert text.startswith("--state: ")
    assert len(text.splitlines()) == 1
    return text


def test_a_file_of_somebody_else_is_refused_and_left_alone(path: str, tmp_path: Path) -> None:
    """Text, a folder, no folder, another program's database."""
    Path(path).write_text("no database, but long enough to be taken for one" * 50)
    before = Path(path).read_bytes()
    assert "no SQLite database" in complaint(path)
    assert Path(path).read_bytes() == before
    assert "cannot be opened: Is a directory" in complaint(str(tmp_path))
    assert "cannot be opened: No such file or directory" in complaint(str(tmp_path / "none" / "x.db"))
    foreign = str(tmp_path / "foreign.db")
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = Path(foreign).read_bytes()
    assert "another program" in complaint(foreign)
    assert Path(foreign).read_bytes() == before


def test_a_file_of_a_newer_version_is_refused(path: str) -> None:
    """The format is a number in the file."""
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    assert "newer minimax-mock (format 2)" in complaint(path)


def test_a_file_with_holes_is_refused(path: str) -> None:
    """What was overwritten is told, and nothing is guessed."""
    store = SqliteStore(path)
    store.put(WORDS, "a", 1, "kept")
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE word SET value = x'00'")
    connection.commit()
    connection.close()
    store = SqliteStore(path)
    with pytest.raises(StartupError, match="holds a broken word"):
        list(store.things(WORDS))
    store.close()


def test_one_file_has_one_owner(path: str) -> None:
    """The second is refused while the first has it, and takes it afterwards."""
    first = SqliteStore(path)
    assert "another mock, or another program, has it open" in complaint(path)
    first.close()
    SqliteStore(path).close()


def test_a_refused_owner_takes_no_lock_away(path: str) -> None:
    """After a second one in the same process was refused, another process is refused as well."""
    first = SqliteStore(path)
    assert "has it open" in complaint(path)
    elsewhere = subprocess.run(
        [sys.executable, "-c", f"from {SqliteStore.__module__} import SqliteStore; SqliteStore({path!r})"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (elsewhere.returncode, "has it open" in elsewhere.stderr) == (1, True)
    first.close()


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    """A directory and a FIFO; a link that leads nowhere is a new file, for its owner alone."""
    os.mkfifo(tmp_path / "fifo")
    assert complaint(str(tmp_path)).endswith("cannot be opened: Is a directory")
    assert complaint(str(tmp_path / "fifo")).endswith("cannot be opened: it is no regular file")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    SqliteStore(str(tmp_path / "link")).close()
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o600


def test_an_owner_that_comes_back_too_late_is_refused(path: str) -> None:
    """Somebody else has changed the file between close and open."""
    first = SqliteStore(path)
    first.close()
    SqliteStore(path).close()
    with pytest.raises(StartupError, match="another mock has changed"):
        first.open()


@pytest.fixture
def small(path: str) -> Iterator[tuple[SqliteStore, Callable[[int], None], list[str]]]:
    """A store whose file cannot grow beyond so many pages, how to let it, and what it told."""
    told: list[str] = []
    store = SqliteStore(path, told.append)

    def allow(pages: int) -> None:
        assert store._file is not None
        store._file._connection.execute(f"PRAGMA max_page_count = {pages}")

    yield store, allow, told
    store.close()


def test_a_full_disk_is_told_and_nothing_is_lost_once_there_is_room(
    small: tuple[SqliteStore, Callable[[int], None], list[str]],
) -> None:
    """Who waits gets the error, and it is told once; what could not be kept is kept later."""
    store, allow, told = small
    store.put(UPLOADS, "a", 0, UploadRow("x", "p", 0.0, bytes(10_000)))
    store.flush()
    allow(20)
    for name in (1, 2):
        store.put(UPLOADS, "a", name, UploadRow("x", "p", 0.0, bytes(100_000)))
        with pytest.raises(StoreError, match="full"):
            store.flush()
    store.flush()  # nothing new was put
    assert len(told) == 1
    assert "full" in told[0]
    allow(100_000)
    store.put(WORDS, "a", 1, "kept")
    store.flush()
    assert [name for _, name, _ in store.things(UPLOADS)] == [0, 1, 2]


def test_too_much_that_waits_ends_the_keeping(
    small: tuple[SqliteStore, Callable[[int], None], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded: then every flush says so, even where nothing was put."""
    store, allow, _ = small
    store.put(WORDS, "a", 1, "kept")
    store.flush()
    allow(10)
    monkeypatch.setattr("mock_server.world.store_sqlite.MOST_WAITING_BYTES", 300_000)
    for name in range(5):
        store.put(UPLOADS, "a", name, UploadRow("x", "p", 0.0, bytes(100_000)))
    for _ in range(2):
        with pytest.raises(StoreError, match="nothing is kept any more"):
            store.flush()
    assert words(store) == [("a", 1, "kept")]


def test_a_closed_store_refuses(path: str) -> None:
    """What comes after the close is not kept, and says so."""
    store = SqliteStore(path)
    store.close()
    store.put(WORDS, "a", 1, "late")
    with pytest.raises(StoreError, match="is closed"):
        store.flush()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_a_forked_process_is_refused(path: str) -> None:
    """Two processes would write over each other; the one that opened the file goes on."""
    store = SqliteStore(path)
    child = os.fork()
    if child == 0:
        try:
            store.put(WORDS, "a", 1, "of the child")
        except StoreError:
            os._exit(17)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 17
    store.put(WORDS, "a", 1, "of the parent")
    store.flush()
    assert words(store) == [("a", 1, "of the parent")]
    store.close()
