"""When a task's receiver is told what, and that it is told in order, one message at a time.

Runs on the callbacks' event loop. A watch looks at its task whenever something may have changed (a timer, a query of the
client, a clock that was moved) and sends what is due by then; the messages of one task never overtake each other, and
tasks never wait for each other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mock_server.callbacks.payloads import update_message
from mock_server.callbacks.record import Delivery
from mock_server.contract.contract import Contract
from mock_server.world.account import Account
from mock_server.world.task import Task

# Messages under way at the same time, in all and to one receiver: a receiver that never answers holds up only itself.
AT_ONCE = 1024
AT_ONCE_TO_ONE = 32
_SHORTEST_WAIT = 0.001
# How many watches of one account come together before forgotten tasks are looked for among them.
_SWEEP = 256


@dataclass(slots=True, eq=False)
class _Watch:
    """A task whose receiver is not yet told everything: how many messages went out, and what it waits for."""

    account: Account
    task: Task
    sent: int = 0
    delivering: bool = False
    finished: bool = False
    timer: asyncio.TimerHandle | None = None


class Updates:
    """Sends the updates of all tasks. `deliver` carries one message, `record` keeps what became of it."""

    def __init__(
        self,
        contract: Contract,
        deliver: Callable[[Account, Task, int, dict[str, Any]], Awaitable[Delivery]],
        record: Callable[[Delivery], None],
    ) -> None:
        self._contract = contract
        self._deliver = deliver
        self._record = record
        self._stopped = False
        self._watches: dict[Account, dict[int, _Watch]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._slots_to_one: dict[str, asyncio.Semaphore] = {}
        self._waiting_for_one: Counter[str] = Counter()
        self._running: set[asyncio.Task[None]] = set()

    def watch(self, account: Account, task: Task) -> None:
        """Begins to tell the task's receiver."""
        if self._stopped or not account.holds(task):
            return
        watch = _Watch(account, task)
        if account not in self._watches:
            self._watches[account] = {}
            loop = asyncio.get_running_loop()
            account.clock.when_moved(lambda: _soon(loop, self.look, account))
        watches = self._watches[account]
        watches[task.id] = watch
        if len(watches) % _SWEEP == 0:
            for each in list(watches.values()):
                self._drop_if_forgotten(each)
        self._look(watch)

    def look(self, account: Account, task_id: int | None = None) -> None:
        """Something may have changed: for one task of the account, or for all."""
        watches = self._watches.get(account, {})
        for watch in list(watches.values()) if task_id is None else [watches[task_id]] if task_id in watches else []:
            self._look(watch)

    def forget(self, account: Account) -> None:
        """The account is gone: nothing more is sent for it."""
        for watch in self._watches.pop(account, {}).values():
            self._finish(watch)

    async def stop(self) -> None:
        """Cancels what is under way and everything that is due later."""
        self._stopped = True
        for account in list(self._watches):
            self.forget(account)
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _look(self, watch: _Watch) -> None:
        if watch.delivering or watch.finished or self._stopped or self._drop_if_forgotten(watch):
            return
        if watch.timer is not None:
            watch.timer.cancel()
            watch.timer = None
        if self._due(watch) is not None:
            watch.delivering = True
            running = asyncio.get_running_loop().create_task(self._deliver_due(watch))
            self._running.add(running)
            running.add_done_callback(self._running.discard)
        elif watch.account.clock.runs and (when := self._next_moment(watch)) is not None:
            wait = max(when - watch.account.clock.now(), _SHORTEST_WAIT)
            watch.timer = asyncio.get_running_loop().call_later(wait, self._look, watch)

    async def _deliver_due(self, watch: _Watch) -> None:
        try:
            while not watch.finished and (message := self._due(watch)) is not None:
                await self._deliver_one(watch, message)
                watch.sent += 1
                if watch.sent == 2 or message["status"] != "processing":
                    self._watches.get(watch.account, {}).pop(watch.task.id, None)
                    self._finish(watch)
        finally:
            watch.delivering = False
        self._look(watch)

    async def _deliver_one(self, watch: _Watch, message: dict[str, Any]) -> None:
        receiver = watch.task.callback_url or ""
        self._waiting_for_one[receiver] += 1
        try:
            async with self._slots_to_one.setdefault(receiver, asyncio.Semaphore(AT_ONCE_TO_ONE)), self._slots:
                if watch.finished:
                    return
                delivery = await self._deliver(watch.account, watch.task, watch.sent + 1, message)
                if not watch.finished:  # else the account was reset meanwhile, and its record is empty
                    self._record(delivery)
        finally:
            self._waiting_for_one[receiver] -= 1
            if not self._waiting_for_one[receiver]:
                del self._waiting_for_one[receiver], self._slots_to_one[receiver]

    def _due(self, watch: _Watch) -> dict[str, Any] | None:
        """The message that is due now: `processing` first, unless the input was refused before it came to that."""
        state = watch.task.state(watch.account.clock.now())
        reached_processing = state.status in ("Processing", "Success", "Fail") and not watch.task.plan.stopped_early
        if watch.sent == 0 and reached_processing:
            return update_message(watch.task, None, self._contract)
        return update_message(watch.task, state, self._contract) if state.ended else None

    def _next_moment(self, watch: _Watch) -> float | None:
        """When time alone will bring the next message; None while queries of the client decide."""
        return watch.task.processing_at() if watch.sent == 0 else watch.task.ends_at()

    def _drop_if_forgotten(self, watch: _Watch) -> bool:
        """Ends the watch of a task that its account no longer has."""
        if watch.account.holds(watch.task):
            return False
        self._watches.get(watch.account, {}).pop(watch.task.id, None)
        self._finish(watch)
        return True

    def _finish(self, watch: _Watch) -> None:
        watch.finished = True
        if watch.timer is not None:
            watch.timer.cancel()
            watch.timer = None


def _soon(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: object) -> None:
    """Calls a function on the loop from any thread; does nothing once it is closed."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *arguments)
