"""Moves the clocks of accounts on, and runs everything that is due on the way, in order.

A clock stops at each moment at which something is to be sent, until that has been answered; so a receiver that asks
back sees the moment it was called at. Runs on the callbacks' event loop.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from mock_server.callbacks.outbox import Message
from mock_server.callbacks.record import Delivery, DeliveryRecord
from mock_server.callbacks.updates import Updates
from mock_server.clock import ManualClock
from mock_server.world.account import Account
from mock_server.world.order import Change
from mock_server.world.task import Task


@dataclass(slots=True)
class Advanced:
    """What an advance did to one account: where its clock is now, what happened, and what is still under way."""

    account: Account
    now: float
    changes: list[Change] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    pending: list[tuple[Task, Message]] = field(default_factory=list)


@dataclass(slots=True)
class Turn:
    """Whose turn it is to advance an account, and where to."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    target: float = 0.0
    # Where the record stood when an advance left something pending: the next one tells what became of it.
    untold: int | None = None

    async def begins_before(self, end: float) -> bool:
        """Waits until nobody else advances the account, or until `end` (the loop's time), which gives False."""
        try:
            async with asyncio.timeout_at(end):
                await self.lock.acquire()
        except TimeoutError:
            return False
        return True


class Advancing:
    """One advance of an account at a time; a second one waits for the first, and both count."""

    def __init__(self, updates: Updates, record: DeliveryRecord) -> None:
        self._updates = updates
        self._record = record
        self._turns: WeakKeyDictionary[Account, Turn] = WeakKeyDictionary()

    async def advance(
        self, accounts: Sequence[tuple[Account, ManualClock]], seconds: float, deadline: float
    ) -> list[Advanced]:
        """Moves every clock on by so many seconds; waits no longer than `deadline` real seconds for receivers."""
        end = asyncio.get_running_loop().time() + deadline
        return await asyncio.gather(*(self._advance(account, clock, seconds, end) for account, clock in accounts))

    async def _advance(self, account: Account, clock: ManualClock, seconds: float, end: float) -> Advanced:
        turn = self._turns.setdefault(account, Turn())
        mark = self._record.mark()
        if await turn.begins_before(end):
            mark = self._record.mark() if turn.untold is None else turn.untold
            try:
                changes = await self._run(account, clock, turn, seconds, end)
                pending = self._updates.under_way(account)
                turn.untold = self._record.mark() if pending else None
            finally:
                turn.lock.release()
        else:  # the other one is held up, perhaps by a receiver that waits for this answer; it tells what happens
            turn.target += seconds
            changes, pending = [], self._updates.under_way(account)
            clock.advance(seconds)
        return Advanced(account, clock.now(), changes, self._record.since(mark, account.key), pending)

    async def _run(self, account: Account, clock: ManualClock, turn: Turn, seconds: float, end: float) -> list[Change]:
        """Moves on from message to message; gives what time brought, in order."""
        start = clock.now()
        turn.target = start + seconds
        expected = account.changes(start, turn.target)
        await self._updates.settle(account, end)
        while not self._late(end) and (moment := self._updates.next_moment(account)) is not None:
            if moment > turn.target:
                break
            clock.advance_to(moment)
            await self._updates.settle(account, end)
        clock.advance_to(turn.target)
        await self._updates.settle(account, end)
        return _told(expected, account.changes(start, turn.target))

    @staticmethod
    def _late(end: float) -> bool:
        return asyncio.get_running_loop().time() >= end


def _told(expected: list[Change], seen: list[Change]) -> list[Change]:
    """What is seen afterwards, since receivers that ask back may have changed what was expected.

    Only places in the rate window that became free are no longer seen once another create took them.
    """
    missing = Counter(change.at for change in expected if change.kind == "rate-window")
    missing.subtract(change.at for change in seen if change.kind == "rate-window")
    freed = [Change(at, "rate-window") for at, count in missing.items() for _ in range(count)]
    return sorted(seen + freed, key=lambda change: change.at)
