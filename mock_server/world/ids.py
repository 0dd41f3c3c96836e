"""Identifiers as the service makes them: milliseconds since an epoch in April 2023, and nine random bits."""

from __future__ import annotations

import random
from collections.abc import Iterable

# Deduced from recorded identifiers (observed: 15 digits; inferred: (milliseconds << 12) | n with n below 512).
_EPOCH_MS = 1_681_553_000_000
_RANDOM_BITS = 9
_SHIFT = 12
# The epoch was found to differ by minutes from sample to sample (observed). Here each account has its own, so that
# tasks which two accounts make at the same moment, as under manual clocks, hardly ever share an identifier.
_EPOCH_SPREAD_MS = 600_000


class IdSource:
    """Makes task and file identifiers that never repeat within one account. The owner guards it with its lock."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._epoch_ms = _EPOCH_MS + rng.randrange(_EPOCH_SPREAD_MS)
        self._last_ms = 0
        self._files: set[int] = set()

    @property
    def last_ms(self) -> int:
        """Where it is: no identifier from here on was given away."""
        return self._last_ms

    def go_on(self, rng: random.Random, last_ms: int, given: Iterable[int], files: Iterable[int]) -> None:
        """Goes on after what was given away before, by another generator: of tasks and uploads, and their files."""
        self._rng = rng
        self._last_ms = max(last_ms, *(each >> _SHIFT for each in given), 0)
        self._files.update(files)

    def task_id(self, now: float) -> int:
        """A new identifier for a task made now; of two in the same millisecond the later counts one further."""
        self._last_ms = max(int(now * 1000) - self._epoch_ms, self._last_ms + 1)
        return self._last_ms << _SHIFT | self._rng.getrandbits(_RANDOM_BITS)

    def file_id(self, task_id: int, seconds: float) -> int:
        """The identifier of the file that a task will have made after `seconds`: larger than the task's own."""
        return self._free(task_id + (max(int(seconds * 1000), 1) << _SHIFT))

    def upload_id(self, now: float) -> int:
        """A new identifier for a file that is uploaded now."""
        return self._free(self.task_id(now))

    def forget_file(self, file_id: int) -> None:
        """The file is gone; its identifier no longer has to be kept in mind."""
        self._files.discard(file_id)

    def _free(self, file_id: int) -> int:
        """The identifier, or the next one that no file has."""
        while file_id in self._files:
            file_id += 1 << _SHIFT
        self._files.add(file_id)
        return file_id


def ms_of(task_id: int) -> int:
    """Where identifiers were when this one was made."""
    return task_id >> _SHIFT


def random_hex(rng: random.Random, digits: int) -> str:
    """`digits` random hexadecimal digits."""
    return f"{rng.getrandbits(digits * 4):0{digits}x}"
