"""16 and 64 connections at once, each kept: requests per second, as wrk counts them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.client import Client
from benchmarks.contestants import MOCKOON, PRISM, field
from benchmarks.exchanges import CREATE, query, task_of
from benchmarks.load import load
from benchmarks.row import FLOOR, MOCK, Limit, Row
from benchmarks.subject import all_running, turns
from benchmarks.tools import have_wrk

SECONDS = 2.0
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
        tasks = {}
        for server in servers:
            with Client(server.port) as client:
                tasks[server.name] = task_of(client.ask(CREATE))
            for exchange in (CREATE, query(tasks[server.name])):
                load(server.port, exchange, folder, connections=16, seconds=1)
        for number in range(rounds):
            for call in ("create", "query"):
                for connections in (16, 64):
                    for server in turns(servers, number):
                        exchange = CREATE if call == "create" else query(tasks[server.name])
                        report = load(server.port, exchange, folder, connections=connections, seconds=SECONDS)
                        row = found.setdefault((call, connections), {each.name: [] for each in servers})
                        row[server.name].append(report.per_second)
                        if report.trouble:
                            notes.append(f"{server.name}, {call}, {connections} connections: {report.trouble}")
    return [
        Row(f"{call}, {connections} connections", "requests/s", values, FLOOR, higher_is_better=True, subject=MOCK,
            limits=_AIMS if connections == 16 else (), notes=notes)
        for (call, connections), values in found.items()
    ]  # fmt: skip
