"""The journal is asked whether requests came as expected, when it holds 10,000 of them."""

from __future__ import annotations

import json
import statistics
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.client import Client, milliseconds
from benchmarks.contestants import mock
from benchmarks.exchanges import CREATE, KEY, Exchange
from benchmarks.row import Row
from benchmarks.subject import Running, running

ENTRIES = 10_000
TIMES = 10
PLAIN = "one pass over a list"
ALL, NONE = "all of them match", "none of them matches"


def measure(rounds: int, entries: int = ENTRIES) -> list[Row]:
    """`POST /__mock/requests/verify` beside a loop over the same entries, read as JSON before."""
    expected: dict[str, dict[str, Any]] = {
        ALL: {"match": {"operation": "create", "code": 0}, "times": entries},
        NONE: {"match": {"operation": "create", "code": 1002}, "times": 0},
    }
    values: dict[str, list[float]] = {PLAIN: [], ALL: [], NONE: []}
    with tempfile.TemporaryDirectory() as folder, running(mock(), Path(folder)) as server:
        kept = _fill(server, entries)
        with Client(server.port) as client:
            for _ in range(rounds):
                values[PLAIN].append(_median(lambda: sum(_is_good(entry) for entry in kept)))
                for what, expectation in expected.items():
                    call = _control("POST", f"requests/verify?account={KEY}", json.dumps(expectation))
                    values[what].append(_median(partial(client.ask, call)))
    return [Row(f"verify over {entries:,} requests", "ms", values, PLAIN)]


def _fill(server: Running, wanted: int) -> list[dict[str, Any]]:
    """Makes the journal hold exactly so many creates; the entries, as they are told."""
    with Client(server.port) as client:
        client.ask(_control("POST", "reset", "{}"))
        for _ in range(wanted):
            client.ask(CREATE)
        told = json.loads(client.ask(_control("GET", f"requests?account={KEY}&limit={wanted}", "")))
    if told["total"] != wanted or told["dropped"]:
        raise RuntimeError(f"the journal holds {told['total']} entries and dropped {told['dropped']}")
    entries: list[dict[str, Any]] = told["requests"]
    return entries


def _is_good(entry: dict[str, Any]) -> bool:
    return bool(entry["operation"] == "create" and entry["code"] == 0)


def _median(action: Any) -> float:
    action()
    return statistics.median(milliseconds(action) for _ in range(TIMES))


def _control(method: str, path: str, body: str) -> Exchange:
    return Exchange(method, f"/__mock/{path}", body, headers={})
