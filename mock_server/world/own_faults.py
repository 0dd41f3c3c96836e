"""Faults of the mock itself: exceptions that nobody asked for, so that a test can fail because of them."""

from __future__ import annotations

import threading
from collections import deque

KEPT = 100


class OwnFaults:
    """The newest faults, each with the account it happened to, if it happened to one. It owns its lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: deque[tuple[int, str | None, str]] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, account: str | None, text: str) -> None:
        """Keeps a fault, in one line."""
        with self._lock:
            self._count += 1
            self._faults.append((self._count, account, text))

    def mark(self) -> int:
        """A place in the list; `since` gives what came after it."""
        with self._lock:
            return self._count

    def since(self, mark: int, account: str) -> list[str]:
        """The faults after a place that happened to an account, or to none in particular."""
        with self._lock:
            return [text for number, owner, text in self._faults if number > mark and owner in (None, account)]
