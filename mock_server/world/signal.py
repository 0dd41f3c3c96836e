"""Lets threads wait until something that others bring about is so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Signal:
    """Whoever changes something calls `changed`; whoever waits looks again then. It owns its lock."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._version = 0
        self._ended = False

    def changed(self) -> None:
        """Something may be otherwise now."""
        with self._condition:
            self._version += 1
            self._condition.notify_all()

    def end(self) -> None:
        """Nobody waits any longer."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def start(self) -> None:
        """Waiting takes its time again after an end."""
        with self._condition:
            self._ended = False

    def wait_until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Waits until `holds` says so, at most so many real seconds; `holds` is called without any lock."""
        end = time.monotonic() + seconds
        while True:
            with self._condition:
                seen = self._version
            if holds():
                return True
            with self._condition:
                while self._version == seen and not self._ended and (left := end - time.monotonic()) > 0:
                    self._condition.wait(left)
                # Also when there is always something new to look at.
                if self._ended or time.monotonic() >= end:
                    return False
