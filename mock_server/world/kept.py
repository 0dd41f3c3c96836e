"""What is kept of the world, as plain values, and how they become bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any, TypeVar

from mock_server.clock import ClockMark
from mock_server.world.rule import Rule
from mock_server.world.standing_rules import Count, RuleSet
from mock_server.world.store import Kind
from mock_server.world.task import Plan, State, Task

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ServerRow:
    """What belongs to no account. `asked_seed` and `scenario` are those of the settings of the last start."""

    seed: int
    asked_seed: int | None
    scenario: str | None
    opened_before: int
    clock: ClockMark | None


@dataclass(frozen=True, slots=True)
class PurseRow:
    """The money of an account, as far as its tasks do not tell it: what was set by hand, and the tasks that are gone."""

    initial: int | None = None
    by_hand: bool = False
    creates: int = 0
    list_price: int = 0
    failed: int = 0
    given_back: int = 0


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account beside its tasks, files and rules. `last_ms` is where its identifiers are.

    `uncounted_ms` is where they were when creates began to count against the rpm; None while none do.
    """

    key: str
    opened_before: int
    last_ms: int
    rpm: int | None
    rpm_by_hand: bool
    uncounted_ms: int | None
    purse: PurseRow
    clock: ClockMark | None


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule that somebody added, as it was written; of another account's key nothing stands in `data`."""

    id: str
    source: str
    account: str | None
    data: Mapping[str, Any]

    @classmethod
    def of(cls, rule: Rule) -> RuleRow:
        """The row of a rule."""
        return cls(rule.id, rule.source, rule.match.account, rule.data)


@dataclass(frozen=True, slots=True)
class RulesRow:
    """The rules of one owner, and the name of the scenario that is in force."""

    made: int = 0
    scenario: str | None = None
    added: tuple[RuleRow, ...] = ()

    @classmethod
    def of(cls, rules: RuleSet) -> RulesRow:
        """The row of a set."""
        scenario = rules.scenario.name if rules.scenario is not None else None
        return cls(rules.made, scenario, tuple(map(RuleRow.of, rules.added)))


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An uploaded file."""

    name: str
    purpose: str
    created_at: float
    content: bytes = field(repr=False)


def as_json(value: object) -> bytes:
    """Plain values as JSON; ASCII, so that texts which are no UTF-8 are kept too."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def kind_of_rows(name: str, write: Callable[[Row], object], read: Callable[[Any], Row]) -> Kind[Row]:
    """A kind whose things are written as JSON."""
    return Kind(name, lambda thing: as_json(write(thing)), lambda raw: read(json.loads(raw)))


def _task_row(task: Task) -> list[object]:
    plan, verdict = task.plan, task.verdict
    return [
        task.id, task.file_id, task.model, task.resolution, task.duration, task.prompt, task.price,
        [plan.seconds, plan.polls, plan.fail_code, plan.queueing, plan.processing, plan.ends],
        task.created_at, task.callback_url, task.shape, task.polls_seen, task.last_poll, task.polls_in_place,
        None if verdict is None else [verdict.status, verdict.code, verdict.since],
    ]  # fmt: skip


def _task(row: list[Any]) -> Task:
    (
        id_, file_id, model, resolution, duration, prompt, price, plan, created_at, callback_url, shape, polls_seen,
        last_poll, polls_in_place, verdict,
    ) = row  # fmt: skip
    return Task(
        id=id_, file_id=file_id, model=model, resolution=resolution, duration=duration, prompt=prompt, price=price,
        plan=Plan(*plan), created_at=created_at, callback_url=callback_url, shape=shape, polls_seen=polls_seen,
        last_poll=last_poll, polls_in_place=polls_in_place, verdict=None if verdict is None else State(*verdict),
    )  # fmt: skip


def _clock(row: list[float] | None) -> ClockMark | None:
    return None if row is None else ClockMark(*row)


def _account(row: list[Any]) -> AccountRow:
    key, opened_before, last_ms, rpm, by_hand, uncounted_ms, purse, clock = row
    return AccountRow(key, opened_before, last_ms, rpm, by_hand, uncounted_ms, PurseRow(*purse), _clock(clock))


def _server(row: list[Any]) -> ServerRow:
    seed, asked_seed, scenario, opened_before, clock = row
    return ServerRow(seed, asked_seed, scenario, opened_before, _clock(clock))


def _rules_row(rules: RulesRow) -> list[object]:
    return [rules.made, rules.scenario, [[each.id, each.source, each.account, dict(each.data)] for each in rules.added]]


def _rules(row: list[Any]) -> RulesRow:
    made, scenario, added = row
    return RulesRow(made, scenario, tuple(RuleRow(*each) for each in added))


def _upload_bytes(upload: UploadRow) -> bytes:
    return b"\n".join((as_json([upload.name, upload.purpose, upload.created_at]), upload.content))


def _upload(raw: bytes) -> UploadRow:
    head, _, content = raw.partition(b"\n")
    name, purpose, created_at = json.loads(head)
    return UploadRow(name, purpose, created_at, content)


SERVERS = kind_of_rows("server", astuple, _server)
ACCOUNTS = kind_of_rows("account", astuple, _account)
TASKS = kind_of_rows("task", _task_row, _task)
# The generated files that were deleted, by their number.
DELETED = kind_of_rows("deleted_file", lambda _: True, lambda _: True)
RULES = kind_of_rows("rules", _rules_row, _rules)
COUNTS = kind_of_rows("rule_count", lambda count: [count.matched, count.acted], lambda row: Count(*row))
UPLOADS: Kind[UploadRow] = Kind("upload", _upload_bytes, _upload)
# How often the account of a key was forgotten.
CLOSED = kind_of_rows("forgotten_account", int, int)
