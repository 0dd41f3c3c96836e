"""Create, three polls, retrieve and, where there is something to fetch, download: one journey, on one connection."""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.client import Client, milliseconds
from benchmarks.contestants import floor, mock, peers
from benchmarks.exchanges import CREATE, EXAMPLE_FILE, Exchange, query, retrieve, task_of
from benchmarks.row import FLOOR, MOCK, Row
from benchmarks.subject import all_running, turns

JOURNEYS = 60
WARM_UP = 100
POLLS = 3
WHOLE, TO_RETRIEVE = "create, 3 polls, retrieve, download", "create, 3 polls, retrieve"


def measure(rounds: int) -> list[Row]:
    """The mock's tasks are finished by the third poll (`--progress polls:3`), so that its journey needs no waiting."""
    subjects = [mock("--progress", f"polls:{POLLS}"), floor(), *peers()]
    found: dict[str, dict[str, list[float]]] = {WHOLE: {MOCK: [], FLOOR: []}, TO_RETRIEVE: {}}
    found[TO_RETRIEVE] = {subject.name: [] for subject in subjects}
    with tempfile.TemporaryDirectory() as folder, all_running(subjects, Path(folder)) as servers:
        for server in servers:
            _times(server.port, WARM_UP, download=False)
        for number in range(rounds):
            for what, values in found.items():
                for server in turns(servers, number):
                    if server.name in values:
                        times = _times(server.port, JOURNEYS, download=what == WHOLE)
                        values[server.name].append(statistics.median(times))
    note = "No peer serves a file: their links are the document's example, so the whole journey has no figure for them."
    return [Row(f"{what}, p50", "ms", values, FLOOR, subject=MOCK, notes=[note]) for what, values in found.items()]


def _times(port: int, journeys: int, *, download: bool) -> list[float]:
    with Client(port) as client:
        return [milliseconds(lambda: _go(client, download=download)) for _ in range(journeys)]


def _go(client: Client, *, download: bool) -> None:
    """One journey. Raises OSError or ValueError when any step of it is not answered well."""
    task = task_of(client.ask(CREATE))
    state = {}
    for _ in range(POLLS):
        state = json.loads(client.ask(query(task)))
    link = json.loads(client.ask(retrieve(state.get("file_id") or EXAMPLE_FILE)))["file"]["download_url"]
    if download:
        parts = urlsplit(link)
        video = client.ask(Exchange("GET", f"{parts.path}{'?' if parts.query else ''}{parts.query}", headers={}))
        if len(video) < 1000:
            raise ValueError(f"no video: {video[:100]!r}")
