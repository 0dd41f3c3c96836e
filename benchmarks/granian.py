"""The same application under Granian, beside the default server, Prism and WireMock: creates with 16 connections."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.contestants import PRISM, WIREMOCK, granian, mock, peers
from benchmarks.exchanges import CREATE
from benchmarks.load import load
from benchmarks.row import MOCK, Limit, Row
from benchmarks.subject import all_running, turns
from benchmarks.tools import have_wrk

SECONDS = 2
CONNECTIONS = 16


def measure(rounds: int) -> list[Row]:
    """Requests per second; nothing that needs the state of an earlier request, since each worker has its own."""
    if not have_wrk():
        return []
    subjects = [granian(1), granian(2), mock(), *(peer for peer in peers() if peer.name in (PRISM, WIREMOCK))]
    values: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    notes = ["With two workers each has a state of its own: a task is known to the one that made it."]
    with tempfile.TemporaryDirectory() as text, all_running(subjects, folder := Path(text)) as servers:
        for server in servers:
            load(server.port, CREATE, folder, connections=CONNECTIONS, seconds=1)
        for number in range(rounds):
            for server in turns(servers, number):
                report = load(server.port, CREATE, folder, connections=CONNECTIONS, seconds=SECONDS)
                values[server.name].append(report.per_second)
                if report.trouble:
                    notes.append(f"{server.name}: {report.trouble}")
    rows = []
    for subject in (granian(1).name, granian(2).name):
        others = [name for name in values if "Granian" not in name]
        limits = [Limit(subject, PRISM, at_least=2), Limit(subject, WIREMOCK, at_least=1, words="the aim")]
        rows.append(
            Row(f"create, 16 connections, {subject}", "requests/s", {name: values[name] for name in (subject, *others)},
                MOCK, higher_is_better=True, subject=subject, limits=limits, notes=notes)
        )  # fmt: skip
    return rows
