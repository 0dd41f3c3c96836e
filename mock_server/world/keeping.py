"""What one account has in the store: one line here for each change there. Guarded by the account's lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mock_server.world.kept import ACCOUNTS, COUNTS, DELETED, RULES, TASKS, UPLOADS, AccountRow, RulesRow, UploadRow
from mock_server.world.standing_rules import Count, CountKey, RuleSet
from mock_server.world.store import Kind, Store, Thing
from mock_server.world.store_memory import MemoryStore
from mock_server.world.task import Task


@dataclass(slots=True)
class Contents:
    """Everything that was kept of an account before this start."""

    row: AccountRow
    tasks: list[Task] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    uploads: set[int] = field(default_factory=set)
    rules: RuleSet = field(default_factory=RuleSet)
    counts: dict[CountKey, Count] = field(default_factory=dict)


class Keeping:
    """Puts the things of one account into the store, as long as it has not been forgotten.

    `owner` names them: another one for each opening of an account, so that nothing of a forgotten one comes back.
    """

    def __init__(self, store: Store | None = None, owner: str = "", *, restarts: int = 0) -> None:
        self.store: Store = store if store is not None else MemoryStore()
        self.owner = owner
        # How often the account was read back from the store; random choices go on otherwise than they began.
        self.restarts = restarts
        self._ended = False

    def put(self, kind: Kind[Thing], name: str | int, thing: Thing) -> None:
        """Something of a room above has changed."""
        if not self._ended:
            self.store.put(kind, self.owner, name, thing)

    def remove(self, kind: Kind[Thing], name: str | int) -> None:
        """Something is gone."""
        self.store.remove(kind, self.owner, name)

    def account(self, row: AccountRow) -> None:
        """Money, limits, identifiers or the clock of the account have changed."""
        self.put(ACCOUNTS, "", row)

    def task(self, task: Task) -> None:
        """A task is new, or something was recorded of it."""
        self.put(TASKS, task.id, task)

    def task_gone(self, task: Task) -> None:
        """A task was forgotten."""
        self.remove(TASKS, task.id)
        self.remove(DELETED, task.file_id)

    def file_deleted(self, file_id: int) -> None:
        """The file of a task was deleted."""
        self.put(DELETED, file_id, True)

    def upload(self, file_id: int, row: UploadRow) -> None:
        """A file was uploaded."""
        self.put(UPLOADS, file_id, row)

    def upload_gone(self, file_id: int) -> None:
        """An uploaded file was deleted or forgotten."""
        self.remove(UPLOADS, file_id)

    def rules(self, rules: RuleSet) -> None:
        """The rules of the account have changed."""
        self.put(RULES, "", RulesRow.of(rules))

    def counts(self, counts: Mapping[CountKey, Count], keys: Iterable[CountKey]) -> None:
        """These rules have counted, or are no longer counted."""
        for key in keys:
            if (count := counts.get(key)) is not None:
                self.put(COUNTS, " ".join(key), count)
            else:
                self.remove(COUNTS, " ".join(key))

    def end(self) -> None:
        """The account was forgotten, with everything that is its."""
        self._ended = True
        self.store.remove_owner(self.owner)


def count_key(name: str | int) -> CountKey:
    """The key of a count by its name in the store."""
    scope, _, rule_id = str(name).partition(" ")
    return scope, rule_id  # type: ignore[return-value]
