"""The record of every message that was sent, or could not be. Bounded by count."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from mock_server.callbacks.address import shown_url
from mock_server.callbacks.attempt import ANSWER_START, Attempt
from mock_server.world.journal import redacted

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

    def __post_init__(self) -> None:
        """Lets go of what is never shown."""
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
            "delivered": self.reason is None, "reason": self.reason,
        }  # fmt: skip


class DeliveryRecord:
    """The newest deliveries of all accounts. It owns its lock; deliveries never change once they are in."""

    def __init__(self, *, max_entries: int) -> None:
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._deliveries: OrderedDict[str, Delivery] = OrderedDict()
        self._dropped = 0

    def add(self, delivery: Delivery) -> None:
        """Records a delivery; the oldest ones go while there are too many."""
        with self._lock:
            self._deliveries[delivery.id] = delivery
            while len(self._deliveries) > self._max_entries:
                self._deliveries.popitem(last=False)
                self._dropped += 1

    def get(self, delivery_id: str) -> Delivery | None:
        """The delivery of that identifier."""
        with self._lock:
            return self._deliveries.get(delivery_id)

    def deliveries(self, account: str | None = None) -> tuple[list[Delivery], int]:
        """All deliveries, or those of one account, oldest first, and how many of anybody's were dropped."""
        with self._lock:
            return [each for each in self._deliveries.values() if account in (None, each.account)], self._dropped

    def clear(self, account: str | None = None) -> None:
        """Forgets all deliveries, or those of one account."""
        with self._lock:
            for key in [key for key, each in self._deliveries.items() if account in (None, each.account)]:
                del self._deliveries[key]
            if account is None:
                self._dropped = 0
