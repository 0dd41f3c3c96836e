"""What is kept of callbacks: what the receiver of a task is still to be told, and what became of every message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mock_server.world.kept import RuleRow, kind_of_rows
from mock_server.world.restoring import RuleReader
from mock_server.world.rule import Acting, Scope


@dataclass(frozen=True, slots=True)
class ActingRow:
    """A rule that acts, as it was found; what was drawn for it has been used."""

    rule: RuleRow
    scope: Scope
    delay: float

    @classmethod
    def of(cls, acting: Acting | None) -> ActingRow | None:
        """The row of a rule that acts."""
        return None if acting is None else cls(RuleRow.of(acting.rule), acting.rule.scope, acting.delay)

    def acting(self, reader: RuleReader) -> Acting:
        """The rule as it acted."""
        return Acting(replace(reader.rule(self.rule), scope=self.scope), self.delay)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message that waits, or is under way."""

    due: float
    number: int
    body: Mapping[str, Any]
    acting: ActingRow | None
    retries: int
    attempt: int
    last: bool


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """What is to be sent about one task. `later` is the rule that challenges its receiver after the create."""

    told_processing: bool = False
    told_end: bool = False
    numbers: int = 0
    # How often the receiver was told that it is being processed, and how it ended.
    sent: tuple[int, int] = (0, 0)
    waiting: tuple[MessageRow, ...] = ()
    held: tuple[MessageRow, ...] = ()
    later: ActingRow | None = None


def _acting_row(row: ActingRow | None) -> list[object] | None:
    if row is None:
        return None
    return [row.rule.id, row.rule.source, row.rule.account, dict(row.rule.data), row.scope, row.delay]


def _acting(row: list[Any] | None) -> ActingRow | None:
    return None if row is None else ActingRow(RuleRow(*row[:4]), *row[4:])


def _message_row(row: MessageRow) -> list[object]:
    return [row.due, row.number, row.body, row.retries, row.attempt, row.last, _acting_row(row.acting)]


def _message(row: list[Any]) -> MessageRow:
    due, number, body, retries, attempt, last, acting = row
    return MessageRow(due, number, body, _acting(acting), retries, attempt, last)


def _outbox_row(row: OutboxRow) -> list[object]:
    return [
        row.told_processing, row.told_end, row.numbers, row.sent, [*map(_message_row, row.waiting)],
        [*map(_message_row, row.held)], _acting_row(row.later),
    ]  # fmt: skip


def _outbox(row: list[Any]) -> OutboxRow:
    told_processing, told_end, numbers, sent, waiting, held, later = row
    return OutboxRow(
        told_processing, told_end, numbers, (sent[0], sent[1]), tuple(map(_message, waiting)),
        tuple(map(_message, held)), _acting(later),
    )  # fmt: skip


# Of each task whose receiver is not yet told everything.
OUTBOXES = kind_of_rows("outbox", _outbox_row, _outbox)
# How many deliveries of an account were too many to be kept.
DROPPED = kind_of_rows("dropped_deliveries", int, int)
