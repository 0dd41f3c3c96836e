"""The table of SECURITY.md counts what was run, and says so when something was not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.security import __main__ as command
from benchmarks.security.suites import Outcome, read_report, run_suite
from benchmarks.soak.findings import RESULTS
from benchmarks.soak.watching import Sample, later, slope
from tests.documents import ROOT

REPORT = """<testsuites><testsuite tests="4" failures="1" errors="1" skipped="1" time="2.5">
<testcase><properties><property name="slowest, ms" value="12.5"/><property name="cases" value="100"/></properties></testcase>
<testcase><properties><property name="slowest, ms" value="7"/></properties></testcase>
</testsuite></testsuites>"""


def test_a_report_is_counted(tmp_path: Path) -> None:
    """Skipped tests are none, errors are failures; of what was recorded the largest counts, of cases the sum."""
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    outcome = read_report("a suite", report)
    assert (outcome.cases, outcome.failed, outcome.seconds) == (3 - 1 + 100, 2, 2.5)
    assert outcome.in_words == "slowest, ms 12.5"


def test_a_suite_that_is_missing_is_named() -> None:
    """A row of nothing must not look like a row of green."""
    assert run_suite("a suite", ["tests/nothing"]).in_words == "not in this tree"


def test_figures_are_put_in_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two marks of the page, as often as one likes; everything else stays."""
    page = tmp_path / "SECURITY.md"
    page.write_text((ROOT / "SECURITY.md").read_text())
    monkeypatch.setattr(command, "PAGE", page)
    for text in ("first\n", "| second |\n"):
        command.write(text)
    before, _, after = (ROOT / "SECURITY.md").read_text().partition(command.BEGIN)
    assert page.read_text() == before + command.BEGIN + "| second |\n" + command.END + after.partition(command.END)[2]


def test_what_a_soak_found_is_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row of it, and what is not as it should be; without a soak, how to have one."""
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert "`make soak`" in command.soak_lines()[0][0]
    growing = {"before": 3, "after": 30, "most": 30, "slope": 2.0}
    found = {
        "minutes": 10, "seed": 1, "requests": 5, "journeys": {"video": 2}, "unexpected": ["HTTP 500"], "challenges": 1,
        "updates": 2, "receiver ms": 1, "tracebacks": 1, "stop seconds": 9.0, "exit code": 1, "threads": growing, "descriptors": growing,
        "memory KB": {"then": 1, "most": 2, "slope": 900.0, "allowed": 100.0}, "health unanswered": ["HTTP 503"],
        "health ms": {"count": 1, "median": 1, "p99": 1, "worst": 1},
    }  # fmt: skip
    (tmp_path / RESULTS).parent.mkdir()
    (tmp_path / RESULTS).write_text(json.dumps(found))
    lines, wrong = command.soak_lines()
    assert "| requests | 5, of which unexpected answers 1 |" in lines
    assert len(wrong) == 8


def test_a_table_row_has_every_column() -> None:
    """Name, counts, seconds, and what was recorded."""
    outcome = Outcome("bombs", cases=3, seconds=1.6)
    outcome.record("largest, MB", 30)
    assert command.suites_table([outcome])[-1] == "| bombs | 3 | 0 | 2 | largest, MB 30 |"


def test_a_slope_is_that_of_most_pairs() -> None:
    """One peak counts for nothing; a steady growth is told in a minute's worth. The first third is left out."""
    steady = [Sample(float(at), 1000 + at, 5, 5) for at in range(0, 90, 2)]
    steady[30] = Sample(60.0, 99_999, 5, 5)
    assert round(slope(steady, lambda sample: sample.memory)) == 60
    assert slope(steady, lambda sample: sample.threads) == 0
    assert later(steady)[0].at == 30


def test_what_a_test_records_comes_into_the_table(tmp_path: Path) -> None:
    """Where a warning is an error, as it is in this project."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    tests = tmp_path / "test_recording.py"
    tests.write_text("def test_one(record_property):\n    record_property('seconds', 0.25)\n")
    outcome = run_suite("recording", [str(tests)])
    assert (outcome.cases, outcome.failed, outcome.in_words) == (1, 0, "seconds 0.25")
