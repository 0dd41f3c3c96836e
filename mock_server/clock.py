"""Time as an argument: whoever needs the time is handed a clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time in seconds since 1970."""

    def now(self) -> float:
        """The time in seconds since 1970; never earlier than what it said before."""
        ...


class RealClock:
    """The time of day at the start, carried on by the monotonic clock, so that no correction turns it back."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """The time in seconds since 1970."""
        return self._offset + time.monotonic()


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, start: float = 1_795_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """The time in seconds since 1970."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Moves the clock on. Raises ValueError for a negative amount: time never goes back."""
        if seconds < 0:
            raise ValueError("a clock cannot be turned back")
        self._now += seconds
