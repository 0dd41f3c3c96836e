"""What `--state FILE` costs: creates and queries of one client, and creates of sixteen, against the same mock in memory."""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.row import Row

CALLS = 300
CONNECTIONS = 16
_ORDER = {"model": "MiniMax-Hailuo-02", "first_frame_image": "https://example.com/cat.jpg", "prompt": "A cat."}
_HEADERS = {"Authorization": "Bearer benchmark", "Content-Type": "application/json"}


def measure(rounds: int) -> list[Row]:
    """Both mocks are there all the time and take turns within each round."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mocks = {
            "memory": stack.enter_context(_served()),
            "--state": stack.enter_context(_served("--state", str(folder / "state.db"))),
        }
        for number in range(rounds + 1):  # the first one only warms them up
            for subject, url in mocks.items():
                figures = _figures(url)
                for what, value in figures.items() if number else ():
                    values[what][subject].append(value)
    return [
        Row(
            "create with --state, one client, p50",
            "ms",
            values["create"],
            "memory",
        ),
        Row("query of a running task with --state, one client, p50", "ms", values["query"], "memory"),
        Row(
            f"creates with --state, {CONNECTIONS} connections",
            "1/s",
            values["together"],
            "memory",
            higher_is_better=True,
        ),
    ]


def _figures(url: str) -> dict[str, float]:
    caller = _Caller(url)
    tasks = [caller.create() for _ in range(3)]
    return {
        "create": _median_of(caller.create),
        "query": _median_of(lambda: caller.query(tasks[0])),
        "together": _together(url),
    }


def _median_of(call: Callable[[], object]) -> float:
    """Milliseconds of the median call."""
    seconds = []
    for _ in range(CALLS):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1000


def _together(url: str) -> float:
    """Creates a second of several clients at the same time."""

    def work() -> None:
        caller = _Caller(url)
        for _ in range(CALLS // CONNECTIONS):
            caller.create()

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CALLS // CONNECTIONS * CONNECTIONS / (time.perf_counter() - started)


class _Caller:
    """One client with one kept connection."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def create(self) -> str:
        """A new task."""
        return str(self._call("POST", "/v1/video_generation", json.dumps(_ORDER))["task_id"])

    def query(self, task: str) -> None:
        """Asks how a task stands."""
        self._call("GET", f"/v1/query/video_generation?task_id={task}")

    def _call(self, method: str, path: str, body: str | None = None) -> dict[str, object]:
        self._connection.request(method, path, body, _HEADERS)
        answer: dict[str, object] = json.loads(self._connection.getresponse().read())
        assert "task_id" in answer, answer
        return answer


@contextmanager
def _served(*flags: str) -> Iterator[str]:
    """A mock in a process of its own; the tasks of the benchmark do not end while it runs."""
    command = [sys.executable, "-m", "mock_server", "serve", "--port", "0", "--task-seconds", "86400", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()
            process.wait(10)
