"""The journal: what was asked, what was answered and why. Bounded by count and by bytes."""

from __future__ import annotations

import json
import marshal
from dataclasses import dataclass
from typing import Any

from mock_server.errors import Violation
from mock_server.world.bounded import Bounded

# The newest format of `marshal` that writes a text out each time that it occurs.
_WITHOUT_SHARING = 2


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
    """The newest entries of all accounts. Entries never change once they are in."""

    def __init__(self, *, max_entries: int, max_bytes: int) -> None:
        self._entries: Bounded[Entry] = Bounded(max_items=max_entries, max_bytes=max_bytes)
        self.signal = self._entries.signal

    def add(self, entry: Entry) -> None:
        """Records an entry; the oldest ones go while there are too many."""
        self._entries.put(entry.id, entry.account, entry, _size(entry) + 500 * (1 + len(entry.violations)))

    def get(self, entry_id: str) -> Entry | None:
        """The entry of that identifier."""
        return self._entries.get(entry_id)

    def entries(self, account: str | None = None) -> tuple[list[Entry], int]:
        """All entries, or those of one account, oldest first, and how many more there were."""
        return self._entries.items(account)

    def clear(self, account: str | None = None) -> None:
        """Forgets all entries, or those of one account, and their count of dropped ones."""
        self._entries.clear(account)


def redacted(key: str) -> str:
    """A key cut to its last four characters; of a short one no more than half is shown."""
    return "…" + key[-min(4, len(key) // 2) :] if len(key) >= 2 else "…"


def _size(entry: Entry) -> int:
    """How long an entry is when it is packed, which takes a fifth of the time that JSON takes."""
    kept = (entry.path, entry.request, entry.answer, entry.notes, entry.rule)
    try:
        return len(marshal.dumps(kept, _WITHOUT_SHARING))
    except ValueError:  # something in it is no plain value
        return len(json.dumps(kept, default=str))
