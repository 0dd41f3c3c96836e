"""16 and 64 connections at once, each kept: requests per second, as wrk counts them."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path

from benchmarks.client import Client
from benchmarks.contestants import MOCKOON, PRISM, field
from benchmarks.exchanges import CREATE, query, task_of
from benchmarks.load import WARM_UP_SECONDS, load, take_turns
from benchmarks.row import FLOOR, MOCK, Limit, Row
from benchmarks.subject import Running, all_running
from benchmarks.tools import have_wrk

_AIMS = (
    Limit(MOCK, FLOOR, at_least=0.6),
    Limit(MOCK, PRISM, at_least=1, words="ahead of it"),
    Limit(MOCK, PRISM, at_least=1.5),
    Limit(MOCK, MOCKOON, at_least=3),
)


def measure(rounds: int) -> list[Row]:
    """Creates and queries; everybody is warmed up by some seconds of each."""
    if not have_wrk():
        return []
    found: dict[tuple[str, int], dict[str, list[float]]] = {}
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as text, all_running(field(), folder := Path(text)) as servers:
        tasks = {server.name: _warm_up(server, folder) for server in servers}
        exchanges = {
            "create": dict.fromkeys(tasks, CREATE),
            "query": {name: query(task) for name, task in tasks.items()},
        }  # fmt: skip
        for number, call, connections in product(range(rounds), exchanges, (16, 64)):
            rates, troubles = take_turns(servers, exchanges[call], folder, connections=connections, number=number)
            notes += [f"{call}, {trouble}" for trouble in troubles]
            row = found.setdefault((call, connections), {name: [] for name in tasks})
            for name, rate in rates.items():
                row[name].append(rate)
    return [
        Row(f"{call}, {connections} connections", "requests/s", values, FLOOR, higher_is_better=True, subject=MOCK,
            limits=_AIMS if connections == 16 else (), notes=notes)
        for (call, connections), values in found.items()
    ]  # fmt: skip


def _warm_up(server: Running, folder: Path) -> str:
    """Some seconds of each kind of request; the task that queries are about."""
    with Client(server.port) as client:
        task = task_of(client.ask(CREATE))
    for exchange in (CREATE, query(task)):
        load(server.port, exchange, folder, connections=16, seconds=WARM_UP_SECONDS)
    return task
