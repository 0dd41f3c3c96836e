"""The mock as it ought to be, as simply as it can be written: what one account holds, and what each call answers."""

from __future__ import annotations

from dataclasses import dataclass, field

START = 1_795_000_000
TASK_SECONDS = 10
LINK_SECONDS = 100
SETTLED = ("Success", "Fail")
ORDER = ("Preparing", "Queueing", "Processing", "Success", "Fail")


@dataclass
class TaskModel:
    """A task that was acknowledged."""

    id: str
    created: int
    price: int
    fail_code: int | None
    receiver: bool = False
    by_hand: tuple[int, str, int] | None = None
    file_id: str = ""
    deleted: bool = False
    given_back: bool = False
    last_seen: str = "Preparing"

    def state(self, now: int) -> tuple[str, int]:
        """Status and code at a moment: a tenth of the time Preparing, two tenths Queueing, then Processing until the end."""
        if self.by_hand is not None and now >= self.by_hand[0]:
            return self.by_hand[1:]
        age = now - self.created
        if self.fail_code == 1026 and age >= 3:
            return "Fail", 1026
        if age >= TASK_SECONDS:
            return ("Success", 0) if self.fail_code is None else ("Fail", self.fail_code)
        return ("Preparing" if age < 1 else "Queueing" if age < 3 else "Processing"), 0


@dataclass
class RuleModel:
    """A rule that makes the next calls of one operation answer a code, or the next tasks fail (operation `task`)."""

    id: str
    operation: str
    code: int
    left: int


@dataclass
class AccountModel:
    """Everything of one key."""

    now: int = START
    tasks: dict[str, TaskModel] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    rules: list[RuleModel] = field(default_factory=list)
    scenario: bool = False
    rpm: int | None = None
    window: list[int] = field(default_factory=list)
    balance: int | None = None
    creates: int = 0
    spent: int = 0
    failed: int = 0
    asked: int = 0

    def settle(self) -> None:
        """Gives back the money of tasks that have failed by now."""
        for task in self.tasks.values():
            if not task.given_back and task.state(self.now)[0] == "Fail":
                task.given_back = True
                self.failed += 1
                if self.balance is not None:
                    self.balance += task.price

    def ruled(self, operation: str) -> int | None:
        """The code that a rule gives this call, and counts it; None for none."""
        for rule in self.rules:
            if rule.operation == operation and rule.left:
                rule.left -= 1
                return rule.code
        return 1008 if self.scenario and operation == "create" else None

    def has_place(self) -> bool:
        """Whether the rate window takes one more create, which then counts, whatever becomes of it."""
        if self.rpm is None:
            return True
        self.window = [moment for moment in self.window if moment > self.now - 60]
        if len(self.window) >= self.rpm:
            return False
        self.window.append(self.now)
        return True

    def create(self, forced: int | None, fault: int | None, price: int, *, proven: bool) -> int:
        """The code of a create: what the request forces, a rule, the window, what is wrong with it, money, the receiver."""
        self.asked += 1
        self.settle()
        code = forced if forced is not None else self.ruled("create")
        if code:
            return code
        if not self.has_place():
            return 1002
        if fault is not None:
            return fault
        if self.balance is not None and self.balance < price:
            return 1008
        return 0 if proven else 2013

    def accept(self, task: TaskModel) -> None:
        """The create was acknowledged."""
        task.fail_code = self.ruled("task") if task.fail_code is None else task.fail_code
        self.tasks[task.id] = task
        self.creates += 1
        self.spent += task.price
        if self.balance is not None:
            self.balance -= task.price

    def files(self) -> dict[str, TaskModel]:
        """The files of finished tasks that were not deleted, as far as their numbers were told."""
        return {task.file_id: task for task in self.tasks.values() if task.file_id and not task.deleted}

    def charged(self) -> int:
        """What the account has to pay."""
        return self.spent - sum(task.price for task in self.tasks.values() if task.given_back)
