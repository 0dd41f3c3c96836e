"""Time as an argument: whoever needs the time is handed a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Tells the time in seconds since 1970. `runs` says whether time passes by itself."""

    @property
    def runs(self) -> bool:
        """Whether time passes by itself, so that it is worth waiting for a moment."""
        ...

    def now(self) -> float:
        """The time in seconds since 1970; never earlier than what it said before."""
        ...

    def when_moved(self, listener: Callable[[], None]) -> None:
        """Calls `listener` whenever the time jumps; a clock that runs by itself never does."""
        ...


class RealClock:
    """The time of day at the start, carried on by the monotonic clock, so that no correction turns it back."""

    runs = True

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """The time in seconds since 1970."""
        return self._offset + time.monotonic()

    def when_moved(self, listener: Callable[[], None]) -> None:
        """Does nothing: this clock never jumps."""


class ManualClock:
    """A clock that stands still until it is told to go on."""

    runs = False

    def __init__(self, start: float = 1_795_000_000.0) -> None:
        self._now = start
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        """The time in seconds since 1970."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Moves the clock on. Raises ValueError for a negative amount: time never goes back."""
        if seconds < 0:
            raise ValueError("a clock cannot be turned back")
        self._now += seconds
        for listener in self._listeners:
            listener()

    def when_moved(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after each advance, in the thread that advances."""
        self._listeners.append(listener)
