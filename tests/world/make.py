"""Makes tasks, orders and accounts with plain values, so that a test names only what it is about."""

from __future__ import annotations

from mock_server.clock import ManualClock
from mock_server.world.account import Account
from mock_server.world.order import Limits, Order
from mock_server.world.task import Plan, Task

PRICE = 280
ORDER = Order("MiniMax-Hailuo-2.3", "768P", 6, "A fox runs.", PRICE)
QUICK = Plan(10.0)


def task(plan: Plan, created_at: float = 1000.0) -> Task:
    """A task with that plan."""
    return Task(1, 2, ORDER.model, ORDER.resolution, ORDER.duration, ORDER.prompt, PRICE, plan, created_at)


def account(
    clock: ManualClock,
    *,
    key: str = "key",
    seed: int = 1,
    rpm: int | None = None,
    balance: int | None = None,
    max_tasks: int = 100,
) -> Account:
    """An account on that clock."""
    return Account(key, seed=seed, opened_before=0, clock=clock, limits=Limits(rpm, balance, max_tasks))
