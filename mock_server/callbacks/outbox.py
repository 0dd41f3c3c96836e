"""The messages of one task: which are due when, and what rules make of them.

A task has two messages: `processing`, and the end. Rules may drop, repeat, delay, reorder and change them; what is not
delivered may be sent again. Everything here is on the account's clock.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from mock_server.callbacks.kept import ActingRow, MessageRow, OutboxRow
from mock_server.callbacks.payloads import update_message
from mock_server.contract.contract import Contract
from mock_server.world.edit import edited
from mock_server.world.pattern import Patience
from mock_server.world.restoring import RuleReader
from mock_server.world.rule import Acting, Occasion
from mock_server.world.task import INPUT_SENSITIVE, State, Task

# For patterns that came after the create, since this runs where nobody may wait.
LOOP_PATIENCE_SECONDS = 0.02
# Seconds before a message is sent again; they double each time, up to the last value (assumed).
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 60.0


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One message: due when, the how-manieth of its task, and what it says. `last` says that it tells the end.

    `attempt` counts what was not accepted, `sent` every time that the receiver is told the same; both from 1.
    """

    due: float
    number: int
    body: dict[str, Any] = field(compare=False)
    acting: Acting | None = field(compare=False, default=None)
    retries: int = field(compare=False, default=0)
    attempt: int = field(compare=False, default=1)
    last: bool = field(compare=False, default=False)
    sent: int = field(compare=False, default=1)


class Outbox:
    """What is to be sent about one task. `choose` finds the rule that acts on a push."""

    # Every running task with a receiver has one.
    __slots__ = (
        "_choose",
        "_contract",
        "_held",
        "_numbers",
        "_retries",
        "_sent",
        "_told_end",
        "_told_processing",
        "_waiting",
    )

    def __init__(self, contract: Contract, choose: Callable[[Occasion], Acting | None], *, retries: int) -> None:
        self._contract = contract
        self._choose = choose
        self._retries = retries
        self._told_processing = False
        self._told_end = False
        self._numbers = 0
        self._sent: dict[bool, int] = {}
        self._waiting: list[Message] = []
        # Held back until the next one has been written.
        self._held: list[Message] = []

    @property
    def complete(self) -> bool:
        """Whether everything about the task has been sent."""
        return self._told_end and not self._waiting

    def row(self, sending: Message | None) -> OutboxRow:
        """What is kept of it. A message that is under way counts as not sent until it has been answered."""
        waiting = [*self._waiting, *([] if sending is None else [sending])]
        sent = self._sent.get(False, 0), self._sent.get(True, 0)
        return OutboxRow(
            self._told_processing, self._told_end, self._numbers, sent, tuple(map(_row_of, waiting)),
            tuple(map(_row_of, self._held)),
        )  # fmt: skip

    def go_on(self, row: OutboxRow, reader: RuleReader) -> None:
        """Goes on from what was kept before this start."""
        self._told_processing, self._told_end, self._numbers = row.told_processing, row.told_end, row.numbers
        self._sent = {False: row.sent[0], True: row.sent[1]}
        self._held = [_message_of(each, reader) for each in row.held]
        for each in row.waiting:
            self._put(_message_of(each, reader))

    def write(self, task: Task, now: float, dropped: Callable[[Message], None]) -> bool:
        """Writes the messages that the task's state calls for by now; `dropped` gets those that a rule drops.

        Says whether there was anything to write.
        """
        told = self._told_processing, self._told_end
        state = task.state(now)
        stopped_early = state.ended and state.code == INPUT_SENSITIVE
        if not self._told_processing and state.status in ("Processing", "Success", "Fail"):
            self._told_processing = True
            if not stopped_early:
                begun = task.processing_at()
                if begun is None:  # queries moved it, perhaps to its end before this was written: it may not overtake
                    begun = state.since if state.ended else now
                self._compose(task, None, min(begun, now), dropped)
        if not self._told_end and state.ended:
            self._told_end = True
            self._compose(task, state, min(state.since, now), dropped)
        return told != (self._told_processing, self._told_end)

    def due(self, now: float) -> bool:
        """Whether something is to be sent now."""
        return bool(self._waiting) and self._waiting[0].due <= now

    def all_due(self, now: float) -> list[Message]:
        """Everything that is to be sent now, in order."""
        return sorted(message for message in self._waiting if message.due <= now)

    def take(self) -> Message:
        """The message that is next."""
        message = heapq.heappop(self._waiting)
        sent = self._sent[message.last] = self._sent.get(message.last, 0) + 1
        return message if sent == 1 else replace(message, sent=sent)

    def again(self, message: Message, now: float) -> None:
        """The message was not delivered; it is sent again later, if it may be."""
        if message.attempt <= message.retries:
            backoff = min(FIRST_BACKOFF * 2 ** (message.attempt - 1), LONGEST_BACKOFF)
            self._put(replace(message, due=now + backoff, attempt=message.attempt + 1))

    def next_moment(self, task: Task) -> float | None:
        """When time alone will bring something to send."""
        moments = [self._waiting[0].due] if self._waiting else []
        if not self._told_end:
            coming = task.ends_at() if self._told_processing else task.processing_at()
            moments += [] if coming is None else [coming]
        return min(moments, default=None)

    def _compose(self, task: Task, state: State | None, when: float, dropped: Callable[[Message], None]) -> None:
        body = update_message(task, state, self._contract)
        acting = self._choose(
            Occasion(
                "push",
                model=task.model,
                prompt=task.prompt,
                task_id=task.id,
                status=body["status"],
                patience=Patience(LOOP_PATIENCE_SECONDS),
            )
        )
        held, self._held = self._held, []
        then = acting.then if acting is not None else None
        due = when + (acting.delay if acting is not None else 0.0)
        copies = then.repeat if then is not None else 1
        retries = self._retries if then is None or then.retries is None else then.retries
        if acting is not None:
            body = edited(body, acting.then.edit)
        last = when
        for _ in range(copies):
            self._numbers += 1
            message = Message(due, self._numbers, body, acting, retries, last=state is not None)
            if then is not None and then.skip:
                dropped(message)
            elif then is not None and then.reorder and state is None:
                self._held.append(message)
            else:
                last = max(last, message.due)
                self._put(message)
        for message in held:
            self._numbers += 1
            self._put(replace(message, due=max(message.due, last), number=self._numbers))

    def _put(self, message: Message) -> None:
        heapq.heappush(self._waiting, message)


def _row_of(message: Message) -> MessageRow:
    return MessageRow(
        message.due, message.number, message.body, ActingRow.of(message.acting), message.retries, message.attempt,
        message.last,
    )  # fmt: skip


def _message_of(row: MessageRow, reader: RuleReader) -> Message:
    acting = row.acting.acting(reader) if row.acting is not None else None
    return Message(row.due, row.number, dict(row.body), acting, row.retries, row.attempt, row.last)
