"""The journal: bounded, counted for each account, and without keys."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mock_server.errors import Violation
from mock_server.world.journal import Entry, Journal, redacted

PLENTY = 10_000_000


def _entry(name: str, account: str | None = "key-of-a", size: int = 0, violations: int = 0) -> Entry:
    return Entry(
        id=name, account=account, time=1.23456, operation="create", method="POST", path="/v1/video_generation", code=0,
        http_status=200, milliseconds=0.98765, request={"body": "x" * size}, answer={"task_id": "1"},
        violations=tuple(Violation("prompt", "/prompt") for _ in range(violations)), notes=({"note": "advice"},),
    )  # fmt: skip


def _names(journal: Journal, account: str | None = None) -> list[str]:
    return [entry.id for entry in journal.entries(account)[0]]


def test_oldest_entries_go_when_there_are_too_many() -> None:
    """The newest entries stay in their order, and how many went is known."""
    journal = Journal(max_entries=3, max_bytes=PLENTY)
    for number in range(5):
        journal.add(_entry(str(number)))
    assert (_names(journal), journal.entries()[1]) == (["2", "3", "4"], 2)
    assert journal.get("1") is None
    assert journal.get("2") is not None


def test_oldest_entries_go_when_they_are_too_large() -> None:
    """Large entries push out older ones until what is kept fits, however few entries these are."""
    journal = Journal(max_entries=100, max_bytes=10_000)
    for number in range(4):
        journal.add(_entry(str(number)))
    journal.add(_entry("large", size=9_000))
    assert (_names(journal), journal.entries()[1]) == (["large"], 4)


def test_bytes_of_entries_that_went_are_free_again() -> None:
    """Entries that were pushed out or cleared no longer count: the journal keeps as many as at its start."""
    journal = Journal(max_entries=100, max_bytes=10_000)
    for number in range(200):
        journal.add(_entry(str(number), size=2_000))
    steady = len(_names(journal))
    assert 2 <= steady <= 5
    journal.clear()
    for number in range(steady):
        journal.add(_entry(f"again {number}", size=2_000))
    assert len(_names(journal)) == steady


def test_violations_count_as_bytes() -> None:
    """An entry with many broken rules is a large one."""
    journal = Journal(max_entries=100, max_bytes=10_000)
    journal.add(_entry("small"))
    journal.add(_entry("large", violations=30))
    assert _names(journal) == ["large"]


@pytest.mark.parametrize("value", ["x" * 9_000, ["x" * 10] * 900, Path("x" * 9_000)])
def test_whatever_an_entry_holds_counts_as_bytes(value: Any) -> None:
    """A text that occurs again counts again, and so does a value that is no plain one."""
    journal = Journal(max_entries=100, max_bytes=10_000)
    journal.add(_entry("small"))
    journal.add(replace(_entry("large"), answer={"value": value}))
    assert _names(journal) == ["large"]


def test_newest_entry_stays_even_if_it_is_too_large() -> None:
    """One entry beyond the limit is kept while it is the newest, so that it can be looked at."""
    journal = Journal(max_entries=100, max_bytes=10_000)
    journal.add(_entry("huge", size=1_000_000))
    assert _names(journal) == ["huge"]
    journal.add(_entry("next"))
    assert _names(journal) == ["next"]


def test_dropped_entries_are_counted_for_each_account() -> None:
    """Each account knows how many of its own entries went, and the sum counts all."""
    journal = Journal(max_entries=2, max_bytes=PLENTY)
    for name, account in (("1", "a"), ("2", "b"), ("3", "a"), ("4", None), ("5", "c"), ("6", "c")):
        journal.add(_entry(name, account))
    assert [journal.entries(account)[1] for account in ("a", "b", "c", "nobody")] == [2, 1, 0, 0]
    assert journal.entries()[1] == 4
    assert _names(journal, "c") == ["5", "6"]


def test_clearing_one_account_leaves_the_others() -> None:
    """Entries and counts of one account go; all others stay, those without an account included."""
    journal = Journal(max_entries=3, max_bytes=PLENTY)
    for name, account in (("1", "a"), ("2", "b"), ("3", "a"), ("4", "b"), ("5", None)):
        journal.add(_entry(name, account))
    journal.clear("a")
    assert (_names(journal), journal.entries("a"), journal.entries("b")[1]) == (["4", "5"], ([], 0), 1)
    journal.clear("nobody")
    assert _names(journal) == ["4", "5"]
    journal.clear()
    assert (journal.entries(), journal.entries("b")) == (([], 0), ([], 0))


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk-api-0123456789", "…6789"), ("12345678", "…5678"), ("1234567", "…567"), ("1234", "…34"), ("123", "…3"),
        ("12", "…2"), ("1", "…"), ("", "…"),
    ],
)  # fmt: skip
def test_key_is_cut_to_its_end(key: str, shown: str) -> None:
    """Never more than four characters of a key are shown, and never more than half of it."""
    assert redacted(key) == shown


def test_entry_as_data_shows_no_key() -> None:
    """What goes out is JSON, has the numbers rounded, and holds only the end of the key."""
    data: dict[str, Any] = _entry("1", "sk-api-0123456789", violations=1).as_dict()
    assert data["account"] == "…6789"
    assert "0123456789" not in json.dumps(data)
    assert (data["time"], data["milliseconds"]) == (1.235, 0.988)
    assert data["violations"][0]["rule"] == "prompt"
    assert data["notes"] == [{"note": "advice"}]


def test_entry_without_a_key_says_so() -> None:
    """A call that belongs to no account has none in its entry."""
    assert _entry("1", None).as_dict()["account"] is None
