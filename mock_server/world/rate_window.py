"""How many creates an account may make within a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from mock_server.world.ids import ms_of
from mock_server.world.task import Task

WINDOW_SECONDS = 60.0


class RateWindow:
    """The creates of the last minute. Guarded by the lock of the account that owns it."""

    def __init__(self, rpm: int | None) -> None:
        self.rpm = rpm
        # Where identifiers were when creates began to count, so that after a restart the same ones do; None while none do.
        self.uncounted_ms: int | None = None if rpm is None else 0
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

    def limit(self, rpm: int | None, last_ms: int) -> None:
        """Allows so many from now on; None for any number. `last_ms` is where identifiers are."""
        self.rpm = rpm
        if rpm is None:
            self._creates.clear()
            self.uncounted_ms = None
        elif self.uncounted_ms is None:
            self.uncounted_ms = last_ms

    def go_on(self, uncounted_ms: int | None, last_ms: int, tasks: Sequence[Task]) -> None:
        """Counts the tasks that were made before this start, oldest first, as they were counted then."""
        self.uncounted_ms = uncounted_ms
        self.limit(self.rpm, last_ms)
        if self.uncounted_ms is not None:
            self._creates.extend(task.created_at for task in tasks if ms_of(task.id) > self.uncounted_ms)

    def frees(self, after: float, until: float) -> list[float]:
        """When one of the creates leaves the window, later than `after` and up to `until`."""
        return [moment for create in self._creates if after < (moment := create + WINDOW_SECONDS) <= until]
