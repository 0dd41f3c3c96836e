"""The record of every message that was sent, or could not be. Bounded by count and bytes."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, fields, replace
from typing import Any

from mock_server.callbacks.address import shown_url
from mock_server.callbacks.attempt import ANSWER_START, Attempt
from mock_server.callbacks.kept import DROPPED
from mock_server.callbacks.outbox import Message
from mock_server.world.account import Account
from mock_server.world.bounded import Bounded
from mock_server.world.journal import redacted
from mock_server.world.kept import kind_of_rows
from mock_server.world.store import Store
from mock_server.world.store_memory import MemoryStore
from mock_server.world.task import Task

SHOWN_URL = 500
# What a delivery takes in memory beside its texts.
OVERHEAD = 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to a receiver: what was sent, what came back, and why it counts as failed, if it does.

    Of a long URL and of the answer only the beginning is kept, so that a record of so many deliveries has a bound.
    """

    id: str
    account: str
    kind: str
    task_id: str | None
    url: str
    sent_at: float
    message: dict[str, Any]
    attempt: Attempt
    reason: str | None
    # The how-manieth time this message was sent, the rule that acted, and the delivery that was sent again by hand.
    number: int = 1
    rule: dict[str, Any] | None = None
    replay_of: str | None = None
    # The whole URL, for a replay; what is shown may be shorter.
    target: str = ""

    @classmethod
    def dropped(cls, account: Account, task: Task, message: Message) -> Delivery:
        """A message that a rule keeps from being sent."""
        return cls.of_update(account, task, message, Attempt(0.0, reason="not sent: a rule drops it"))

    @classmethod
    def of_update(
        cls, account: Account, task: Task, message: Message, attempt: Attempt, sent_at: float | None = None
    ) -> Delivery:
        """What became of an update that was sent at a moment of the account's clock, by default now."""
        again = f"-{message.attempt}" if message.attempt > 1 else ""
        return cls(
            id=f"{account.handle}-{account.opened_before}-{task.id}-{message.number}{again}", account=account.key,
            kind="update", task_id=str(task.id), url=task.callback_url or "",
            sent_at=account.clock.now() if sent_at is None else sent_at, message=message.body, attempt=attempt,
            reason=attempt.not_accepted, number=message.sent,
            rule=message.acting.as_dict() if message.acting is not None else None,
        )  # fmt: skip

    def __post_init__(self) -> None:
        """Lets go of what is never shown."""
        object.__setattr__(self, "target", self.target or self.url)
        object.__setattr__(self, "url", shown_url(self.url)[:SHOWN_URL])
        if len(self.attempt.answer) > 4 * ANSWER_START:
            object.__setattr__(self, "attempt", replace(self.attempt, answer=self.attempt.answer[: 4 * ANSWER_START]))

    @property
    def size(self) -> int:
        """What it takes in memory, more or less."""
        texts = (self.account, self.url, self.target, self.reason or "", self.attempt.content_type)
        parts = (self.message,) if self.rule is None else (self.message, self.rule)
        written = sum(len(json.dumps(part, default=str)) for part in parts)
        return OVERHEAD + sum(map(sys.getsizeof, texts)) + len(self.attempt.answer) + written

    def in_words(self) -> str:
        """Why the delivery failed and how the answer began, in one line whatever the receiver sent."""
        start = self.attempt.answer_start
        return f"{self.reason}" + (f"; the answer began with {json.dumps(start[:200])}" if start else "")

    def as_dict(self) -> dict[str, Any]:
        """The delivery as JSON data, with the key redacted."""
        answer = None
        if self.attempt.status is not None:
            answer = {
                "status": self.attempt.status, "content_type": self.attempt.content_type,
                "body": self.attempt.answer_start,
            }  # fmt: skip
        return {
            "id": self.id, "account": redacted(self.account), "kind": self.kind, "task_id": self.task_id,
            "url": self.url, "address": self.attempt.address, "sent_at": round(self.sent_at, 3),
            "message": self.message, "answer": answer, "milliseconds": round(self.attempt.milliseconds, 3),
            "delivered": self.reason is None, "reason": self.reason, "number": self.number, "rule": self.rule,
            "replay_of": self.replay_of,
        }  # fmt: skip


class DeliveryRecord:
    """The newest deliveries of all accounts. Deliveries never change once they are in."""

    def __init__(self, *, max_entries: int, max_bytes: int, store: Store | None = None) -> None:
        self._store: Store = store if store is not None else MemoryStore()
        self._deliveries: Bounded[Delivery] = Bounded(
            max_items=max_entries, max_bytes=max_bytes, dropped=self._forget if self._store.durable else _not_kept
        )
        self.signal = self._deliveries.signal
        for _, name, count in self._store.things(DROPPED):
            self._deliveries.dropped_before(json.loads(str(name)), count)
        for _, _, delivery in self._store.things(DELIVERIES):
            self._put(delivery)

    def add(self, delivery: Delivery) -> None:
        """Records a delivery; the oldest ones go while there are too many."""
        if self._store.durable:
            self._store.put(DELIVERIES, _owner(delivery.account), delivery.id, delivery)
        self._put(delivery)

    def get(self, delivery_id: str) -> Delivery | None:
        """The delivery of that identifier."""
        return self._deliveries.get(delivery_id)

    def deliveries(self, account: str | None = None) -> tuple[list[Delivery], int]:
        """All deliveries, or those of one account, oldest first, and how many more there were."""
        return self._deliveries.items(account)

    def mark(self) -> int:
        """A place in the record; `since` gives what came after it."""
        return self._deliveries.mark()

    def since(self, mark: int, account: str) -> list[Delivery]:
        """The deliveries of an account that came after a place, as far as they are kept."""
        return self._deliveries.since(mark, account)

    def clear(self, account: str | None = None) -> None:
        """Forgets all deliveries, or those of one account, and their count of dropped ones."""
        for owner in self._deliveries.clear(account):
            if self._store.durable:
                self._store.remove_owner(_owner(owner))

    def _put(self, delivery: Delivery) -> None:
        self._deliveries.put(delivery.id, delivery.account, delivery, delivery.size)

    def _forget(self, delivery_id: str, account: str | None, count: int) -> None:
        """A delivery had to go, as so many of its account before."""
        owner = _owner(account)
        self._store.remove(DELIVERIES, owner, delivery_id)
        self._store.put(DROPPED, owner, json.dumps(account), count)


def _not_kept(_id: str, _account: str | None, _count: int) -> None:
    """In memory a delivery that goes is gone."""


def _owner(account: str | None) -> str:
    """Deliveries outlive an account that had to go, so they belong to its key."""
    return f"deliveries {json.dumps(account)}"


def _row(delivery: Delivery) -> dict[str, object]:
    row = {each.name: getattr(delivery, each.name) for each in fields(Delivery)}
    attempt = {each.name: getattr(delivery.attempt, each.name) for each in fields(Attempt)}
    return row | {"attempt": attempt | {"answer": delivery.attempt.answer.decode("latin-1")}}


def _delivery(row: dict[str, Any]) -> Delivery:
    attempt = row["attempt"]
    return Delivery(**row | {"attempt": Attempt(**attempt | {"answer": attempt["answer"].encode("latin-1")})})


DELIVERIES = kind_of_rows("delivery", _row, _delivery)
