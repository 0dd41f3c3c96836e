"""An account is a world of its own: tasks, files, money, rate window, rules and randomness of one API key."""

from __future__ import annotations

import hashlib
import random
from collections import deque

from mock_server.clock import Clock, mark_of, resume
from mock_server.world.choosing import Choosing
from mock_server.world.ids import IdSource, random_hex
from mock_server.world.keeping import Contents, Keeping
from mock_server.world.kept import AccountRow
from mock_server.world.order import Change, Limits, Order
from mock_server.world.purse import Ledger, Purse
from mock_server.world.rate_window import RateWindow
from mock_server.world.task import Plan, State, Task

# Links whose expiry `changes` can tell; the oldest go.
REMEMBERED_LINKS = 1000


class Account(Choosing):
    """Everything that belongs to one key. All changes happen under its one lock, which is never held across I/O."""

    def __init__(
        self,
        key: str,
        *,
        seed: int,
        opened_before: int,
        clock: Clock,
        limits: Limits,
        keeping: Keeping | None = None,
    ) -> None:
        super().__init__(key, f"{seed}:{key}".encode("utf-8", "surrogatepass"), keeping or Keeping())
        # How often this key's account was forgotten and opened again; tells apart what is otherwise repeated.
        self.opened_before = opened_before
        self.clock = clock
        # Names the account in download links without showing its key.
        self.handle = hashlib.blake2b(self._identity, digest_size=8).hexdigest()
        self._rng = random.Random(self._identity)
        self._ids = IdSource(self._rng)
        self._tasks: dict[int, Task] = {}
        # A dict that loses its first entry again and again takes ever longer to find the next one.
        self._oldest: deque[int] = deque()
        self._files: dict[int, Task] = {}
        self._max_tasks = limits.max_tasks
        self._window = RateWindow(limits.rpm)
        self._purse = Purse(limits.balance)
        self._links: deque[tuple[float, Task]] = deque(maxlen=REMEMBERED_LINKS)
        self._rpm_by_hand = False
        self._forgotten = False

    # What is kept

    def keep(self) -> None:
        """Puts what is not kept elsewhere into the store, whenever it changed."""
        self.keeping.account(
            AccountRow(
                self.key, self.opened_before, self._ids.last_ms, self._window.rpm if self._rpm_by_hand else None,
                self._rpm_by_hand, self._window.uncounted_ms, self._purse.row, mark_of(self.clock),
            )
        )  # fmt: skip

    def clock_moved(self) -> None:
        """Somebody moved its clock by hand."""
        with self._lock:
            self.keep()

    def go_on(self, kept: Contents) -> None:
        """Goes on from what was kept before this start. Random choices are others than the ones that were made."""
        identity = self._identity + f":{self.keeping.restarts}".encode()
        self._tasks = {task.id: task for task in kept.tasks}
        self._oldest.extend(self._tasks)
        self._files = {task.file_id: task for task in kept.tasks if task.file_id not in kept.deleted}
        self._rng = random.Random(identity)
        self._ids.go_on(self._rng, kept.row.last_ms, [*self._tasks, *kept.uploads], [*self._files, *kept.uploads])
        self._purse.go_on(kept.row.purse, kept.tasks)
        if kept.row.rpm_by_hand:
            self._window.rpm, self._rpm_by_hand = kept.row.rpm, True
        if kept.row.clock is not None:
            resume(self.clock, kept.row.clock, kept.last_moment)
        self._window.go_on(kept.row.uncounted_ms, self._ids.last_ms, kept.tasks)
        self._rules = kept.rules
        self._counts.go_on(kept.counts, identity)
        while len(self._tasks) > self._max_tasks:
            self._forget_oldest()
        self.keep()

    # Money and rate window

    def admit(self) -> bool:
        """Counts a create call against the rate window; False when the window is full. Refused calls do not count."""
        with self._lock:
            return self._window.admit(self.clock.now())

    def limit_rate(self, rpm: int | None) -> None:
        """Allows so many creates a minute from now on."""
        with self._lock:
            self._window.limit(rpm, self._ids.last_ms)
            self._rpm_by_hand = True
            self.keep()

    @property
    def rpm(self) -> int | None:
        """How many creates a minute are allowed; None for any number."""
        with self._lock:
            return self._window.rpm

    def reserve(self, price: int) -> int | None:
        """Sets money aside for a task; gives None, or the balance (thousandths of a dollar) that did not suffice.

        Money of a task that failed comes back: only finished videos are charged (documented). That a running task
        holds its price back is assumed.
        """
        with self._lock:
            return self._purse.reserve(price, self.clock.now())

    def release(self, price: int) -> None:
        """Gives back what was set aside for a task that was never made."""
        with self._lock:
            self._purse.release(price)

    def balance(self) -> int | None:
        """The money left, in thousandths of a dollar; None when the account is not limited."""
        with self._lock:
            return self._purse.balance(self.clock.now())

    def set_balance(self, balance: int | None) -> None:
        """Makes so much available from now on, in thousandths of a dollar."""
        with self._lock:
            self._purse.set_balance(balance, self.clock.now())
            self.keep()

    def ledger(self) -> Ledger:
        """What the accepted creates would have cost."""
        with self._lock:
            return self._purse.ledger(self.clock.now())

    # Tasks and files

    def open_task(self, order: Order, plan: Plan) -> Task:
        """Makes the task that a create call was accepted for; the oldest goes when there are too many."""
        with self._lock:
            now = self.clock.now()
            task_id = self._ids.task_id(now)
            task = Task(
                id=task_id, file_id=self._ids.file_id(task_id, plan.seconds), model=order.model,
                resolution=order.resolution, duration=order.duration, prompt=order.prompt, price=order.price, plan=plan,
                created_at=now, callback_url=order.callback_url, shape=order.shape,
            )  # fmt: skip
            if len(self._tasks) >= self._max_tasks:
                self._forget_oldest()
            self._tasks[task.id] = task
            self._oldest.append(task.id)
            self._files[task.file_id] = task
            self._purse.spend(task)
            self.keeping.task(task)
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
                task.polls_in_place = task.polls_in_place + 1 if task.last_poll == now else 1
                task.last_poll = now
                self.keeping.task(task)
            state = task.state(now)
            if state.status == "Fail":
                self._purse.failed(task)
            return task, state

    def foresee(self, task_id: int) -> tuple[Task, State] | None:
        """The task and the state that a query will see, without asking."""
        with self._lock:
            task = self._tasks.get(task_id)
            return None if task is None else (task, task.state_after_poll(self.clock.now()))

    def task(self, task_id: int) -> tuple[Task, State] | None:
        """The task and its state. Looking changes nothing."""
        with self._lock:
            task = self._tasks.get(task_id)
            return None if task is None else (task, task.state(self.clock.now()))

    def end_task(self, task_id: int, fail_code: int | None) -> tuple[Task, State, bool] | None:
        """Ends a task by hand, in success or with a code; the last value says whether it was still running."""
        with self._lock:
            task = self._tasks.get(task_id)
            if task is None:
                return None
            now = self.clock.now()
            before = task.state(now)
            if before.ended:
                return task, before, False
            task.verdict = State("Success", 0, now) if fail_code is None else State("Fail", fail_code, now)
            self._purse.ended_by_hand(task)
            self.keeping.task(task)
            return task, task.verdict, True

    def file(self, file_id: int) -> tuple[Task, State] | None:
        """The finished task that made a file; None for a file that is not there (yet)."""
        with self._lock:
            task = self._files.get(file_id)
            if task is None:
                return None
            state = task.state(self.clock.now())
            return (task, state) if state.status == "Success" else None

    def files(self) -> list[tuple[Task, State]]:
        """Every finished task whose file was not deleted."""
        with self._lock:
            now = self.clock.now()
            found = [(task, task.state(now)) for task in self._files.values()]
            return [(task, state) for task, state in found if state.status == "Success"]

    def delete_file(self, file_id: int) -> bool:
        """Deletes the file of a finished task, whose state stays; False when there is no such file."""
        with self._lock:
            task = self._files.get(file_id)
            if task is None or task.state(self.clock.now()).status != "Success":
                return False
            del self._files[file_id]
            self.keeping.file_deleted(file_id)
            self._links = deque((link for link in self._links if link[1] is not task), maxlen=REMEMBERED_LINKS)
            return True

    def new_upload(self) -> tuple[int, float]:
        """The identifier of a file that is uploaded now, and the moment."""
        with self._lock:
            now = self.clock.now()
            return self._ids.upload_id(now), now

    def forget_upload(self, file_id: int) -> None:
        """An uploaded file is gone."""
        with self._lock:
            self._ids.forget_file(file_id)
            self.keeping.upload_gone(file_id)
            self.keep()

    def link_made(self, task: Task, expires_at: float) -> None:
        """A link to the task's file was handed out."""
        with self._lock:
            self._links.append((expires_at, task))

    def holds(self, task: Task) -> bool:
        """Whether the task has not been forgotten, alone or with the whole account."""
        with self._lock:
            return not self._forgotten and task.id in self._tasks

    def forget(self) -> None:
        """The world has no room for this account any more; whoever still knows it finds nothing in it."""
        with self._lock:
            self._forgotten = True
            self._tasks.clear()
            self._oldest.clear()
            self._files.clear()
            self.keeping.end()

    def tasks(self) -> list[tuple[Task, State]]:
        """Every task with its state, oldest first. Looking changes nothing."""
        with self._lock:
            now = self.clock.now()
            return [(task, task.state(now)) for task in self._tasks.values()]

    def changes(self, after: float, until: float) -> list[Change]:
        """Everything that time alone brings later than `after` and up to `until`, in order."""
        with self._lock:
            found = [
                Change(state.since, "task", task, state)
                for task in self._tasks.values()
                for state in task.changes(after, until)
            ]
            found += [Change(moment, "rate-window") for moment in self._window.frees(after, until)]
            found += [
                Change(expires, "link-expired", task) for expires, task in self._links if after < expires <= until
            ]
        return sorted(found, key=lambda change: change.at)

    # Randomness

    def random_hex(self, digits: int) -> str:
        """Random hexadecimal digits from the generator of this account."""
        with self._lock:
            return random_hex(self._rng, digits)

    def _forget_oldest(self) -> None:
        oldest = self._tasks.pop(self._oldest.popleft())
        self._files.pop(oldest.file_id, None)
        self._ids.forget_file(oldest.file_id)
        self._purse.forget(oldest)
        self.keeping.task_gone(oldest)
        self.keep()
