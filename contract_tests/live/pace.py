"""How often a server is asked: never more than four times within a minute, however long that takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

REQUESTS = 4
# A little more than a minute, since requests do not all take the same time to arrive.
WINDOW_SECONDS = 61.0


class Pace:
    """Waits before a request until it may be sent. `clock` tells seconds that only go forward; `wait` lets them pass."""

    def __init__(self, clock: Callable[[], float], wait: Callable[[float], object], *, limited: bool) -> None:
        self._clock = clock
        self._wait = wait
        self._limited = limited
        self._sent: deque[float] = deque(maxlen=REQUESTS)

    def await_turn(self) -> None:
        """Returns when a request may be sent, and counts it."""
        while self._limited and len(self._sent) == REQUESTS:
            left = self._sent[0] + WINDOW_SECONDS - self._clock()
            if left <= 0:
                break
            self._wait(left)
        self._sent.append(self._clock())

    def minutes(self, requests: int) -> int:
        """How long so many requests take, in whole minutes, at least one."""
        windows = (requests - 1) // REQUESTS if self._limited else 0
        return max(1, -(-int(windows * WINDOW_SECONDS) // 60))
