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
_AIMS = (Limit(MOCK, PRISM, at_most=0.33, words="a third"), Limit(MOCK, MOCKOON, at_most=0.33, words="a third"))
# A second of wrk is at most this many creates; what it really did is counted.
_PIECE_SECONDS = 1


def measure(rounds: int) -> list[Row]:
    """Idle and fewer creates in every round; 100,000 creates once, of the mock and the floor, since that takes minutes."""
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
                    if not have_wrk():
                        continue
                    _create(server, folder, FEWER)
                    some[subject.name].append(server.resident_mib())
                    if subject.name in many and number == 0:
                        _create(server, folder, MANY - FEWER)
                        many[subject.name].append(server.resident_mib())
    rows = [Row("resident memory, idle", "MiB", idle, FLOOR, subject=MOCK, limits=_AIMS)]
    if have_wrk():
        note = "Prism, Mockoon and WireMock are not made to take 100,000 creates, which would take minutes for each of them."
        rows.append(Row(f"resident memory after {FEWER:,} creates", "MiB", some, FLOOR, subject=MOCK, limits=_AIMS))
        rows.append(Row(f"resident memory after {MANY:,} creates", "MiB", many, FLOOR, subject=MOCK, notes=[note]))
    return rows


def _create(server: Running, folder: Path, wanted: int) -> None:
    """At least so many creates, with 16 connections."""
    done = 0
    while done < wanted:
        done += load(server.port, CREATE, folder, connections=16, seconds=_PIECE_SECONDS).count
