"""Waiting in real time, which ends at once when the mock stops."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Stand(Protocol):
    """Lets other threads stand in for one that waits."""

    def stand_in(self) -> AbstractContextManager[object]:
        """While the context lasts somebody else does the work of the thread that entered it."""
        ...

    def aside(self) -> AbstractContextManager[None]:
        """While the context lasts the thread that entered it waits, and takes the place of none that could work."""
        ...


class Pauses:
    """Lets a thread wait, as delayed answers do. After `stop` nobody waits any more.

    `stand` is set by a server whose threads are few: then a thread that waits holds nobody up.
    """

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self.stand: Stand | None = None

    def stand_in(self) -> AbstractContextManager[object]:
        """While the context lasts the thread that entered it waits, and others can work."""
        return self.stand.stand_in() if self.stand is not None else nullcontext()

    def wait(self, seconds: float) -> None:
        """Waits so many seconds, or until the mock stops."""
        if seconds > 0:
            with self.stand_in():
                self._stopped.wait(seconds)

    def aside(self) -> AbstractContextManager[None]:
        """Around a wait for somebody else, which others need not wait for."""
        return self.stand.aside() if self.stand is not None else nullcontext()

    def start(self) -> None:
        """Lets waiting take its time again after a stop."""
        self._stopped.clear()

    def stop(self) -> None:
        """Ends every pause."""
        self._stopped.set()
