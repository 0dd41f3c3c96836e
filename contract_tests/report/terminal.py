"""What a run says in the terminal: the cases that need somebody's attention, each with why, and the count of all."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# In this order cases are told; those that are fine are only counted.
_TOLD = ("ERROR", "FAIL", "STALE", "NON-STRICT", "XFAIL")
# The exit code of a run that says nothing.
_NOTHING_PROVEN = 4
# So many cases are explained; further ones are named.
_EXPLAINED = 25
_WIDTH = 118


# What stands for a case while the run goes on.
_MARKS = {
    "PASS": ".", "INFO": "i", "N/A": "-", "NOT-OBSERVABLE": "?", "NON-STRICT": "n", "XFAIL": "x", "STALE": "S", "FAIL": "F",
    "ERROR": "E",
}  # fmt: skip


def mark(report: Any, record: Mapping[str, Any] | None) -> str:
    """One character for a case that is done, or for a test of the server suite; nothing for other reports."""
    if record is not None:
        return _MARKS[record["outcome"]]
    if report.when == "call":
        return "F" if report.failed else "."
    return "E" if report.failed else ""


def lines(results: Mapping[str, Any], written: Sequence[Path]) -> Iterator[str]:
    """The lines, without colours."""
    told = [case for outcome in _TOLD for case in results["cases"] if case["outcome"] == outcome]
    for case in told[:_EXPLAINED]:
        yield from _explained(case)
    if len(told) > _EXPLAINED:
        yield f"and {len(told) - _EXPLAINED} more: {', '.join(case['id'] for case in told[_EXPLAINED:])}"
        yield ""
    counts = ", ".join(f"{number} {outcome}" for outcome, number in results["counts"].items())
    subject = results["subject"]
    yield f"{results['suite']} {subject['name']}: {counts or 'no case was judged'}"
    hidden = results["counts"].get("NOT-OBSERVABLE", 0)
    if hidden:
        yield f"{hidden} could not be seen at level {subject['level']} of this plug; that is no pass"
    verdict = "conformant" if results["conformant"] else "not conformant"
    if results["exit"] == _NOTHING_PROVEN:
        verdict = "nothing was proven: no case could be judged, so not conformant"
    elif hidden and results["conformant"]:
        verdict = "conformant in what could be seen,"
    yield f"{verdict} at level {results['required']} (exit {results['exit']})"
    if written:
        page = next((path for path in written if path.name == "matrix.html"), written[0])
        yield f"report: {page}"


def _explained(case: Mapping[str, Any]) -> Iterator[str]:
    yield f"{case['outcome']} {case['id']} {case['title']}"
    broken = [each for each in case["checks"] if each["outcome"] == "broken"]
    for each in broken:
        yield from _wrapped("expected", each["expected"])
        yield from _wrapped("actual", each["actual"])
    if not broken or case["outcome"] == "STALE":
        yield from _wrapped("reason", case["reason"])
    if case["baseline"] is not None:
        yield from _wrapped("baseline", _in_words(case["baseline"], case["outcome"]))
    yield from _wrapped("why", case["why"])
    yield ""


def _in_words(entry: Mapping[str, Any], outcome: str) -> str:
    if entry["expires"] is None:
        return str(entry["reason"])
    return f"{entry['reason']} ({'until' if outcome == 'XFAIL' else 'this entry ended on'} {entry['expires']})"


def _wrapped(name: str, text: str) -> Iterator[str]:
    first = f"  {name + ':':<10}"
    yield from textwrap.wrap(" ".join(text.split()), _WIDTH, initial_indent=first, subsequent_indent=" " * len(first))
