"""Resident memory of the process and all that it started: idle after one answer, and after many creates."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.contestants import MOCKOON, PRISM, floor, mock, peers
from benchmarks.exchanges import CREATE
from benchmarks.load import load
from benchmarks.row import FLOOR, MOCK, Limit, Row
from benchmarks.subject import Running, running
from benchmarks.tools import have_wrk

MANY, FEWER = 100_000, 5_000
_AIMS = (Limit(MOCK, PRISM, at_most=1 / 3, words="a third"), Limit(MOCK, MOCKOON, at_most=1 / 3, words="a third"))
# wrk is told a time and not a count, so that creates come in pieces; a server that stands still is given up after so many.
_LONGEST_PIECE, _EMPTY_PIECES = 10, 10


def measure(rounds: int) -> list[Row]:
    """Idle in every round; after creates once, and after 100,000 of them the mock and the floor alone, since that takes minutes."""
    everybody = [mock(), floor(), *peers()]
    idle: dict[str, list[float]] = {subject.name: [] for subject in everybody}
    some: dict[str, list[float]] = {subject.name: [] for subject in everybody}
    many: dict[str, list[float]] = {MOCK: [], FLOOR: []}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        for number in range(rounds):
            for subject in everybody:
                with running(subject, folder) as server:
                    idle[subject.name].append(server.resident_mib())
                    if number > 0 or not have_wrk():
                        continue
                    _create(server, folder, FEWER)
                    some[subject.name].append(server.resident_mib())
                    if subject.name in many:
                        _create(server, folder, MANY - FEWER)
                        many[subject.name].append(server.resident_mib())
    rows = [Row("resident memory, idle", "MiB", idle, FLOOR, subject=MOCK, limits=_AIMS)]
    if have_wrk():
        note = "Idle memory is weighed in each round, that after creates once; the peers get no 100,000, which would take minutes for each."
        rows.append(Row(f"resident memory after {FEWER:,} creates", "MiB", some, FLOOR, subject=MOCK, limits=_AIMS))
        rows.append(Row(f"resident memory after {MANY:,} creates", "MiB", many, FLOOR, subject=MOCK, notes=[note]))
    return rows


def _create(server: Running, folder: Path, wanted: int) -> None:
    """So many creates or a few more, with 16 connections. Raises RuntimeError when nothing is answered for long."""
    done, empty, seconds = 0, 0, 1
    while done < wanted:
        report = load(server.port, CREATE, folder, connections=16, seconds=seconds)
        done += report.count
        empty = 0 if report.count else empty + 1
        if empty == _EMPTY_PIECES:
            raise RuntimeError(f"{server.name} stood still after {done} creates")
        seconds = min(_LONGEST_PIECE, max(1, int((wanted - done) / max(1.0, report.per_second))))
