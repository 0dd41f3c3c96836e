"""The record of every message that was sent, or could not be. Bounded by count."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from mock_server.callbacks.address import shown_url
from mock_server.callbacks.attempt import ANSWER_START, Attempt
from mock_server.callbacks.outbox import Message
from mock_server.world.account import Account
from mock_server.world.journal import redacted
from mock_server.world.signal import Signal
from mock_server.world.task import Task

SHOWN_URL = 500


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
    def of_update(cls, account: Account, task: Task, message: Message, attempt: Attempt) -> Delivery:
        """What became of an update."""
        again = f"-{message.attempt}" if message.attempt > 1 else ""
        return cls(
            id=f"{account.handle}-{account.opened_before}-{task.id}-{message.number}{again}", account=account.key,
            kind="update", task_id=str(task.id), url=task.callback_url or "", sent_at=account.clock.now(),
            message=message.body, attempt=attempt, reason=attempt.not_accepted, number=message.sent,
            rule=message.acting.as_dict() if message.acting is not None else None,
        )  # fmt: skip

    def __post_init__(self) -> None:
        """Lets go of what is never shown."""
        object.__setattr__(self, "target", self.target or self.url)
        object.__setattr__(self, "url", shown_url(self.url)[:SHOWN_URL])
        object.__setattr__(self, "attempt", replace(self.attempt, answer=self.attempt.answer[: 4 * ANSWER_START]))

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
    """The newest deliveries of all accounts. It owns its lock; deliveries never change once they are in."""

    def __init__(self, *, max_entries: int) -> None:
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._deliveries: OrderedDict[str, tuple[int, Delivery]] = OrderedDict()
        self._added = 0
        self._dropped = 0
        self.signal = Signal()

    def add(self, delivery: Delivery) -> None:
        """Records a delivery; the oldest ones go while there are too many."""
        with self._lock:
            self._added += 1
            self._deliveries[delivery.id] = (self._added, delivery)
            while len(self._deliveries) > self._max_entries:
                self._deliveries.popitem(last=False)
                self._dropped += 1
        self.signal.changed()

    def get(self, delivery_id: str) -> Delivery | None:
        """The delivery of that identifier."""
        with self._lock:
            found = self._deliveries.get(delivery_id)
            return found[1] if found else None

    def deliveries(self, account: str | None = None) -> tuple[list[Delivery], int]:
        """All deliveries, or those of one account, oldest first, and how many of anybody's were dropped."""
        with self._lock:
            return [each for _, each in self._deliveries.values() if account in (None, each.account)], self._dropped

    def mark(self) -> int:
        """A place in the record; `since` gives what came after it."""
        with self._lock:
            return self._added

    def since(self, mark: int, account: str) -> list[Delivery]:
        """The deliveries of an account that came after a place, as far as they are kept."""
        found: list[Delivery] = []
        with self._lock:
            for number, delivery in reversed(self._deliveries.values()):
                if number <= mark:
                    break
                if delivery.account == account:
                    found.append(delivery)
        return found[::-1]

    def clear(self, account: str | None = None) -> None:
        """Forgets all deliveries, or those of one account."""
        with self._lock:
            for key in [key for key, (_, each) in self._deliveries.items() if account in (None, each.account)]:
                del self._deliveries[key]
            if account is None:
                self._dropped = 0
