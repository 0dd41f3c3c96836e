"""Moves the clocks of accounts on, and runs everything that is due on the way, in order.

A clock stops at each moment at which something is to be sent, until that has been answered; so a receiver that asks
back sees the moment it was called at. Runs on the callbacks' event loop.
"""

from __future__ import annotations

import asyncio
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


class Advancing:
    """One advance of an account at a time; a second one waits for the first, and both count."""

    def __init__(self, updates: Updates, record: DeliveryRecord) -> None:
        self._updates = updates
        self._record = record
        self._turns: WeakKeyDictionary[Account, asyncio.Lock] = WeakKeyDictionary()

    async def advance(
        self, accounts: Sequence[tuple[Account, ManualClock]], seconds: float, deadline: float
    ) -> list[Advanced]:
        """Moves every clock on by so many seconds; waits no longer than `deadline` real seconds for receivers."""
        end = asyncio.get_running_loop().time() + deadline
        return await asyncio.gather(*(self._advance(account, clock, seconds, end) for account, clock in accounts))

    async def _advance(self, account: Account, clock: ManualClock, seconds: float, end: float) -> Advanced:
        async with self._turns.setdefault(account, asyncio.Lock()):
            start = clock.now()
            target = start + seconds
            mark = self._record.mark()
            changes = account.changes(start, target)
            await self._updates.settle(account, end)
            while not self._late(end) and (moment := self._updates.next_moment(account)) is not None:
                if moment > target:
                    break
                clock.advance_to(moment)
                await self._updates.settle(account, end)
            clock.advance_to(target)
            await self._updates.settle(account, end)
            return Advanced(
                account, clock.now(), changes, self._record.since(mark, account.key), self._updates.under_way(account)
            )

    @staticmethod
    def _late(end: float) -> bool:
        return asyncio.get_running_loop().time() >= end
