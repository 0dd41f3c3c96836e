"""16 and 64 connections at once, each kept: requests per second, as wrk counts them."""

from __future__ import annotations

import statistics
import tempfile
from itertools import product
from pathlib import Path

from benchmarks.client import Client
from benchmarks.contestants import MOCKOON, PRISM, field
from benchmarks.exchanges import CREATE, query, task_of
from benchmarks.load import load
from benchmarks.row import FLOOR, MOCK, Limit, Row
from benchmarks.subject import Running, all_running, turns
from benchmarks.tools import have_wrk

# A round is cut into slices, in which everybody has a turn, so that what else the machine does falls on all alike.
SLICES, SECONDS = 2, 1
_AIMS = (
    Limit(MOCK, FLOOR, at_least=0.6),
    Limit(MOCK, PRISM, at_least=1, words="ahead of it"),
    Limit(MOCK, PRISM, at_least=1.5),
    Limit(MOCK, MOCKOON, at_least=3),
)


def measure(rounds: int) -> list[Row]:
    """Creates and queries; everybody is warmed up by a second of each."""
    if not have_wrk():
        return []
    found: dict[tuple[str, int], dict[str, list[float]]] = {}
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as text, all_running(field(), folder := Path(text)) as servers:
        tasks = {server.name: _warm_up(server, folder) for server in servers}
        for number, call, connections in product(range(rounds), ("create", "query"), (16, 64)):
            rates: dict[str, list[float]] = {server.name: [] for server in servers}
            for piece in range(SLICES):
                for server in turns(servers, number + piece):
                    exchange = CREATE if call == "create" else query(tasks[server.name])
                    report = load(server.port, exchange, folder, connections=connections, seconds=SECONDS)
                    rates[server.name].append(report.per_second)
                    if report.trouble:
                        notes.append(f"{server.name}, {call}, {connections} connections: {report.trouble}")
            row = found.setdefault((call, connections), {server.name: [] for server in servers})
            for name, values in rates.items():
                row[name].append(statistics.fmean(values))
    return [
        Row(f"{call}, {connections} connections", "requests/s", values, FLOOR, higher_is_better=True, subject=MOCK,
            limits=_AIMS if connections == 16 else (), notes=notes)
        for (call, connections), values in found.items()
    ]  # fmt: skip


def _warm_up(server: Running, folder: Path) -> str:
    """A second of each kind of request; the task that queries are about."""
    with Client(server.port) as client:
        task = task_of(client.ask(CREATE))
    for exchange in (CREATE, query(task)):
        load(server.port, exchange, folder, connections=16, seconds=1)
    return task
