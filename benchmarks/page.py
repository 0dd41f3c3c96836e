"""docs/benchmarks.md: the figures stand between two markers, and what is written by hand around them stays."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.row import Row
from benchmarks.table import aims, figures

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one measurement: rows, or why there are none."""

    name: str
    summary: str
    rows: Sequence[Row]
    fault: str = ""


def generated(outcomes: Sequence[Outcome], rounds: int, versions: str) -> str:
    """What was to be reached and was it, then the figures of every measurement."""
    rows = [row for outcome in outcomes for row in outcome.rows]
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {rounds} round{'s' if rounds > 1 else ''}; {versions}."
    parts = [machine]
    if any(row.limits or row.aim for row in rows):
        parts += ["### What was to be reached", aims(rows)]
    for outcome in outcomes:
        parts += [f"### {outcome.name}", outcome.summary]
        if outcome.fault:
            parts.append(f"Could not be measured: {outcome.fault}")
        elif outcome.rows:
            parts.append(figures(outcome.rows))
        else:
            parts.append("Not measured here; something that it needs is missing.")
    return "\n\n".join(parts)


def put_into(page: Path, text: str) -> None:
    """Replaces what stands between the markers. Raises ValueError when they are not there once each, in order."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} does not have {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
