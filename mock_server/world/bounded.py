"""A bounded list of what happened, for all accounts together: the oldest goes first, and is counted for its account."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mock_server.world.signal import Signal

Item = TypeVar("Item")
COUNTED_ACCOUNTS = 10_000


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Item]):
    number: int
    account: str | None
    size: int
    item: Item


class Bounded(Generic[Item]):
    """The newest items by their identifier, bounded in number and in bytes. It owns its lock."""

    def __init__(
        self,
        *,
        max_items: int,
        max_bytes: int,
        dropped: Callable[[str, str | None, int], None] = lambda _id, _account, _count: None,
    ) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept[Item]] = OrderedDict()
        self._added = 0
        self._bytes = 0
        self._dropped: dict[str | None, int] = {}
        self._dropped_by_anyone = 0
        # Told which item had to go, of which account, and how many of that account have gone.
        self._tell_dropped = dropped
        self.signal = Signal()

    def put(self, item_id: str, account: str | None, item: Item, size: int) -> None:
        """Adds an item that takes so many bytes; the oldest ones go while there are too many."""
        with self._lock:
            replaced = self._kept.pop(item_id, None)
            self._added += 1
            self._kept[item_id] = _Kept(self._added, account, size, item)
            self._bytes += size - (replaced.size if replaced else 0)
            while len(self._kept) > self._max_items or (self._bytes > self._max_bytes and len(self._kept) > 1):
                old_id, old = self._kept.popitem(last=False)
                self._bytes -= old.size
                self._tell_dropped(old_id, old.account, self._count_dropped(old.account))
        self.signal.changed()

    def get(self, item_id: str) -> Item | None:
        """The item of that identifier."""
        with self._lock:
            found = self._kept.get(item_id)
            return found.item if found else None

    def items(self, account: str | None = None) -> tuple[list[Item], int]:
        """All items, or those of one account, oldest first, and how many more there were."""
        with self._lock:
            kept = [each.item for each in self._kept.values() if account is None or each.account == account]
            dropped = sum(self._dropped.values()) if account is None else self._dropped.get(account, 0)
            return kept, dropped + self._dropped_by_anyone

    def mark(self) -> int:
        """A place in the list; `since` gives what came after it."""
        with self._lock:
            return self._added

    def since(self, mark: int, account: str) -> list[Item]:
        """The items of an account that came after a place, as far as they are kept."""
        found: list[Item] = []
        with self._lock:
            for each in reversed(self._kept.values()):
                if each.number <= mark:
                    break
                if each.account == account:
                    found.append(each.item)
        return found[::-1]

    def clear(self, account: str | None = None) -> set[str | None]:
        """Forgets all items, or those of one account, and their count of dropped ones; gives the accounts that had any."""
        with self._lock:
            had = {each.account for each in self._kept.values()} | set(self._dropped)
            for item_id in [id_ for id_, each in self._kept.items() if account in (None, each.account)]:
                self._bytes -= self._kept.pop(item_id).size
            if account is None:
                self._dropped.clear()
                self._dropped_by_anyone = 0
            else:
                self._dropped.pop(account, None)
        return had if account is None else had & {account}

    def dropped_before(self, account: str | None, count: int) -> None:
        """So many items of an account had to go before this start."""
        with self._lock:
            self._dropped[account] = self._dropped.get(account, 0) + count

    def _count_dropped(self, account: str | None) -> int:
        """Counts for the account; of very many the count that began first becomes everybody's, so that none is lost."""
        self._dropped[account] = count = self._dropped.get(account, 0) + 1
        if len(self._dropped) > COUNTED_ACCOUNTS:
            self._dropped_by_anyone += self._dropped.pop(next(iter(self._dropped)))
        return count
