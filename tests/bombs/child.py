"""A mock in a process of its own, whose memory can be told."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract_tests.api import CREATE, Api, Reply

MB = 1 << 20
# Longer than any machine takes; what takes longer hangs.
DEADLINE = 30.0
JSON = {"Content-Type": "application/json"}


@dataclass(slots=True)
class Child:
    """A served mock, called with one key; the seconds that a bomb took at most, and the bytes."""

    api: Api
    pid: int
    slowest: float = 0.0
    largest: int = 0

    def memory(self, name: str = "VmRSS") -> int:
        """Resident memory in bytes; VmHWM is the highest there was since `forget_peak`."""
        (found,) = re.findall(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{self.pid}/status").read_text(), re.M)
        return int(found) * 1024

    def growth(self, act: Callable[[], object]) -> int:
        """How much more memory there was at the highest, while something was done, than before it."""
        before = self.memory()
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # the peak begins anew (proc(5))
        act()
        return self.memory("VmHWM") - before

    def create(self, body: bytes, *, most: int | None = None) -> Reply:
        """Posts a body; the answer has to come soon, and with at most so many bytes more than before at the highest."""
        replies = []
        begin = time.monotonic()
        growth = self.growth(lambda: replies.append(self.api.send("POST", CREATE, headers=JSON, body=body)))
        seconds = time.monotonic() - begin
        self.slowest, self.largest = max(self.slowest, seconds), max(self.largest, growth)
        assert seconds < DEADLINE
        assert growth < (most if most is not None else 4 * len(body) + 32 * MB)
        return replies[0]
