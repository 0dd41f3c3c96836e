"""Compares WSGI servers under this application: cheroot, which the mock uses, waitress, Granian and werkzeug's own.

`python -m benchmarks servers` takes about three minutes. waitress and Granian are left out when they are not installed, and the
rows of requests per second when there is no `wrk`. What each of them can and cannot do stands in docs/benchmarks.md.

Every server runs alone in a child process with 16 threads, except werkzeug's, which starts one for each connection.
Granian has two processes on an ordinary Python; memory is the sum. The servers take turns within each round, and
each number is divided by cheroot's of the same round, so that a busy machine spoils little. `cheroot again` is a second
run of cheroot: how far it is from 1 is how far any other ratio may be from 1 by chance.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from benchmarks.client import Client, milliseconds
from benchmarks.exchanges import Exchange, query
from benchmarks.load import load
from benchmarks.row import Row
from benchmarks.subject import Running, Subject, running, turns
from benchmarks.tools import have_wrk, tell
from mock_server import Settings, create_app

THREADS, REQUESTS, WRK_SECONDS = 16, 500, 2
EXCHANGES = {"health": Exchange("GET", "/__mock/health"), "query": query("1")}
# What each turn is called, and the package that serves in it.
SERVERS = {name: name.split()[0] for name in ("cheroot", "waitress", "granian", "werkzeug", "cheroot again")}


def measure(rounds: int) -> list[Row]:
    """Every number of everybody that is installed."""
    names = [name for name, package in SERVERS.items() if importlib.util.find_spec(package)]
    for name in sorted(SERVERS.keys() - set(names)):
        tell(f"{name} is not installed and is left out")
    subjects = [Subject(name, _command(SERVERS[name]), refuses=True) for name in names]
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for subject in turns(subjects, number):
                with running(subject, Path(folder)) as server:
                    for what, value in _numbers(server, Path(folder), notes).items():
                        found.setdefault(what, {name: [] for name in names})[subject.name].append(value)
    return [
        Row(what, unit, values, "cheroot", higher_is_better=unit == "requests/s", notes=notes)
        for (what, unit), values in found.items()
    ]


def _command(package: str) -> Any:
    return lambda port, _: [sys.executable, "-m", "benchmarks.servers", package, str(port)]


def _numbers(server: Running, folder: Path, notes: list[str]) -> dict[tuple[str, str], float]:
    """One turn of one server: every number by its name and unit."""
    numbers = {("first answer", "s"): server.seconds_to_first_answer}
    for call, exchange in EXCHANGES.items():
        for how in ("kept connection", "new connections"):
            with Client(server.port) as client:
                times = []
                for _ in range(REQUESTS):
                    times.append(milliseconds(partial(client.ask, exchange)))
                    if how == "new connections":
                        client.close()
            numbers[f"{call}, {how}, p50", "ms"] = statistics.median(times)
            numbers[f"{call}, {how}, p99", "ms"] = statistics.quantiles(times, n=100)[98]
        for connections in (16, 64) if have_wrk() else ():
            report = load(server.port, exchange, folder, connections=connections, seconds=WRK_SECONDS)
            numbers[f"{call}, {connections} connections", "requests/s"] = report.per_second
            if report.trouble:
                notes.append(f"{server.name}, {call}, {connections} connections: {report.trouble}")
    numbers["resident memory after that", "MiB"] = server.resident_mib()
    return numbers


def application() -> Any:
    """The application that every server serves; the journal is short, so that memory is the server's."""
    return create_app(Settings(threads=THREADS, journal_max=1000))


def main() -> None:
    """Serves with one package until it is ended by a signal: `python -m benchmarks.servers PACKAGE PORT`."""
    package, port = sys.argv[1], int(sys.argv[2])
    logging.disable()
    if package == "cheroot":
        from mock_server.serving.wsgi_server import WsgiServer

        server = WsgiServer(application(), "127.0.0.1", port, threads=THREADS)
        server.listen()
        server.serve()
    elif package == "waitress":
        waitress = importlib.import_module("waitress")
        waitress.serve(application(), host="127.0.0.1", port=port, threads=THREADS, connection_limit=2000)
    elif package == "granian":
        granian = importlib.import_module("granian")
        server = granian.Granian("", "127.0.0.1", port, interface="wsgi", blocking_threads=THREADS, log_enabled=False)
        server.serve(target_loader=application, wrap_loader=False)
    else:
        make_server("127.0.0.1", port, application(), threaded=True).serve_forever()


if __name__ == "__main__":
    main()
