"""One client, one request after another: what tests do. On a connection that is kept, and with a new one each time."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

from benchmarks.client import Client, milliseconds
from benchmarks.contestants import MOCKOON, PRISM, field
from benchmarks.exchanges import CREATE, Exchange, query, task_of
from benchmarks.row import FLOOR, MOCK, Limit, Row
from benchmarks.subject import Running, all_running, turns

# A round is cut into slices, in which everybody has a turn, so that what else the machine does falls on all alike.
SLICES, REQUESTS = 20, 25
WARM_UP = 1000
KEPT, NEW = "kept connection", "new connections"
PERCENTILES = {"p50": 49, "p99": 98}
_AIMS = (
    Limit(MOCK, FLOOR, at_most=1 / 0.6, words="60 % of the floor"),
    Limit(MOCK, PRISM, at_most=1, words="ahead of it"),
    Limit(MOCK, PRISM, at_most=1 / 1.5, words="1.5 times as fast"),
    Limit(MOCK, MOCKOON, at_most=1 / 3, words="3 times as fast"),
)


def measure(rounds: int) -> list[Row]:
    """Median and 99th percentile of each kind of request, and what it takes of the processor, which a busy machine changes less."""
    found: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder, all_running(field(), Path(folder)) as servers:
        tasks = {server.name: _warm_up(server) for server in servers}
        for number, how, call in product(range(rounds), (KEPT, NEW), ("create", "query")):
            spent = {server.name: server.processor_seconds() for server in servers}
            for name, times in _round(servers, call, tasks, number, keep=how == KEPT).items():
                for percentile, place in PERCENTILES.items():
                    value = statistics.quantiles(times, n=100)[place]
                    found.setdefault(f"{call}, {how}, {percentile}", {}).setdefault(name, []).append(value)
            for server in servers:
                value = (server.processor_seconds() - spent[server.name]) * 1000 / (SLICES * (REQUESTS + 1))
                found.setdefault(f"{call}, {how}, processor time", {}).setdefault(server.name, []).append(value)
    return [
        Row(what, "ms", values, FLOOR, subject=MOCK, limits=_AIMS if what.endswith(f"{KEPT}, p50") else ())
        for what, values in found.items()
    ]


def _round(
    servers: Sequence[Running], call: str, tasks: Mapping[str, str], number: int, *, keep: bool
) -> dict[str, list[float]]:
    """The milliseconds of every request of everybody."""
    times: dict[str, list[float]] = {server.name: [] for server in servers}
    for piece in range(SLICES):
        for server in turns(servers, number + piece):
            exchange = CREATE if call == "create" else query(tasks[server.name])
            times[server.name] += _times(server.port, exchange, keep=keep)
    return times


def _warm_up(server: Running) -> str:
    """Asks until just-in-time compilers have seen the way; the task that queries are about."""
    with Client(server.port) as client:
        task = task_of(client.ask(CREATE))
        for _ in range(WARM_UP):
            client.ask(CREATE)
            client.ask(query(task))
    return task


def _times(port: int, exchange: Exchange, *, keep: bool) -> list[float]:
    times = []
    with Client(port) as client:
        client.ask(exchange)
        for _ in range(REQUESTS):
            if not keep:
                client.close()
            times.append(milliseconds(lambda: client.ask(exchange)))
    return times
