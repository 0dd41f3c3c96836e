"""Runs every suite about security, fuzzing and the audit, and makes the table of SECURITY.md: `make security`.

`python -m benchmarks.security [PIP_AUDIT] [--fuzz-cases 20000] [--write]`. What the soak found is taken from its last run,
since it takes ten minutes (`make soak`). With `--write` the table goes into SECURITY.md. Ends with 1 when anything failed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime

from benchmarks.security.audit import audit
from benchmarks.security.suites import ROOT, SUITES, Outcome, run_fuzz, run_suite
from benchmarks.soak.findings import RESULTS, faults_of, table

PAGE = ROOT / "SECURITY.md"
BEGIN, END = "<!-- figures: made by `make security WRITE=1` -->\n", "<!-- end of figures -->\n"


def suites_table(outcomes: list[Outcome]) -> list[str]:
    """What was run."""
    lines = ["| suite | cases | failed | seconds | measured |", "|---|---|---|---|---|"]
    return lines + [
        f"| {each.name} | {each.cases} | {each.failed} | {each.seconds:.0f} | {each.in_words} |" for each in outcomes
    ]


def soak_lines() -> tuple[list[str], list[str]]:
    """What the last soak found, and what of it was not as it should be."""
    if not (ROOT / RESULTS).exists():
        return ["| soak | not run; `make soak` does it |", "|---|---|"], []
    found = json.loads((ROOT / RESULTS).read_text())
    return ["| soak | |", "|---|---|", *(f"| {name} | {value} |" for name, value in table(found))], faults_of(found)


def here() -> str:
    """When and where this was run."""
    cores = len(os.sched_getaffinity(0))
    return (
        f"Run on {datetime.now(UTC):%Y-%m-%d}, {platform.system()}, {cores} cores, Python {platform.python_version()}."
    )


def tell(what: str) -> None:
    """Says what runs now, since some of it takes minutes."""
    print(f"security: {what} …", file=sys.stderr, flush=True)


def write(text: str) -> None:
    """Puts the figures in their place in SECURITY.md."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + text + END + rest.partition(END)[2])


def main() -> int:
    """Runs everything and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.security", description=__doc__)
    parser.add_argument("pip_audit", nargs="?", default="pip-audit")
    parser.add_argument("--fuzz-cases", type=int, default=20_000)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    outcomes = []
    for name, paths in SUITES.items():
        tell(name)
        outcomes.append(run_suite(name, paths))
    tell(f"fuzzing, {chosen.fuzz_cases} cases")
    outcomes.append(run_fuzz(chosen.fuzz_cases, seed=1))
    tell("audit")
    audited = audit(chosen.pip_audit)
    soak, wrong = soak_lines()
    audit_lines = [
        "| dependency audit |",
        "|---|",
        f"| {audited.in_words} |",
        *(f"| {each} |" for each in audited.vulnerable),
    ]
    text = "\n\n".join([here(), *("\n".join(lines) for lines in (suites_table(outcomes), audit_lines, soak))]) + "\n"
    print(text)
    if chosen.write:
        write(text)
    for line in wrong:
        print(f"NOT AS IT SHOULD BE, soak: {line}")
    return int(any(each.failed for each in outcomes) or bool(audited.vulnerable) or bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
