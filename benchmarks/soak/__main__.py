"""Runs the soak: `python -m benchmarks.soak [--minutes 10] [--seed 1]`. Needs Linux. Ends with 1 when something is not flat.

A mock is served with bounds that are reached within the first minute. Eight visitors make journeys on it; their choices
follow from the seed, what happens at the same time does not. Then everybody rests, so that what is still there has
leaked; then they begin again, and the mock is ended in the middle of it by SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from urllib3.exceptions import HTTPError

from benchmarks.soak import watching
from benchmarks.soak.findings import RESULTS, faults_of, table
from benchmarks.soak.journeys import JOURNEYS, Unexpected, Visitor
from benchmarks.soak.receivers import Receivers, receivers

VISITORS = 8
BOUNDS = {
    "--journal-max": "500", "--journal-bytes": "2000000", "--upload-bytes": "2000000", "--max-accounts": "100",
    "--max-tasks": "20", "--task-seconds": "0.5", "--callback-retries": "2", "--threads": "32",
}  # fmt: skip
# Kept connections are closed after ten seconds, retries are over after three.
REST_SECONDS = 13.0


class Load:
    """The visitors, each in a thread, while they are told to go on."""

    def __init__(self, url: str, receivers: Receivers, seed: int) -> None:
        self.visitors = [Visitor(url, receivers, str(number), f"{seed}-{number}") for number in range(VISITORS)]
        self.made: Counter[str] = Counter()
        self.unexpected: list[str] = []
        self._lock = threading.Lock()
        self._going = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Lets everybody begin, or go on."""
        self._going.set()
        self._threads = [threading.Thread(target=self._travel, args=(each,), daemon=True) for each in self.visitors]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Lets everybody end the journey that they are on."""
        self._going.clear()
        for thread in self._threads:
            thread.join()

    def _travel(self, visitor: Visitor) -> None:
        while self._going.is_set():
            trouble, name = "", ""
            try:
                name = visitor.go()
            except Unexpected as unexpected:
                trouble = str(unexpected)
            except HTTPError as error:
                trouble = f"{type(error).__name__}: {error}"
            with self._lock:
                if trouble:
                    self.unexpected.append(trouble)
                else:
                    self.made[name] += 1

    @property
    def requests(self) -> int:
        """How many were sent."""
        return sum(visitor.requests for visitor in self.visitors)


@contextmanager
def served(log: IO[bytes], seed: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A mock in a process of its own, and its address; killed at the end, if it is still there."""
    flags = [word for pair in BOUNDS.items() for word in pair]
    command = [sys.executable, "-m", "mock_server", "serve", "--port", "0", "--seed", str(seed), *flags]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    try:
        assert child.stdout is not None
        yield child, json.loads(child.stdout.readline())["url"]
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()


def rest(pid: int) -> watching.Sample:
    """What the process takes once nobody has wanted anything of it for a while."""
    time.sleep(REST_SECONDS)
    return watching.look(pid)


def end_under_load(child: subprocess.Popen[bytes], load: Load) -> tuple[float, int]:
    """Ends the mock while everybody is at it; gives the seconds and its exit code."""
    load.start()
    time.sleep(3)
    begun = time.monotonic()
    child.send_signal(signal.SIGTERM)
    try:
        code = child.wait(30)
    except subprocess.TimeoutExpired:
        code = -1
    return time.monotonic() - begun, code


def run(minutes: float, seed: int) -> dict[str, Any]:
    """The whole soak; gives what was counted and measured."""
    with tempfile.TemporaryFile() as log, receivers() as listening, served(log, seed) as (child, url):
        load = Load(url, listening, seed)
        for journey in JOURNEYS:  # once each, so that what is loaded late is there before the first look
            load.visitors[0].key = "soak-first"
            journey(load.visitors[0])
        before = rest(child.pid)
        watch = watching.Watch(child.pid, url)
        watch.start()
        load.start()
        time.sleep(minutes * 60)
        load.stop()
        watch.stop()
        after = rest(child.pid)
        counted = {
            "requests": load.requests, "journeys": dict(sorted(load.made.items())), "unexpected": list(load.unexpected),
            "challenges": listening.server.challenges, "updates": listening.server.updates,
            "receiver ms": listening.server.slowest * 1000,
        }  # fmt: skip
        stop_seconds, exit_code = end_under_load(child, load)
        load.stop()
        log.seek(0)
        tracebacks = sum(line.startswith(b"Traceback") for line in log)
    flat = watching.later(watch.samples)
    return counted | {
        "minutes": minutes, "seed": seed, "tracebacks": tracebacks, "stop seconds": stop_seconds, "exit code": exit_code,
        "memory KB": {"first third": _median(watch.samples[: -len(flat)] or flat), "then": _median(flat),
                      "most": max(sample.memory for sample in watch.samples),
                      "slope": watching.slope(flat, lambda sample: sample.memory),
                      "allowed": _allowed(flat)},
        "threads": {"before": before.threads, "after": after.threads, "most": max(s.threads for s in watch.samples),
                    "slope": watching.slope(flat, lambda sample: sample.threads)},
        "descriptors": {"before": before.descriptors, "after": after.descriptors,
                        "most": max(s.descriptors for s in watch.samples),
                        "slope": watching.slope(flat, lambda sample: sample.descriptors)},
        "health ms": {"count": len(watch.answers), "median": statistics.median(watch.answers),
                      "p99": statistics.quantiles(watch.answers, n=100)[98], "worst": max(watch.answers)},
        "health unanswered": watch.unanswered,
    }  # fmt: skip


def _median(samples: list[watching.Sample]) -> float:
    return statistics.median(sample.memory for sample in samples)


def _allowed(samples: list[watching.Sample]) -> float:
    """The slope that counts as flat, in KB a minute."""
    minutes = (samples[-1].at - samples[0].at) / 60
    return max(watching.MEMORY_PART * samples[0].memory, watching.MEMORY_LEAST) / minutes


def main() -> int:
    """Runs, prints, writes the results down, and says what is not flat."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    found = run(chosen.minutes, chosen.seed)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1))
    width = max(len(name) for name, _ in table(found))
    for name, value in table(found):
        print(f"{name:<{width}}  {value}")
    wrong = faults_of(found)
    for line in wrong:
        print(f"NOT AS IT SHOULD BE: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
