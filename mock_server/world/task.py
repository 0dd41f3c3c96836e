"""A task and its timeline: the state is a pure function of plan, recorded events and time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from mock_server.contract.video_size import Shape

Status = Literal["Preparing", "Queueing", "Processing", "Success", "Fail"]
STATUSES: tuple[Status, ...] = get_args(Status)
_RUNNING: tuple[Status, ...] = ("Preparing", "Queueing", "Processing")
# When each running state begins, as a share of the whole timeline (assumed; only their order is documented).
_QUEUEING, _PROCESSING = 0.1, 0.3
# The verdict on the input is early: a job seen in Processing has passed it (observed).
INPUT_SENSITIVE = 1026


@dataclass(frozen=True, slots=True)
class Plan:
    """What will become of a task: how long it takes, and whether it ends in a file or with a code.

    `polls` of N means that the N-th query of the client sees the end; then `seconds` moves nothing.
    `fail_code` of None means success; a failure without a verdict of the moderation has code 0. `queueing` and
    `processing` are seconds after the create. Without `ends` it stays in Processing for ever.
    """

    seconds: float
    polls: int | None = None
    fail_code: int | None = None
    queueing: float | None = None
    processing: float | None = None
    ends: bool = True

    @property
    def stopped_early(self) -> bool:
        """Whether the task ends where Processing would have begun."""
        return self.fail_code == INPUT_SENSITIVE

    @property
    def begins(self) -> tuple[float, float, float]:
        """When each running state begins, in seconds after the create."""
        processing = self.processing
        if processing is None:
            processing = max(_PROCESSING * self.seconds, self.queueing or 0.0)
        queueing = min(_QUEUEING * self.seconds, processing) if self.queueing is None else self.queueing
        return 0.0, queueing, processing

    @property
    def end(self) -> float | None:
        """When it ends, in seconds after the create; None for never."""
        if not self.ends:
            return None
        return self.begins[2] if self.stopped_early else self.seconds


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

    So is `verdict`, with which somebody ended it by hand. Changed only by the account that owns it, under its lock.
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
    shape: Shape = "landscape"
    polls_seen: int = 0
    last_poll: float = 0.0
    # Queries in a row that saw the same moment.
    polls_in_place: int = 0
    verdict: State | None = None

    def state(self, now: float) -> State:
        """The state at a moment, without changing anything."""
        if self.verdict is not None and now >= self.verdict.since:
            return self.verdict
        if self.plan.polls is None:
            return self._by_time(now)
        return self._by_polls(self.plan.polls, self.polls_seen, self.last_poll)

    def state_after_poll(self, now: float) -> State:
        """The state that a query now will see, without changing anything."""
        if self.plan.polls is None or self.state(now).ended:
            return self.state(now)
        return self._by_polls(self.plan.polls, self.polls_seen + 1, now)

    def changes(self, after: float, until: float) -> Iterator[State]:
        """Every state that time alone brings later than `after`, up to and including `until`, in order.

        An end by hand is one of them, and nothing comes after it.
        """
        last = until if self.verdict is None else min(until, self.verdict.since)
        end = None if self.plan.polls is not None else self.plan.end
        begins = () if self.plan.polls is not None else self.plan.begins
        for moment in sorted({self.created_at + begin for begin in (*begins, *(() if end is None else (end,)))}):
            state = self._by_time(moment)
            if after < moment <= last and state.since == moment:
                yield state
        if self.verdict is not None and after < self.verdict.since <= until:
            yield self.verdict

    def processing_at(self) -> float | None:
        """When time alone will bring the task to Processing; None while queries of the client decide."""
        if self.plan.polls is not None:
            return None
        return self._no_later_than_the_end(self.created_at + self.plan.begins[2])

    def ends_at(self) -> float | None:
        """When time alone will end the task; None while queries of the client decide, and for never."""
        if self.verdict is not None:
            return self.verdict.since
        if self.plan.polls is not None or self.plan.end is None:
            return None
        return self.created_at + self.plan.end

    def _no_later_than_the_end(self, moment: float) -> float:
        end = self.ends_at()
        return moment if end is None else min(moment, end)

    def _by_time(self, now: float) -> State:
        end = self.plan.end
        if end is not None and now >= self.created_at + end:
            return self._end(self.created_at + end)
        _, queueing, processing = self.plan.begins
        if now >= self.created_at + processing:
            return State("Processing", 0, self.created_at + processing)
        if now >= self.created_at + queueing:
            return State("Queueing", 0, self.created_at + queueing)
        return State("Preparing", 0, self.created_at)

    def _by_polls(self, polls: int, seen: int, last_poll: float) -> State:
        """The running states share the first N - 1 queries; with fewer than three of them the early ones are skipped."""
        before = polls - 1
        if seen == 0:
            return State("Preparing", 0, self.created_at)
        index = 2 - before + seen if before < 3 else 3 * (seen - 1) // before
        if seen >= polls or (self.plan.stopped_early and index >= 2):
            return self._end(last_poll)
        return State(_RUNNING[index], 0, last_poll)

    def _end(self, when: float) -> State:
        if self.plan.fail_code is None:
            return State("Success", 0, when)
        return State("Fail", self.plan.fail_code, when)
