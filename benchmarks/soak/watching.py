"""What a process takes, looked at every two seconds, and whether it grows."""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import urllib3

EVERY_SECONDS = 2.0
# Over the last two thirds memory may grow by this part of what it was, or by so many KB when that is more.
MEMORY_PART, MEMORY_LEAST = 0.04, 4096
# At rest there may be so many more of each than at rest before the load.
THREADS_MORE, DESCRIPTORS_MORE = 2, 2


@dataclass(frozen=True)
class Sample:
    """One look: seconds since the start, resident KB, threads, file descriptors."""

    at: float
    memory: int
    threads: int
    descriptors: int


def look(pid: int, at: float = 0.0) -> Sample:
    """Looks at a process once."""
    folder = Path(f"/proc/{pid}")
    lines = (line.partition(":") for line in (folder / "status").read_text().splitlines())
    status = {name: value.split() for name, _, value in lines}
    return Sample(at, int(status["VmRSS"][0]), int(status["Threads"][0]), sum(1 for _ in (folder / "fd").iterdir()))


class Watch:
    """Looks at a process, and asks the mock for its health like a client that does nothing wrong, until it is stopped."""

    def __init__(self, pid: int, url: str) -> None:
        self.samples: list[Sample] = []
        self.answers: list[float] = []
        self.unanswered: list[str] = []
        self._pid, self._url = pid, url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._look, self._ask)]

    def start(self) -> None:
        """Begins."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends, and waits for that."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _look(self) -> None:
        begun = time.monotonic()
        while not self._stop.wait(EVERY_SECONDS):
            self.samples.append(look(self._pid, time.monotonic() - begun))

    def _ask(self) -> None:
        pool = urllib3.PoolManager(retries=False)
        while not self._stop.wait(0.2):
            begun = time.monotonic()
            try:
                status = pool.request("GET", f"{self._url}/__mock/health", timeout=30.0).status
            except urllib3.exceptions.HTTPError as error:
                self.unanswered.append(type(error).__name__)
            else:
                self.answers.append((time.monotonic() - begun) * 1000)
                if status != 200:
                    self.unanswered.append(f"HTTP {status}")


def slope(samples: Sequence[Sample], value: Callable[[Sample], int]) -> float:
    """How much a value grows in a minute: the median of the slopes between all pairs (Theil-Sen), so that no peak counts."""
    pairs = itertools.combinations(samples, 2)
    return 60 * statistics.median((value(late) - value(early)) / (late.at - early.at) for early, late in pairs)


def later(samples: Sequence[Sample]) -> list[Sample]:
    """The last two thirds of the time; before that, what has a bound is filled."""
    return [sample for sample in samples if sample.at >= samples[-1].at / 3]
