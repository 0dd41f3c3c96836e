"""The journal: what was asked, what was answered and why. Bounded by count and by bytes."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from mock_server.errors import Violation
from mock_server.world.signal import Signal

COUNTED_ACCOUNTS = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request with its answer. `account` is the key it belongs to; only its last characters are ever shown."""

    id: str
    account: str | None
    time: float
    operation: str
    method: str
    path: str
    code: int | None
    http_status: int
    milliseconds: float
    request: dict[str, Any]
    answer: dict[str, Any]
    violations: tuple[Violation, ...]
    notes: tuple[dict[str, Any], ...]
    # The rule that acted, as data.
    rule: dict[str, Any] | None = None
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The entry as JSON data, with the key redacted."""
        return {
            "id": self.id,
            "account": None if self.account is None else redacted(self.account),
            "seed": self.seed,
            "time": round(self.time, 3),
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "code": self.code,
            "http_status": self.http_status,
            "milliseconds": round(self.milliseconds, 3),
            "request": self.request,
            "answer": self.answer,
            "violations": [violation.as_dict() for violation in self.violations],
            "rule": self.rule,
            "notes": list(self.notes),
        }


class Journal:
    """The newest entries of all accounts. It owns its lock; entries never change once they are in."""

    def __init__(self, *, max_entries: int, max_bytes: int) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[Entry, int]] = OrderedDict()
        self._bytes = 0
        self._dropped: dict[str | None, int] = {}
        self._dropped_by_anyone = 0
        self.signal = Signal()

    def add(self, entry: Entry) -> None:
        """Records an entry; the oldest ones go while there are too many."""
        size = len(json.dumps([entry.path, entry.request, entry.answer, entry.notes, entry.rule], default=str))
        size += 500 * (1 + len(entry.violations))
        with self._lock:
            replaced = self._entries.pop(entry.id, None)
            self._entries[entry.id] = (entry, size)
            self._bytes += size - (replaced[1] if replaced else 0)
            while len(self._entries) > self._max_entries or (self._bytes > self._max_bytes and len(self._entries) > 1):
                _, (old, old_size) = self._entries.popitem(last=False)
                self._bytes -= old_size
                self._count_dropped(old.account)
        self.signal.changed()

    def get(self, entry_id: str) -> Entry | None:
        """The entry of that identifier."""
        with self._lock:
            found = self._entries.get(entry_id)
            return found[0] if found else None

    def entries(self, account: str | None = None) -> tuple[list[Entry], int]:
        """All entries, or those of one account, oldest first, and how many more there were."""
        with self._lock:
            kept = [entry for entry, _ in self._entries.values() if account is None or entry.account == account]
            dropped = sum(self._dropped.values()) if account is None else self._dropped.get(account, 0)
            return kept, dropped + self._dropped_by_anyone

    def clear(self, account: str | None = None) -> None:
        """Forgets all entries, or those of one account, and their count of dropped ones."""
        with self._lock:
            for entry_id in [id_ for id_, (entry, _) in self._entries.items() if account in (None, entry.account)]:
                self._bytes -= self._entries.pop(entry_id)[1]
            if account is None:
                self._dropped.clear()
                self._dropped_by_anyone = 0
            else:
                self._dropped.pop(account, None)

    def _count_dropped(self, account: str | None) -> None:
        """Counts for the account; the counts of those that are longest ago become everybody's, so that none is lost."""
        self._dropped[account] = self._dropped.get(account, 0) + 1
        if len(self._dropped) > COUNTED_ACCOUNTS:
            self._dropped_by_anyone += self._dropped.pop(next(iter(self._dropped)))


def redacted(key: str) -> str:
    """A key cut to its last four characters; of a short one no more than half is shown."""
    return "…" + key[-min(4, len(key) // 2) :] if len(key) >= 2 else "…"
