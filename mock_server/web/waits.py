"""Long polls: each holds a thread of the server, so there are only so many at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from mock_server.control.verifying import TIMEOUT, Evidence, Expectation, wait
from mock_server.errors import Problem
from mock_server.world.signal import Signal


class Waits:
    """Lets at most so many calls wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._places = threading.BoundedSemaphore(most)

    def wait(
        self, expectation: Expectation, look: Callable[[], Evidence], signal: Signal, seconds: float | None
    ) -> dict[str, Any]:
        """Waits until it is as expected. Raises Problem 409 when the time is up, 503 when too many wait already."""
        if not self._places.acquire(blocking=False):
            raise Problem(503, "Too many wait", detail=f"{self._most} calls wait already, half of --threads")
        try:
            return wait(expectation, look, signal, TIMEOUT if seconds is None else seconds)
        finally:
            self._places.release()
