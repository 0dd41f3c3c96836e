"""How many creates an account may make within a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

WINDOW_SECONDS = 60.0


class RateWindow:
    """The creates of the last minute. Guarded by the lock of the account that owns it."""

    def __init__(self, rpm: int | None) -> None:
        self.rpm = rpm
        self._creates: deque[float] = deque()

    def admit(self, now: float) -> bool:
        """Counts a create; False when the window is full. Refused ones do not count."""
        if self.rpm is None:
            return True
        while self._creates and self._creates[0] <= now - WINDOW_SECONDS:
            self._creates.popleft()
        if len(self._creates) >= self.rpm:
            return False
        self._creates.append(now)
        return True

    def limit(self, rpm: int | None) -> None:
        """Allows so many from now on; None for any number."""
        self.rpm = rpm
        if rpm is None:
            self._creates.clear()

    def go_on(self, creates: Iterable[float]) -> None:
        """Counts creates that were accepted before this start, oldest first."""
        if self.rpm is not None:
            self._creates.extend(creates)

    def frees(self, after: float, until: float) -> list[float]:
        """When one of the creates leaves the window, later than `after` and up to `until`."""
        return [moment for create in self._creates if after < (moment := create + WINDOW_SECONDS) <= until]
