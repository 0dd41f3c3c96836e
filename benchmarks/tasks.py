"""Tasks in flight: what a create and a query take with 10, 1,000 and 100,000 of them, and the memory of one.

The application is called without a server, so that nothing but it is measured. For each number of tasks there is a child
process that makes so many by creates; then the children are asked by turns, in small blocks. The journal is short and
full from the start, so that what grows is the tasks alone.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks.exchanges import BODY
from benchmarks.row import Limit, Row

TASKS = (10, 1_000, 100_000)
BLOCKS, CALLS = 20, 50
_JOURNAL = 1000
_ROOT = Path(__file__).resolve().parents[1]
_BODY = BODY.encode()


def measure(rounds: int) -> list[Row]:
    """Two rows of latency, each with a value per round for every number of tasks, and one of memory, which is weighed once."""
    names = [f"{count:,} tasks" for count in TASKS]
    times: dict[str, dict[str, list[float]]] = {call: {name: [] for name in names} for call in ("create", "query")}
    with ExitStack() as stack:
        children = [stack.enter_context(Child(count)) for count in TASKS]
        memory = [children[-1].bytes_per_task]
        for _ in range(rounds):
            blocks = [[child.block() for child in children] for _ in range(BLOCKS)]
            for call, values in times.items():
                for place, name in enumerate(names):
                    values[name].append(statistics.median(took for block in blocks for took in block[place][call]))
    rows = [
        Row(
            f"{call}, p50, so many tasks in flight",
            "ms",
            values,
            against=names[0],
            limits=[Limit(name, names[0], at_most=1.2) for name in names[1:]],
        )
        for call, values in times.items()
    ]
    own = f"a task of {TASKS[-1]:,}"
    return [
        *rows,
        Row("resident memory of a task", "bytes", {own: memory}, against=own, limits=[Limit(own, at_most=1536)]),
    ]


class Child:
    """A process with an application and so many tasks in it; as a context it ends with the block."""

    def __init__(self, tasks: int) -> None:
        environment = os.environ | {"PYTHONPATH": str(_ROOT)}
        command = [sys.executable, "-m", "benchmarks.tasks", str(tasks)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=_ROOT
        )
        self.bytes_per_task: float = self._line()["bytes"]

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()

    def block(self) -> dict[str, list[float]]:
        """Milliseconds of a few creates and queries."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        found: dict[str, list[float]] = self._line()
        return found

    def _line(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the child process ended")
        return json.loads(line)


class _Application:
    """The mock as a WSGI application, and calls to it."""

    def __init__(self, tasks: int) -> None:
        from mock_server import Settings, create_app

        logging.disable()
        self._app = create_app(Settings(task_seconds=86_400, journal_max=_JOURNAL, max_tasks=tasks))

    def create(self) -> str:
        """Makes a task; gives its identifier."""
        environ = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(_BODY))}
        task_id: str = self._call("POST", "/v1/video_generation", environ, _BODY)["task_id"]
        return task_id

    def query(self, task_id: str) -> None:
        """Asks for a task."""
        self._call("GET", "/v1/query/video_generation", {"QUERY_STRING": f"task_id={task_id}"})

    def _call(self, method: str, path: str, more: dict[str, str], body: bytes = b"") -> Any:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8026", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1:8026",
            "HTTP_AUTHORIZATION": "Bearer k", "HTTP_ACCEPT": "*/*", "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), **more,
        }  # fmt: skip
        pieces = self._app.wsgi_app(environ, lambda *_: lambda _: None)
        answer = json.loads(b"".join(pieces))
        if hasattr(pieces, "close"):
            pieces.close()
        if answer["base_resp"]["status_code"] != 0:
            raise RuntimeError(f"not the expected answer: {answer}")
        return answer


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _block(application: _Application) -> dict[str, list[float]]:
    """Creates, and queries for the tasks that these made; each create has the oldest task forgotten."""
    created, queried, made = [], [], []
    for _ in range(CALLS):
        started = time.perf_counter()
        made.append(application.create())
        created.append((time.perf_counter() - started) * 1000)
    newest = made[-min(TASKS) :]
    for _ in range(CALLS // len(newest)):
        for task_id in newest:
            started = time.perf_counter()
            application.query(task_id)
            queried.append((time.perf_counter() - started) * 1000)
    return {"create": created, "query": queried}


def main() -> None:
    """The child: fills itself, says what that took, and answers each line with a block of times."""
    tasks = int(sys.argv[1])
    application = _Application(tasks)
    full = min(tasks, _JOURNAL)
    for _ in range(full):
        application.create()
    before = _resident_bytes()
    for _ in range(tasks - full):
        application.create()
    print(json.dumps({"bytes": (_resident_bytes() - before) / max(tasks - full, 1)}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(_block(application)), flush=True)


if __name__ == "__main__":
    main()
