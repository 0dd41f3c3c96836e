"""A task and its timeline: the state is a pure function of plan, recorded events and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["Preparing", "Queueing", "Processing", "Success", "Fail"]
_RUNNING: tuple[Status, ...] = ("Preparing", "Queueing", "Processing")
# When each running state begins, as a share of the whole timeline (assumed; only their order is documented).
_BEGINS = (0.0, 0.1, 0.3)
# The verdict on the input is early: a job seen in Processing has passed it (observed).
INPUT_SENSITIVE = 1026


@dataclass(frozen=True, slots=True)
class Plan:
    """What will become of a task: how long it takes, and whether it ends in a file or with a code.

    `polls` of N means that the N-th query of the client sees the end; then `seconds` moves nothing.
    `fail_code` of None means success; a failure without a verdict of the moderation has code 0.
    """

    seconds: float
    polls: int | None = None
    fail_code: int | None = None

    @property
    def stopped_early(self) -> bool:
        """Whether the task ends where Processing would have begun."""
        return self.fail_code == INPUT_SENSITIVE


@dataclass(frozen=True, slots=True)
class State:
    """How a task stands: its status, the code that goes with it, and since when (seconds since 1970)."""

    status: Status
    code: int
    since: float

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in ("Success", "Fail")


@dataclass(slots=True, eq=False)
class Task:
    """One accepted create. `polls_seen` and `last_poll` record the queries of the client, which are events on the task.

    Changed only by the account that owns it, under its lock.
    """

    id: int
    file_id: int
    model: str
    resolution: str
    duration: int
    prompt: str
    price: int
    plan: Plan
    created_at: float
    callback_url: str | None = None
    polls_seen: int = 0
    last_poll: float = 0.0

    def state(self, now: float) -> State:
        """The state at a moment, without changing anything."""
        if self.plan.polls is None:
            return self._by_time(now)
        return self._by_polls(self.plan.polls)

    def processing_at(self) -> float | None:
        """When time alone will bring the task to Processing; None while queries of the client decide."""
        return None if self.plan.polls is not None else self.created_at + _BEGINS[2] * self.plan.seconds

    def ends_at(self) -> float | None:
        """When time alone will end the task; None while queries of the client decide."""
        if self.plan.polls is not None:
            return None
        share = _BEGINS[2] if self.plan.stopped_early else 1.0
        return self.created_at + share * self.plan.seconds

    def _by_time(self, now: float) -> State:
        end = self.ends_at()
        if end is not None and now >= end:
            return self._end(end)
        begins = [self.created_at + share * self.plan.seconds for share in _BEGINS]
        index = max((i for i, begin in enumerate(begins) if now >= begin), default=0)
        return State(_RUNNING[index], 0, begins[index])

    def _by_polls(self, polls: int) -> State:
        """The running states share the first N - 1 queries; with fewer than three of them the early ones are skipped."""
        seen, before = self.polls_seen, polls - 1
        if seen == 0:
            return State("Preparing", 0, self.created_at)
        index = 2 - before + seen if before < 3 else 3 * (seen - 1) // before
        if seen >= polls or (self.plan.stopped_early and index >= 2):
            return self._end(self.last_poll)
        return State(_RUNNING[index], 0, self.last_poll)

    def _end(self, when: float) -> State:
        if self.plan.fail_code is None:
            return State("Success", 0, when)
        return State("Fail", self.plan.fail_code, when)
