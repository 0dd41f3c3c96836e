"""How long a call may take in all, and when a step that failed is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .errors import VideoError

Result = TypeVar("Result")


class Deadline:
    """The moment by which a whole call has to be over, however many steps it takes."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._end = now() + seconds

    def left(self) -> float:
        """Seconds until then; negative when it has passed."""
        return self._end - self._now()


@dataclass(frozen=True)
class Patience:
    """Repeats a step that failed, after pauses that grow and are never the same for two clients.

    `gap` is in seconds; the first pause is one to two of it, the second two to four, and so on.
    """

    gap: float
    pause: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = random.random

    def repeat(
        self, step: Callable[[], Result], deadline: Deadline, repeats: int, worth: Callable[[VideoError], bool]
    ) -> Result:
        """What the step gives, at once or after as many repeats. Raises its last error, also when time would run out."""
        done, before = 0, None
        while True:
            try:
                return step()
            except VideoError as error:
                cut_off = error.kind == "timeout" and not error.ambiguous and deadline.left() <= 0
                if before is not None and cut_off:
                    raise before from None  # What went wrong tells more than that the time is over.
                wait = max(error.retry_after or 0, self.gap * 2**done * (1 + self.chance()))
                if done == repeats or wait >= deadline.left() or not error.retryable or not worth(error):
                    raise
                before = error
            self.pause(wait)
            done += 1
