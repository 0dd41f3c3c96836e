"""Time as an argument: whoever needs the time is handed a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

# Where every manual clock starts, so that a run can be repeated: 2026-11-18, 11:06:40 UTC.
MANUAL_START = 1_795_000_000.0


class Clock(Protocol):
    """Tells the time in seconds since 1970."""

    def now(self) -> float:
        """The time in seconds since 1970; never earlier than what it said before."""
        ...

    def seconds_until(self, when: float) -> float | None:
        """Real seconds until the clock shows `when`; None when it does not go there by itself."""
        ...

    def when_moved(self, listener: Callable[[], None]) -> None:
        """Calls `listener` whenever the time jumps; a clock that runs by itself never does."""
        ...


@dataclass(frozen=True, slots=True)
class ClockMark:
    """What a clock showed, at which time of day, and how fast it ran: enough for another one to go on from there."""

    shown: float
    at: float
    scale: float

    @property
    def now(self) -> float:
        """What the clock would show now, had it run on."""
        return self.shown + max(time.time() - self.at, 0.0) * self.scale


class RealClock:
    """The time of day at the start, carried on by the monotonic clock, so that no correction turns it back.

    With a `scale` of 60 a minute passes in every real second.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale
        self._started = time.monotonic()
        self._start = time.time()

    def now(self) -> float:
        """The time in seconds since 1970."""
        return self._start + (time.monotonic() - self._started) * self._scale

    def go_on_from(self, when: float) -> None:
        """Shows `when` now; for a clock that nobody has looked at yet."""
        self._start, self._started = when, time.monotonic()

    @property
    def mark(self) -> ClockMark:
        """Where it is."""
        return ClockMark(self.now(), time.time(), self._scale)

    def seconds_until(self, when: float) -> float:
        """Real seconds until the clock shows `when`."""
        return max(when - self.now(), 0.0) / self._scale

    def when_moved(self, listener: Callable[[], None]) -> None:
        """Does nothing: this clock never jumps."""


class ManualClock:
    """A clock that stands still until it is told to go on. Every method may be called from any thread."""

    def __init__(self, start: float = MANUAL_START) -> None:
        self._lock = threading.Lock()
        self._now = start
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        """The time in seconds since 1970."""
        return self._now

    @property
    def mark(self) -> ClockMark:
        """Where it stands."""
        return ClockMark(self._now, 0.0, 0.0)

    def seconds_until(self, when: float) -> None:
        """None: it goes nowhere by itself."""

    def advance(self, seconds: float) -> None:
        """Moves the clock on. Raises ValueError for a negative amount: time never goes back."""
        if seconds < 0:
            raise ValueError("a clock cannot be turned back")
        with self._lock:
            self._now += seconds
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def advance_to(self, when: float) -> None:
        """Moves the clock on to a moment; does nothing when it is past it."""
        with self._lock:
            if when <= self._now:
                return
            self._now = when
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def when_moved(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after each advance, in the thread that advances."""
        with self._lock:
            self._listeners.append(listener)


def mark_of(clock: Clock) -> ClockMark | None:
    """Where a clock is; None for one that is not ours."""
    return clock.mark if isinstance(clock, (ManualClock, RealClock)) else None


def resume(clock: Clock, mark: ClockMark, at_least: float = 0.0) -> None:
    """Lets a new clock go on where another one was, and not before `at_least`. One that is not ours stays as it is."""
    when = max(mark.now, at_least)
    if isinstance(clock, ManualClock):
        clock.advance_to(when)
    elif isinstance(clock, RealClock):
        # One that stood still, or ran slowly by hand, is carried to the time of day.
        clock.go_on_from(when if mark.scale else max(when, clock.now()))
