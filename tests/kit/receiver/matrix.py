"""Every broken receiver on every case: `python -m tests.kit.receiver.matrix [--jobs N] [NAME …]`.

Prints the table of cases and broken receivers in Markdown, and exits with 1 when one is caught by other cases than it
declares, when the reference does not pass, or when a MUST case catches none.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from contract_tests.outcome import Level
from contract_tests.receiver.case import ReceiverCase, cases
from contract_tests.receiver.session import ReceiverSession
from tests.kit.receiver.broken import all_broken
from tests.kit.receiver.broken.base import PATH, SECRET, Reference

CAUGHT = ("FAIL", "NON-STRICT")
STORE = Path(__file__).with_name("store.py")
MARKS = {"PASS": "·", "FAIL": "F", "NON-STRICT": "n", "INFO": "i", "N/A": "-", "NOT-OBSERVABLE": "?", "ERROR": "E"}


def plug_of(kind: type[Reference]) -> str:
    """How the kit names a broken receiver."""
    return f"wsgi:{kind.__module__}:{kind.__name__}.app()@{PATH}/{{{SECRET}}}"


def session_of(kind: type[Reference], folder: Path) -> ReceiverSession:
    """A session in which everything can be seen."""
    hook = f"cmd:{sys.executable} {STORE} {{action}} {{folder}}/receiver-data/tasks.sqlite"
    return ReceiverSession(plug_of(kind), state="/tasks/{task_id}", fault=hook, folder=folder)


def outcomes(kind: type[Reference], chosen: Iterable[ReceiverCase]) -> dict[str, str]:
    """What each case comes to for a receiver."""
    with tempfile.TemporaryDirectory() as folder, session_of(kind, Path(folder)) as session:
        return {case.id: str(session.judge(case)["outcome"]) for case in chosen}


def deviations(kind: type[Reference], found: Mapping[str, str]) -> list[str]:
    """In which cases a receiver is not caught as it declares."""
    wrong = []
    for case_id, outcome in found.items():
        if (outcome in CAUGHT) != (case_id in kind.catches) or outcome == "ERROR":
            wanted = "caught" if case_id in kind.catches else "not caught"
            wrong.append(f"{kind.__name__}: {case_id} should be {wanted} and is {outcome}")
    return wrong


def table(columns: Mapping[str, Mapping[str, str]]) -> str:
    """Cases by receivers, in Markdown. Receivers are numbered, with a list of their names below."""
    names = list(columns)
    lines = [
        "| case | " + " | ".join(str(number) for number in range(len(names))) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    for case in cases():
        marks = " | ".join(MARKS[columns[name].get(case.id, "ERROR")] for name in names)
        lines.append(f"| {case.id} ({case.level}) | {marks} |")
    legend = ", ".join(f"{mark} {outcome}" for outcome, mark in MARKS.items())
    return "\n".join([*lines, "", legend, "", *(f"{number}. {name}" for number, name in enumerate(names))])


def main() -> int:
    """Runs everything and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    everybody: list[type[Reference]] = [Reference, *all_broken()]
    kinds = [each for each in everybody if not given.names or each.__name__ in given.names]
    started = time.monotonic()
    with ThreadPoolExecutor(given.jobs) as pool:
        found = dict(zip(kinds, pool.map(lambda kind: outcomes(kind, cases()), kinds), strict=True))
    print(table({kind.__name__: each for kind, each in found.items()}))
    wrong = [text for kind, each in found.items() for text in deviations(kind, each)]
    killed = {case_id for kind in kinds for case_id in kind.catches}
    if not given.names:
        wrong += [
            f"{case.id} catches no broken receiver"
            for case in cases()
            if case.level is Level.MUST and case.id not in killed
        ]
    print(f"\n{len(kinds) - 1} broken receivers, {len(cases())} cases, {time.monotonic() - started:.0f} s; ", end="")
    print(
        "every one is caught by the cases that it declares, and by no other" if not wrong else "\n".join(["", *wrong])
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
