"""Declared failures: what they excuse, when they are stale, and which files are refused."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from contract_tests.baseline import BaselineError, read_baseline

TODAY = datetime.date(2026, 11, 22)
KNOWN = ["CL-POLL-006", "CL-ERR-002"]


def baseline(folder: Path, text: str) -> Any:
    """The baseline of a file with that text."""
    path = folder / "baseline.yaml"
    path.write_text(text)
    return read_baseline(path, KNOWN)


def record(outcome: str, case: str = "CL-POLL-006") -> dict[str, Any]:
    """A record of a case."""
    return {"id": case, "outcome": outcome, "reason": "it polled on", "baseline": None}


ENTRY = "expected_failures:\n- case: CL-POLL-006\n  reason: fixed in the next release\n"


@pytest.mark.parametrize(
    ("outcome", "settled"),
    [
        ("FAIL", "XFAIL"), ("NON-STRICT", "XFAIL"), ("PASS", "STALE"), ("N/A", "STALE"), ("NOT-OBSERVABLE", "STALE"),
        ("ERROR", "ERROR"),
    ],
)  # fmt: skip
def test_declared(outcome: str, settled: str, tmp_path: Path) -> None:
    """A break is expected; anything else makes the entry stale; a fault of the kit is never excused."""
    assert baseline(tmp_path, ENTRY).settle(record(outcome), TODAY)["outcome"] == settled


def test_undeclared(tmp_path: Path) -> None:
    """What the baseline does not name stays what it is."""
    assert baseline(tmp_path, ENTRY).settle(record("FAIL", "CL-ERR-002"), TODAY) == record("FAIL", "CL-ERR-002")


@pytest.mark.parametrize(("expires", "outcome"), [("2026-11-22", "XFAIL"), ("2026-11-21", "FAIL")])
def test_expiry(expires: str, outcome: str, tmp_path: Path) -> None:
    """On its last day an entry still counts, on the next it does not, and the reason says so. YAML's dates are read."""
    settled = baseline(tmp_path, f"{ENTRY}  expires: {expires}\n").settle(record("FAIL"), TODAY)
    assert settled["outcome"] == outcome
    assert ("ended on 2026-11-21" in settled["reason"]) == (outcome == "FAIL")


def test_expired_entry_of_a_case_that_passes(tmp_path: Path) -> None:
    """It is as stale as any other."""
    settled = baseline(tmp_path, f"{ENTRY}  expires: '2026-01-01'\n").settle(record("PASS"), TODAY)
    assert settled["outcome"] == "STALE"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not of type 'object'"),
        ("expected_failures: 3\n", "/expected_failures: 3 is not of type 'array'"),
        ("expected_failures:\n- case: CL-POLL-006\n", "'reason' is a required property"),
        (
            "expected_failures:\n- case: CL-POLL-6\n  reason: x\n",
            "/expected_failures/0/case: there is no case 'CL-POLL-6'",
        ),
        (ENTRY + "- case: CL-POLL-006\n  reason: x\n", "/expected_failures/1/case: CL-POLL-006 stands there twice"),
        (ENTRY + "  expires: '2026-02-30'\n", "'2026-02-30' is no date"),
        (ENTRY + "  until: 2026-02-28\n", "'until' was unexpected"),
        ("a: [", "baseline.yaml"),
    ],
)
def test_refused(text: str, said: str, tmp_path: Path) -> None:
    """In one line that names the file and the place."""
    with pytest.raises(BaselineError) as caught:
        baseline(tmp_path, text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_file(tmp_path: Path) -> None:
    """Named as well."""
    with pytest.raises(BaselineError, match=r"nowhere\.yaml: No such file"):
        read_baseline(tmp_path / "nowhere.yaml", KNOWN)
