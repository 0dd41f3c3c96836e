"""Judges every broken client by every case: `python -m tests.kit.client.matrix [--only NAME ...] [--cases ID ...]`.

Prints Markdown. The exit code is 1 when a fault is caught by other cases than it declares, when a MUST case catches none,
when the reference fails anything, or when a client that does next to nothing passes anything.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from contract_tests.client.case import client_cases
from contract_tests.outcome import Level
from tests.kit.client import trivial
from tests.kit.client.broken import FAULTS
from tests.kit.client.judging import REFERENCE, Found, deviations, every_case, judge

SUBJECTS = (REFERENCE, *trivial.PLUGS, *FAULTS)


def killers() -> dict[str, list[str]]:
    """The faults that each case catches, going by what is declared."""
    return {
        case.id: [fault.name for fault in FAULTS.values() if case.id in fault.caught_by]
        for case in client_cases()
        if case.level is not Level.INFO
    }


def idle() -> list[str]:
    """The cases with a MUST that catch no fault: nothing proves them."""
    caught = killers()
    return [case.id for case in client_cases() if case.level is Level.MUST and not caught[case.id]]


def table(found: Iterable[Found]) -> list[str]:
    """What was found, as Markdown: a row for each subject, and one for each case."""
    known = {each.name: each for each in found}
    title = "# Broken clients, and the cases that catch them"
    lines = [title, "", "Written by `python -m tests.kit.client.matrix`.", ""]
    lines += ["| client | its fault | caught by CL- | |", "|---|---|---|---|"]
    lines += [_row(known[name]) for name in SUBJECTS if name in known]
    lines += ["", "| case | level | broken clients that it catches |", "|---|---|---|"]
    for case in client_cases():
        if any(case.id in each.outcomes for each in known.values()):
            catches = [name for name in FAULTS if name in known and case.id in known[name].caught_by]
            whole = [name for name in catches if not FAULTS[name].all_but]
            broad = len(catches) - len(whole)
            more = [f"{broad} that break nearly everything"] if broad else []
            lines.append(f"| {case.id} | {case.level} | {', '.join([*(f'`{name}`' for name in whole), *more])} |")
    return lines


def _row(found: Found) -> str:
    wrong = "; ".join(deviations(found)).replace("|", "/")
    if found.name not in FAULTS:
        story = "none" if found.name == REFERENCE else "does next to nothing"
        caught = "nothing" if found.name == REFERENCE else f"{len(found.caught_by)} cases; passes none"
        return f"| {found.name} | {story} | {'' if wrong else caught} | {wrong or 'as declared'} |"
    fault = FAULTS[found.name]
    ids = fault.named if fault.all_but else found.caught_by
    listed = ("all but " if fault.all_but else "") + ", ".join(sorted(each.removeprefix("CL-") for each in ids))
    return f"| `{found.name}` | {fault.story} | {listed} | {wrong or 'as declared'} |"


def _run(names: Sequence[str], cases: frozenset[str], jobs: int, folder: Path) -> list[Found]:
    """Judges each subject in a process of its own. What the folder has is not done again."""
    kept = {name: Found.read(path) for name in names if (path := folder / f"{name}.json").exists()}
    missing = {name: cases - {*kept[name].outcomes} if name in kept else cases for name in names}
    done = [kept[name] for name in names if not missing[name]]
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawning, max_tasks_per_child=1) as pool:
        for future in as_completed(pool.submit(judge, name, missing[name]) for name in names if missing[name]):
            found = future.result()
            found = kept[found.name].with_more(found) if found.name in kept else found
            found.write(folder)
            done.append(found)
            wrong = "; ".join(deviations(found)) or "as declared"
            _tell(f"{len(done)}/{len(names)} {found.name}, {found.seconds:.0f} s: {wrong}")
    return done


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 when anything deviates, 2 for a subject or a case that there is not."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.kit.client.matrix", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--only", nargs="+", default=SUBJECTS, metavar="NAME", help="these subjects alone")
    parser.add_argument("--cases", nargs="+", default=sorted(every_case()), metavar="ID", help="these cases alone")
    parser.add_argument("--jobs", type=int, default=4, help="how many subjects at once (default: 4)")
    parser.add_argument("--resume", type=Path, metavar="FOLDER", help="keep results there, and go on with those it has")
    given = parser.parse_args(arguments)
    for what, names, allowed in (("subject", given.only, SUBJECTS), ("case", given.cases, sorted(every_case()))):
        if unknown := sorted({*names} - {*allowed}):
            _tell(f"no such {what}: {', '.join(unknown)}; allowed: {', '.join(allowed)}")
            return 2
    folder = given.resume or Path(tempfile.mkdtemp(prefix="minimax-matrix-"))
    folder.mkdir(parents=True, exist_ok=True)
    _tell(f"results are kept in {folder}; --resume {folder} goes on with them")
    begun = time.monotonic()
    found = _run(list(given.only), frozenset(given.cases), given.jobs, folder)
    sys.stdout.write("\n".join(table(found)) + "\n")
    wrong = [each.name for each in found if deviations(each)]
    _tell(f"{len(found)} clients in {time.monotonic() - begun:.0f} s; deviate: {', '.join(wrong) or 'none'}")
    if whole := len({*given.only}) == len(SUBJECTS) and idle():
        _tell(f"MUST cases that catch no fault: {', '.join(idle())}")
    return 1 if wrong or whole else 0


if __name__ == "__main__":
    sys.exit(main())
