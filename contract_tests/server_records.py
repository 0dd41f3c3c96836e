"""What the tests of the server suite came to, gathered by case: several tests may belong to one."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.outcome import Checked, Level, Outcome, Verdict, broken, judge, met
from contract_tests.server_cases import case_of, server_cases

_SETTING_UP_FAILED = "the test could not be set up"


class ServerRecords:
    """Takes pytest's reports, one for each test, and gives a record for each case."""

    def __init__(self) -> None:
        self._checks: dict[str, list[Checked]] = {}
        self._seconds: dict[str, float] = {}
        self._properties: dict[str, list[str]] = {}
        self._trouble: dict[str, str] = {}

    @staticmethod
    def takes(report: pytest.TestReport) -> bool:
        """Whether the report is about a test of the server suite."""
        return "test_server.py::" in report.nodeid

    def add(self, report: pytest.TestReport) -> None:
        """Adds one report. Tests that belong to no case are none of the catalogue, and left out."""
        try:
            case = case_of(report.nodeid.rpartition("::")[2])
        except ValueError:
            return
        if report.when != "call":
            if report.failed:
                self._trouble[case] = f"{_SETTING_UP_FAILED}: {last_line(report)}"
            return
        name = report.nodeid.rpartition("::")[2]
        level = server_cases()[case].level
        finding = broken("what the case says", last_line(report)) if report.failed else met("what the case says")
        self._checks.setdefault(case, []).append(Checked(name, level, finding))
        self._seconds[case] = self._seconds.get(case, 0.0) + report.duration
        self._properties.setdefault(case, []).extend(str(value) for _, value in report.user_properties)

    def records(self) -> list[dict[str, Any]]:
        """A record for each case that was run, as `results.json` has it."""
        return [self._record(case) for case in sorted({*self._checks, *self._trouble})]

    def _record(self, name: str) -> dict[str, Any]:
        case = server_cases()[name]
        checks = self._checks.get(name, [])
        verdict = judge(Level.MUST if case.level is Level.INFO else case.level, checks)
        if name in self._trouble:
            verdict = Verdict(Outcome.ERROR, self._trouble[name], tuple(checks))
        elif case.level is Level.INFO and verdict.outcome is Outcome.PASS:
            verdict = Verdict(Outcome.INFO, "; ".join(self._properties.get(name, [])), tuple(checks))
        return {
            "id": name, "title": case.title, "level": str(case.level), "basis": list(case.basis), "why": case.why,
            "server": case.server, "obligation": case.title, "outcome": str(verdict.outcome), "reason": verdict.reason,
            "seconds": round(self._seconds.get(name, 0.0), 3), "baseline": None,
            "checks": [each.as_dict() for each in checks], "calls": [], "wire": [],
        }  # fmt: skip


def last_line(report: pytest.TestReport) -> str:
    """What a failed test said: the message of the assertion, without the frames."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr)
    return " ".join(text.split())[:500]
