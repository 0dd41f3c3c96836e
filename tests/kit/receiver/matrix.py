"""Every broken receiver on every case: `python -m tests.kit.receiver.matrix [--jobs N] [NAME …]`.

Prints the table of cases and broken receivers in Markdown, and exits with 1 when one is caught by other cases than it
declares, when the reference does not pass, when a MUST case catches none, or when a receiver that does nothing passes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from contract_tests.outcome import Level
from contract_tests.receiver.case import ReceiverCase, cases
from contract_tests.receiver.session import ReceiverSession
from tests.kit.receiver.broken import all_broken
from tests.kit.receiver.broken.base import PATH, SECRET, Reference
from tests.kit.receiver.broken.silent import PASSES

CAUGHT = ("FAIL", "NON-STRICT")
STORE = Path(__file__).with_name("store.py")
MARKS = {"PASS": "·", "FAIL": "F", "NON-STRICT": "n", "INFO": "i", "N/A": "-", "NOT-OBSERVABLE": "?", "ERROR": "E"}
_EVERY: list[type[Reference]] = [Reference, *all_broken()]
KINDS = {kind.__name__: kind for kind in _EVERY}
Outcomes = Mapping[str, str]


def session_of(name: str, folder: Path) -> ReceiverSession:
    """A session in which everything can be seen that there is to see."""
    if name in PASSES:
        return ReceiverSession(f"wsgi:tests.kit.receiver.broken.silent:{name}@{PATH}", folder=folder)
    plug = f"wsgi:{KINDS[name].__module__}:{name}.app()@{PATH}/{{{SECRET}}}"
    hook = f"cmd:{sys.executable} {STORE} {{action}} {{folder}}/receiver-data/tasks.sqlite"
    return ReceiverSession(plug, state="/tasks/{task_id}", fault=hook, folder=folder)


def outcomes(name: str, chosen: Iterable[ReceiverCase] | None = None) -> dict[str, str]:
    """What each case comes to for a receiver."""
    with tempfile.TemporaryDirectory() as folder, session_of(name, Path(folder)) as session:
        return {case.id: str(session.judge(case)["outcome"]) for case in chosen or cases()}


def deviations(name: str, found: Outcomes) -> list[str]:
    """In which cases a receiver is not judged as it declares."""
    wrong = [f"{name}: {case_id} is an ERROR" for case_id, outcome in found.items() if outcome == "ERROR"]
    if name in PASSES:
        passed = {case_id for case_id, outcome in found.items() if outcome == "PASS"}
        return wrong + [f"{name}: {case_id} should not pass" for case_id in sorted(passed - PASSES[name])]
    for case_id, outcome in found.items():
        if (outcome in CAUGHT) != (case_id in KINDS[name].catches):
            wanted = "caught" if case_id in KINDS[name].catches else "not caught"
            wrong.append(f"{name}: {case_id} should be {wanted} and is {outcome}")
    return wrong


def idle() -> list[str]:
    """The MUST cases that catch no broken receiver, going by what is declared."""
    caught = frozenset[str]().union(*(kind.catches for kind in KINDS.values()))
    return [case.id for case in cases() if case.level is Level.MUST and case.id not in caught]


def table(columns: Mapping[str, Outcomes]) -> str:
    """Cases by receivers, in Markdown. Receivers are numbered, with what is wrong with them below."""
    numbers = " | ".join(str(number) for number in range(len(columns)))
    lines = [f"| case | level | {numbers} |", "|---" * (len(columns) + 2) + "|"]
    for case in cases():
        marks = " | ".join(MARKS[found[case.id]] for found in columns.values())
        lines.append(f"| {case.id} | {case.level} | {marks} |")
    legend = ", ".join(f"{mark} {outcome}" for outcome, mark in MARKS.items())
    return "\n".join([*lines, "", legend, "", *(f"{n}. {_described(name)}" for n, name in enumerate(columns))])


def _described(name: str) -> str:
    if name in PASSES:
        return f"`{name}`: does nothing; passes {len(PASSES[name])}"
    about = " ".join((KINDS[name].__doc__ or "").split())
    return f"`{name}` ({len(KINDS[name].catches)}): {about}"


def main() -> int:
    """Runs everything and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    chosen = given.names or [*KINDS, *PASSES]
    started = time.monotonic()
    with ProcessPoolExecutor(given.jobs) as pool:
        found = dict(zip(chosen, pool.map(outcomes, chosen), strict=True))
    print(table(found))
    wrong = [text for name, each in found.items() for text in deviations(name, each)]
    wrong += [f"{case_id} catches no broken receiver" for case_id in idle()]
    print(f"\n{len(found)} receivers, {len(cases())} cases, {time.monotonic() - started:.0f} s")
    print("\n".join(wrong or ["Every one is caught by the cases that it declares, and by no other."]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
