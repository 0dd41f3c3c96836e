"""The money of one account: what is left, what is held back, and what its creates would have cost."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mock_server.world.kept import PurseRow
from mock_server.world.task import Task

# So many moments of tasks that are gone are kept before they are cleared away.
_STALE = 100


@dataclass(frozen=True, slots=True)
class Ledger:
    """Accepted creates and their list price, in thousandths of a dollar. Only finished videos are charged (documented)."""

    creates: int
    list_price: int
    failed: int
    charged: int

    def as_dict(self, as_of: str) -> dict[str, Any]:
        """The ledger as JSON data, in dollars, with the date of the price list."""
        return {
            "creates": self.creates, "list_price_usd": self.list_price / 1000, "failed": self.failed,
            "charged_usd": self.charged / 1000, "prices_as_of": as_of,
        }  # fmt: skip


class Purse:
    """Guarded by the lock of the account that owns it. All amounts are thousandths of a dollar."""

    def __init__(self, balance: int | None) -> None:
        self._initial = balance
        # What running and finished tasks hold back, and creates that are not tasks yet.
        self._committed = 0
        self._creates = 0
        self._list_price = 0
        # Tasks that will fail, or have failed: their money comes back when they do.
        self._doomed: dict[int, Task] = {}
        # When time will end one of those, as a heap, so that nothing looks at all of them; some may be gone already.
        self._due: list[tuple[float, int]] = []
        self._failed = 0
        self._given_back = 0
        # What the tasks that are kept do not tell: a balance set by hand, and what became of those that are gone.
        self._by_hand = False
        self._gone = PurseRow()

    @property
    def row(self) -> PurseRow:
        """What is kept of it beside the tasks."""
        return replace(self._gone, initial=self._initial if self._by_hand else None, by_hand=self._by_hand)

    def go_on(self, row: PurseRow, tasks: Sequence[Task]) -> None:
        """Goes on from what was kept, and the tasks that are there."""
        self._gone = row
        if row.by_hand:
            self._initial, self._by_hand = row.initial, True
        self._creates, self._list_price = row.creates, row.list_price
        self._failed, self._given_back = row.failed, row.given_back
        for task in tasks:
            self._creates += 1
            self._list_price += task.price
        self._committed = self._list_price - self._given_back
        for task in filter(_fails, tasks):
            self._expect_failure(task)
            if task.ends_at() is None and task.state(task.last_poll).ended:  # a query has ended it before
                self.failed(task)

    def balance(self, now: float) -> int | None:
        """What is left; None when the account is not limited."""
        self._settle(now)
        return None if self._initial is None else self._initial - self._committed

    def set_balance(self, balance: int | None, now: float) -> None:
        """Makes so much available from now on, whatever is held back."""
        self._settle(now)
        self._initial = None if balance is None else balance + self._committed
        self._by_hand = True

    def reserve(self, price: int, now: float) -> int | None:
        """Sets money aside; gives None, or the balance that did not suffice."""
        balance = self.balance(now)
        if balance is not None and balance < price:
            return balance
        self._committed += price
        return None

    def release(self, price: int) -> None:
        """Gives back what was set aside for a task that was never made."""
        self._committed -= price

    def spend(self, task: Task) -> None:
        """A create was accepted, for which the money is set aside."""
        self._creates += 1
        self._list_price += task.price
        if task.plan.fail_code is not None:
            self._expect_failure(task)

    def ended_by_hand(self, task: Task) -> None:
        """Somebody ended the task, perhaps otherwise than was planned."""
        if task.verdict is not None and task.verdict.status == "Fail":
            self._expect_failure(task)
        else:
            self._doomed.pop(task.id, None)

    def failed(self, task: Task) -> None:
        """The task has failed, or is taken for failed: its money comes back, once."""
        if self._doomed.pop(task.id, None) is not None:
            self._give_back(task)
            if len(self._due) > 2 * len(self._doomed) + _STALE:
                self._due = [moment for moment in self._due if moment[1] in self._doomed]
                heapq.heapify(self._due)

    def forget(self, task: Task) -> None:
        """The task is forgotten; one that was to fail is taken for failed."""
        self.failed(task)
        gone, fails = self._gone, _fails(task)
        self._gone = replace(
            gone, creates=gone.creates + 1, list_price=gone.list_price + task.price, failed=gone.failed + fails,
            given_back=gone.given_back + (task.price if fails else 0),
        )  # fmt: skip

    def ledger(self, now: float) -> Ledger:
        """What the creates of this account would have cost so far."""
        self._settle(now)
        return Ledger(self._creates, self._list_price, self._failed, self._list_price - self._given_back)

    def _expect_failure(self, task: Task) -> None:
        self._doomed[task.id] = task
        end = task.ends_at()
        if end is not None:  # else a query ends it, and whoever answers that says so
            heapq.heappush(self._due, (end, task.id))

    def _settle(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            _, task_id = heapq.heappop(self._due)
            if task_id in self._doomed:
                self._give_back(self._doomed.pop(task_id))

    def _give_back(self, task: Task) -> None:
        self._failed += 1
        self._given_back += task.price
        self._committed -= task.price


def _fails(task: Task) -> bool:
    """Whether the task has failed or will fail."""
    return task.plan.fail_code is not None if task.verdict is None else task.verdict.status == "Fail"
