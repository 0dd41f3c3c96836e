"""Runs the suites that attack the mock, and counts: tests, what they recorded, seconds.

A test that has something to tell beyond green records it as a property (pytest's `record_property`): of numbers under one
name the table shows the largest, of `cases` the sum.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITES = {
    "promises of this page": ("tests/test_security.py",),
    "guard, exposure, CORS, keys": (
        "tests/over_http/test_guard.py", "tests/test_exposure.py", "tests/over_http/test_cors.py",
        "tests/over_http/test_redaction.py", "tests/callbacks/test_addresses.py",
    ),
    "raw HTTP, slow and many clients": ("tests/abuse",),
    "bombs": ("tests/bombs", "tests/test_abuse.py"),
    "receivers that are dead or send without end": (
        "tests/callbacks/test_dead_receivers.py", "tests/callbacks/test_places.py",
    ),
    "kill -9 and restart": ("tests/state",),
}  # fmt: skip
# What fuzzing says at its end, as the table has it.
_TOLD = re.compile(r"\d+ cases in|slowest answer|resident memory|memory (grew|did not grow)")
FUZZ = ROOT / "tests" / "fuzz" / "__main__.py"


@dataclass
class Outcome:
    """What came of one suite."""

    name: str
    cases: int = 0
    failed: int = 0
    seconds: float = 0.0
    recorded: dict[str, float] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def record(self, name: str, value: float) -> None:
        """One number that a test recorded."""
        if name == "cases":
            self.cases += int(value) - 1  # the test itself is counted already
        else:
            self.recorded[name] = max(value, self.recorded.get(name, value))

    @property
    def in_words(self) -> str:
        """What there is to say beside the counts."""
        return "; ".join([*(f"{name} {value:g}" for name, value in sorted(self.recorded.items())), *self.told])


def run_suite(name: str, paths: Sequence[str]) -> Outcome:
    """Runs the tests that there are; counts one that cannot be run at all as failed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        there = [path for path in paths if (ROOT / path).exists()]
        if not there:
            return Outcome(name, told=["not in this tree"])
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            # The newer form has no properties, and pytest warns of each.
            "-o",
            "junit_family=xunit1",
            f"--junitxml={report}",
            *there,
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stdout[-3000:], done.stderr[-1000:], file=sys.stderr)
        if not report.exists():
            return Outcome(name, failed=1, told=["could not be run"])
        return read_report(name, report)


def read_report(name: str, report: Path) -> Outcome:
    """The counts of a report in JUnit's form."""
    outcome = Outcome(name)
    root = ElementTree.parse(report).getroot()
    for suite in root.iter("testsuite"):
        outcome.cases += int(suite.get("tests", 0)) - int(suite.get("skipped", 0))
        outcome.failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        outcome.seconds += float(suite.get("time", 0))
    for each in root.iter("property"):
        outcome.record(each.get("name", ""), float(each.get("value", 0)))
    return outcome


def run_fuzz(cases: int, seed: int) -> Outcome:
    """Fuzzes with so many cases."""
    outcome = Outcome("fuzzing")
    if not FUZZ.exists():
        outcome.told = ["not in this tree"]
        return outcome
    begun = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz", "--cases", str(cases), "--seed", str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    outcome.seconds = time.monotonic() - begun
    outcome.failed = int(done.returncode != 0)
    if done.returncode:
        print(done.stdout[-1000:], done.stderr[-3000:], file=sys.stderr)
    outcome.told = [line for line in done.stdout.splitlines() if _TOLD.match(line)]
    counted = re.search(r"^(\d+) cases in", done.stdout, re.MULTILINE)
    outcome.cases = int(counted[1]) if counted else 0
    return outcome
