"""When a task's receiver is told what.

Runs on the callbacks' event loop. A watch looks at its task whenever something may have changed (a timer, a query of the
client, a clock that was moved), writes the messages that are due by then, and sends them one at a time; tasks never wait
for each other. Without a rule that says otherwise the messages of one task go out in order.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from mock_server.callbacks.kept import OUTBOXES, OutboxRow
from mock_server.callbacks.outbox import Message, Outbox
from mock_server.callbacks.places import Places
from mock_server.callbacks.record import Delivery
from mock_server.contract.contract import Contract
from mock_server.world.account import Account
from mock_server.world.restoring import RuleReader
from mock_server.world.rule import Acting, Occasion
from mock_server.world.task import Task

_SHORTEST_WAIT = 0.001
# How many watches of one account come together before forgotten tasks are looked for among them.
_SWEEP = 256
# Watches whose time has come at the same moment are looked at so many at once; then the loop sees to everything else.
_TOGETHER = 32


class Release:
    """Set once the messages of a task may go out. Smaller than an event, since every running task has one."""

    __slots__ = ("_set", "_waiting")

    def __init__(self) -> None:
        self._set = False
        self._waiting: list[asyncio.Future[None]] | None = None

    def is_set(self) -> bool:
        """Whether they may."""
        return self._set

    def set(self) -> None:
        """They may from now on."""
        self._set = True
        for waiting in self._waiting or ():
            if not waiting.done():
                waiting.set_result(None)
        self._waiting = None

    async def wait(self) -> None:
        """Waits until they may."""
        if not self._set:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting = [*(self._waiting or ()), waiting]
            await waiting


class Watch:
    """A task whose receiver is not yet told everything."""

    __slots__ = ("account", "finished", "noted", "outbox", "released", "running", "sending", "task", "timer")

    def __init__(self, account: Account, task: Task, outbox: Outbox) -> None:
        self.account = account
        self.task = task
        self.outbox = outbox
        self.finished = False
        # Set once its messages may go out: usually when the create call has been answered.
        self.released = Release()
        self.sending: Message | None = None
        self.running: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        # The moment at which it is looked at when somebody moves its clock there.
        self.noted: float | None = None

    def next_moment(self) -> float | None:
        """When time alone will bring something to send; None while queries of the client decide."""
        return self.outbox.next_moment(self.task)

    def finish(self) -> None:
        """Nothing more is sent."""
        self.finished = True
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Updates:
    """Sends the updates of all tasks. `deliver` carries one message, `record` keeps what became of it."""

    def __init__(
        self,
        contract: Contract,
        choose: Callable[[Account, Occasion, Task], Acting | None],
        deliver: Callable[[Account, Task, Message], Awaitable[Delivery]],
        record: Callable[[Delivery], None],
        *,
        retries: int,
    ) -> None:
        self._contract = contract
        self._choose = choose
        self._deliver = deliver
        self._record = record
        self._retries = retries
        self._stopped = False
        self._watches: dict[Account, dict[int, Watch]] = {}
        # When which watch of an account is to be looked at, the next first; only of clocks that are moved by hand.
        self._moments: dict[Account, list[tuple[float, int]]] = {}
        self.places = Places()
        self._due: deque[Watch] = deque()
        self._running: set[asyncio.Task[None]] = set()

    def watch(
        self, account: Account, task: Task, kept: OutboxRow | None = None, reader: RuleReader | None = None
    ) -> None:
        """Begins to watch a task, or goes on from what was kept; its receiver is told nothing until `release`."""
        if self._stopped or not account.holds(task):
            return
        outbox = Outbox(
            self._contract, lambda occasion: self._choose(account, occasion, task), retries=self._retries
        )  # fmt: skip
        if kept is not None and reader is not None:
            outbox.go_on(kept, reader)
        watch = Watch(account, task, outbox)
        if account not in self._watches:
            self._watches[account] = {}
            loop = asyncio.get_running_loop()
            account.clock.when_moved(lambda: _soon(loop, self.look_at_due, account))
        watches = self._watches[account]
        watches[task.id] = watch
        if len(watches) % _SWEEP == 0:
            for each in list(watches.values()):
                self._drop_if_forgotten(each)

    def release(self, account: Account, task_id: int, *, proven: bool = True) -> None:
        """The receiver of a task may be told from now on; of one that is not proven nothing is told."""
        watch = self._watches.get(account, {}).get(task_id)
        if watch is not None:
            watch.released.set()
            if proven:
                self._look(watch)
            else:
                self._end(watch)

    def look(self, account: Account, task_id: int) -> None:
        """Something may have changed for one task of the account."""
        if (watch := self._watches.get(account, {}).get(task_id)) is not None:
            self._look(watch)

    def look_at_due(self, account: Account) -> None:
        """The clock of the account was moved by hand: looks at every task whose moment has come."""
        watches, moments, now = self._watches.get(account, {}), self._moments.get(account, []), account.clock.now()
        due: list[Watch] = []
        while moments and moments[0][0] <= now:
            watch = watches.get(heapq.heappop(moments)[1])
            if watch is not None and watch.noted is not None and watch.noted <= now:
                watch.noted = None
                due.append(watch)
        for watch in due:
            self._look(watch)

    def next_moment(self, account: Account) -> float | None:
        """When moving the clock will bring the next message of the account."""
        watches, moments = self._watches.get(account, {}), self._moments.get(account, [])
        while moments:
            when, task_id = moments[0]
            if task_id in watches and watches[task_id].noted == when:
                return when
            heapq.heappop(moments)
        return None

    async def settle(self, account: Account, end: float | None = None, task_id: int | None = None) -> None:
        """Waits until what is due by now, for one task or all, was sent and answered, or until `end` (the loop's time)."""
        for watch in self._watches_of(account, task_id):
            if not watch.released.is_set():  # its create call is about to be answered
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(end):
                        await watch.released.wait()
        loop = asyncio.get_running_loop()
        if task_id is None:
            self.look_at_due(account)
        else:
            self.look(account, task_id)
        while running := [watch.running for watch in self._watches_of(account, task_id) if watch.running]:
            left = None if end is None else end - loop.time()
            if left is not None and left <= 0:
                return
            await asyncio.wait(running, timeout=left)

    def under_way(self, account: Account) -> list[tuple[Task, Message]]:
        """What is being sent right now, and what is due and waits for it."""
        now = account.clock.now()
        found: list[tuple[Task, Message]] = []
        for watch in self._watches.get(account, {}).values():
            if watch.sending is not None:
                # What fell due since is not written yet.
                if watch.outbox.write(watch.task, now, self._drop(watch)):
                    self._keep(watch)
                found += [(watch.task, each) for each in (watch.sending, *watch.outbox.all_due(now))]
        return found

    def forget(self, account: Account) -> None:
        """The account is gone: nothing more is sent for it."""
        self._moments.pop(account, None)
        for watch in self._watches.pop(account, {}).values():
            watch.released.set()
            watch.finish()

    async def stop(self) -> None:
        """Cancels what is under way and everything that is due later."""
        self._stopped = True
        for account in list(self._watches):
            self.forget(account)
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _watches_of(self, account: Account, task_id: int | None) -> list[Watch]:
        watches = self._watches.get(account, {})
        if task_id is None:
            return list(watches.values())
        return [watches[task_id]] if task_id in watches else []

    def _look(self, watch: Watch) -> None:
        if not watch.released.is_set() or watch.running or watch.finished or self._stopped:
            return
        if self._drop_if_forgotten(watch):
            return
        if watch.timer is not None:
            watch.timer.cancel()
            watch.timer = None
        if watch.outbox.write(watch.task, watch.account.clock.now(), self._drop(watch)):
            self._keep(watch)
        if watch.outbox.due(watch.account.clock.now()):
            watch.running = asyncio.get_running_loop().create_task(self._deliver_due(watch))
            self._running.add(watch.running)
            watch.running.add_done_callback(self._delivered)
        elif watch.outbox.complete:
            self._end(watch)
        elif (when := watch.next_moment()) is not None:
            wait = watch.account.clock.seconds_until(when)
            if wait is not None:
                watch.timer = asyncio.get_running_loop().call_later(max(wait, _SHORTEST_WAIT), self._fell_due, watch)
            elif watch.noted != when:
                watch.noted = when
                heapq.heappush(self._moments.setdefault(watch.account, []), (when, watch.task.id))

    def _fell_due(self, watch: Watch) -> None:
        """Thousands may fall due at the same moment; nobody else on the loop waits until all were looked at."""
        watch.timer = None
        self._due.append(watch)
        if len(self._due) == 1:
            asyncio.get_running_loop().call_soon(self._look_at_some)

    def _look_at_some(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(min(_TOGETHER, len(self._due))):
            loop.call_soon(self._look, self._due.popleft())
        if self._due:
            loop.call_soon(self._look_at_some)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        """Tells the loop of what went wrong, which otherwise nobody would hear."""
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            task.get_loop().call_exception_handler({"message": "an update could not be sent", "exception": error})

    async def _deliver_due(self, watch: Watch) -> None:
        try:
            while not watch.finished and watch.outbox.due(watch.account.clock.now()):
                watch.sending = watch.outbox.take()
                await self._deliver_one(watch, watch.sending)
                watch.sending = None
                if watch.finished:
                    return
                watch.outbox.write(watch.task, watch.account.clock.now(), self._drop(watch))
                self._keep(watch)
        finally:
            watch.sending = watch.running = None
        self._look(watch)

    async def _deliver_one(self, watch: Watch, message: Message) -> None:
        place = await self.places.take(watch.task.callback_url or "")
        try:
            if watch.finished:
                return
            delivery = await self._deliver(watch.account, watch.task, message)
            if watch.finished:  # the account was reset meanwhile, and its record is empty
                return
            self._record(delivery)
            if delivery.reason is not None:
                watch.outbox.again(message, watch.account.clock.now())
        finally:
            self.places.give_back(place)

    def _keep(self, watch: Watch) -> None:
        """What is left to be told has changed; a message that is under way may have to be sent again after a kill."""
        if watch.account.keeping.store.durable and not watch.finished:
            watch.account.keeping.put(OUTBOXES, watch.task.id, watch.outbox.row(watch.sending))

    def _drop(self, watch: Watch) -> Callable[[Message], None]:
        """Records a message that a rule keeps from being sent."""
        return lambda message: self._record(Delivery.dropped(watch.account, watch.task, message))

    def _drop_if_forgotten(self, watch: Watch) -> bool:
        """Ends the watch of a task that its account no longer has."""
        if watch.account.holds(watch.task):
            return False
        self._end(watch)
        return True

    def _end(self, watch: Watch) -> None:
        self._watches.get(watch.account, {}).pop(watch.task.id, None)
        watch.account.keeping.remove(OUTBOXES, watch.task.id)
        watch.released.set()
        watch.finish()


def _soon(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: object) -> None:
    """Calls a function on the loop from any thread; does nothing once it is closed."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *arguments)
