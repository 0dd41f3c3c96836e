"""The same application under Granian, beside the default server, Prism and WireMock: creates with 16 connections."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.contestants import PRISM, WIREMOCK, floor, granian, mock, peers
from benchmarks.exchanges import CREATE
from benchmarks.load import WARM_UP_SECONDS, load, take_turns
from benchmarks.row import FLOOR, Limit, Row
from benchmarks.subject import all_running
from benchmarks.tools import have_wrk

CONNECTIONS = 16
UNDER_GRANIAN = "under Granian"
_AIMS = (
    Limit(UNDER_GRANIAN, PRISM, at_least=2),
    Limit(UNDER_GRANIAN, WIREMOCK, at_least=1, words="aimed at"),
)


def measure(rounds: int) -> list[Row]:
    """Requests per second; nothing that needs the state of an earlier request, since each worker has its own."""
    if not have_wrk():
        return []
    workers = {granian(1).name: "one worker", granian(2).name: "two workers"}
    others = [mock(), floor(), *(peer for peer in peers() if peer.name in (PRISM, WIREMOCK))]
    values: dict[str, list[float]] = {}
    notes = ["With two workers each has a state of its own: a task is known to the one that made it."]
    with tempfile.TemporaryDirectory() as text, all_running([granian(1), granian(2), *others], Path(text)) as servers:
        exchanges = {server.name: CREATE for server in servers}
        for server in servers:
            load(server.port, CREATE, Path(text), connections=CONNECTIONS, seconds=WARM_UP_SECONDS)
        for number in range(rounds):
            rates, troubles = take_turns(servers, exchanges, Path(text), connections=CONNECTIONS, number=number)
            notes += troubles
            for name, rate in rates.items():
                values.setdefault(name, []).append(rate)
    return [
        Row(f"create, {CONNECTIONS} connections, {what}", "requests/s",
            {UNDER_GRANIAN: values[name], **{other.name: values[other.name] for other in others}}, FLOOR,
            higher_is_better=True, subject=UNDER_GRANIAN, limits=_AIMS, notes=notes)
        for name, what in workers.items()
    ]  # fmt: skip
