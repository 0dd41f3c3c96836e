"""Waiting in real time, which ends at once when the mock stops."""

from __future__ import annotations

import threading


class Pauses:
    """Lets a thread wait, as delayed answers do. After `stop` nobody waits any more."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def wait(self, seconds: float) -> None:
        """Waits so many seconds, or until the mock stops."""
        if seconds > 0:
            self._stopped.wait(seconds)

    def start(self) -> None:
        """Lets waiting take its time again after a stop."""
        self._stopped.clear()

    def stop(self) -> None:
        """Ends every pause."""
        self._stopped.set()
