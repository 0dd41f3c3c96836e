"""An account is a world of its own: tasks, files, money, rate window and randomness of one API key."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import deque
from dataclasses import dataclass

from mock_server.clock import Clock
from mock_server.world.ids import IdSource, random_hex
from mock_server.world.task import Plan, State, Task

RATE_WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a create call asked for, with the defaults filled in, and what it costs (thousandths of a dollar)."""

    model: str
    resolution: str
    duration: int
    prompt: str
    price: int
    callback_url: str | None = None


class Account:
    """Everything that belongs to one key. All changes happen under its one lock, which is never held across I/O."""

    def __init__(
        self,
        key: str,
        *,
        seed: int,
        opened_before: int,
        clock: Clock,
        rpm: int | None,
        balance: int | None,
        max_tasks: int,
    ) -> None:
        self.key = key
        # How often this key's account was forgotten and opened again; tells apart what is otherwise repeated.
        self.opened_before = opened_before
        self.clock = clock
        identity = f"{seed}:{key}".encode("utf-8", "surrogatepass")
        # Names the account in download links without showing its key.
        self.handle = hashlib.blake2b(identity, digest_size=8).hexdigest()
        self._lock = threading.Lock()
        self._rng = random.Random(identity)
        self._ids = IdSource(self._rng)
        self._tasks: dict[int, Task] = {}
        self._files: dict[int, Task] = {}
        self._max_tasks = max_tasks
        self._rpm = rpm
        self._creates: deque[float] = deque()
        self._initial_balance = balance
        self._committed = 0
        self._doomed: list[Task] = []
        self._forgotten = False

    def admit(self) -> bool:
        """Counts a create call against the rate window; False when the window is full. Refused calls do not count."""
        if self._rpm is None:
            return True
        with self._lock:
            now = self.clock.now()
            while self._creates and self._creates[0] <= now - RATE_WINDOW_SECONDS:
                self._creates.popleft()
            if len(self._creates) >= self._rpm:
                return False
            self._creates.append(now)
            return True

    def reserve(self, price: int) -> int | None:
        """Sets money aside for a task; gives None, or the balance (thousandths of a dollar) that did not suffice.

        Money of a task that failed comes back: only finished videos are charged (documented). That a running task
        holds its price back is assumed.
        """
        with self._lock:
            balance = self._balance(self.clock.now())
            if balance is not None and balance < price:
                return balance
            self._committed += price
            return None

    def release(self, price: int) -> None:
        """Gives back what was set aside for a task that was never made."""
        with self._lock:
            self._committed -= price

    def balance(self) -> int | None:
        """The money left, in thousandths of a dollar; None when the account is not limited."""
        with self._lock:
            return self._balance(self.clock.now())

    def open_task(self, order: Order, plan: Plan) -> Task:
        """Makes the task that a create call was accepted for; the oldest goes when there are too many."""
        with self._lock:
            now = self.clock.now()
            task_id = self._ids.task_id(now)
            task = Task(
                id=task_id, file_id=self._ids.file_id(task_id, plan.seconds), model=order.model,
                resolution=order.resolution, duration=order.duration, prompt=order.prompt, price=order.price, plan=plan,
                created_at=now, callback_url=order.callback_url,
            )  # fmt: skip
            if len(self._tasks) >= self._max_tasks:
                self._forget_oldest()
            self._tasks[task.id] = task
            self._files[task.file_id] = task
            if plan.fail_code is not None and self._initial_balance is not None:
                self._doomed.append(task)
            return task

    def query(self, task_id: int, *, counts: bool = True) -> tuple[Task, State] | None:
        """The task and its state; None for a task of nobody or somebody else.

        A query that counts is an event on the task; a HEAD, whose asker sees no answer, is none.
        """
        with self._lock:
            task = self._tasks.get(task_id)
            if task is None:
                return None
            now = self.clock.now()
            if counts and not task.state(now).ended:
                task.polls_seen += 1
                task.last_poll = now
            return task, task.state(now)

    def file(self, file_id: int) -> tuple[Task, State] | None:
        """The finished task that made a file; None for a file that is not there (yet)."""
        with self._lock:
            task = self._files.get(file_id)
            if task is None:
                return None
            state = task.state(self.clock.now())
            return (task, state) if state.status == "Success" else None

    def holds(self, task: Task) -> bool:
        """Whether the task has not been forgotten, alone or with the whole account."""
        with self._lock:
            return not self._forgotten and task.id in self._tasks

    def forget(self) -> None:
        """The world has no room for this account any more; whoever still knows it finds nothing in it."""
        with self._lock:
            self._forgotten = True
            self._tasks.clear()
            self._files.clear()

    def tasks(self) -> list[tuple[Task, State]]:
        """Every task with its state, oldest first. Looking changes nothing."""
        with self._lock:
            now = self.clock.now()
            return [(task, task.state(now)) for task in self._tasks.values()]

    def random_hex(self, digits: int) -> str:
        """Random hexadecimal digits from the generator of this account."""
        with self._lock:
            return random_hex(self._rng, digits)

    def _balance(self, now: float) -> int | None:
        if self._initial_balance is None:
            return None
        for task in [task for task in self._doomed if task.state(now).ended]:
            self._doomed.remove(task)
            self._committed -= task.price
        return self._initial_balance - self._committed

    def _forget_oldest(self) -> None:
        oldest = self._tasks.pop(next(iter(self._tasks)))
        del self._files[oldest.file_id]
        self._ids.forget_file(oldest.file_id)
        if oldest in self._doomed:
            self._doomed.remove(oldest)
            self._committed -= oldest.price
