"""Lines that GitHub Actions shows beside a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract_tests.outcome import Outcome
from contract_tests.report.meaning import fails
from contract_tests.report.redaction import redacted
from contract_tests.report.shown import one_line

MOST = 10  # GitHub shows no more of one kind and step
_ERRORS = (Outcome.FAIL, Outcome.ERROR, Outcome.STALE)


def workflow_commands(results: Mapping[str, Any]) -> list[str]:
    """Workflow commands: an error for each case that fails the run, a warning for each other break; at most ten of each kind.

    When there are more a last line says how many.
    """
    clean = redacted(results)
    kinds: dict[str, list[str]] = {"error": [], "warning": []}
    for case in clean["cases"]:
        outcome = Outcome(case["outcome"])
        if outcome in _ERRORS or fails(outcome, clean["required"]):
            kinds["error"].append(_line("error", case, clean["suite"]))
        elif outcome is Outcome.NON_STRICT:
            kinds["warning"].append(_line("warning", case, clean["suite"]))
    left = [f"{len(lines) - MOST} more {kind}s" for kind, lines in kinds.items() if len(lines) > MOST]
    kept = [line for lines in kinds.values() for line in lines[:MOST]]
    return kept + ([f"::notice title=Contract tests::and {', '.join(left)}; the report has them all"] if left else [])


def _line(kind: str, case: Mapping[str, Any], suite: str) -> str:
    title = f"{case['id']} {case['title']}"
    message = f"{case['outcome']}: {case['reason']}. A correct {suite}: {case['obligation']}"
    return f"::{kind} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return one_line(text, 1_000).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text, 150)).replace(":", "%3A").replace(",", "%2C")
