"""Time as an argument: whoever needs the time is handed a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
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
