"""Compares WSGI servers under this application: cheroot, which the mock uses, waitress, Granian and werkzeug's own.

Run `python benchmarks/servers.py`; it takes about three minutes and needs Linux. waitress and Granian are left out when
they are not installed, and the rows of requests per second when there is no `wrk` (`apt-get install wrk`).

Every server runs alone in a child process with 16 threads, except werkzeug's, which starts one for each connection.
Granian has two processes on an ordinary Python; memory is the sum. The servers take turns within each round, and
each number is divided by cheroot's of the same round, so that a busy machine spoils little. `cheroot again` is a second
run of cheroot: how far it is from 1 is how far any other ratio may be from 1 by chance.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from io import BufferedRWPair
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from mock_server import Settings, create_app

HOST = "127.0.0.1"
THREADS, REQUESTS, WRK_SECONDS = 16, 500, 2
PATIENCE_SECONDS = 20.0
PATHS = {"health": "/__mock/health", "query": "/v1/query/video_generation?task_id=1"}
KEY = "Authorization: Bearer k"
# What each turn is called, and the package that serves in it.
SERVERS = {name: name.split()[0] for name in ("cheroot", "waitress", "granian", "werkzeug", "cheroot again")}

FACTS = """
Tried with cheroot 11.1, waitress 3.0, Granian 2.8 and werkzeug 3.1 on Python 3.11:

| can it … | server | | because |
|---|---|---|---|
| run in a thread of a process that goes on | cheroot | yes | `stop()` works from any thread; no thread stays |
| | waitress | in part | after `close()`, `run()` goes on for as long as a client keeps its connection |
| | granian | no | sets signal handlers, serves from a child process; the embedded server refuses WSGI |
| | werkzeug | yes | `shutdown()` works from any thread, within half a second |
| have many listeners on port 0 and tell the ports | cheroot | yes | one server object each; `bind_addr` |
| | waitress | yes | several on one server; `effective_listen` |
| | granian | no | one listener, and its `bind_port` stays 0 |
| | werkzeug | yes | one server object each; `port` |
| speak TLS by itself | cheroot | yes | `ssl_adapter`; a client that never shakes hands holds up all others for 10 s |
| | waitress | no | has no setting for it |
| | granian | yes | `ssl_cert`, `ssl_key`; a client that never shakes hands holds up nobody |
| | werkzeug | yes | `ssl_context`; a client that never shakes hands holds up all others while it stays |
| let the application reset a connection | cheroot | yes | a small gateway subclass sees `req.conn.socket` |
| | waitress | yes | undocumented: `environ["waitress.client_disconnected"].__self__.socket` |
| | granian | no | the socket stays in Rust; nothing in `environ` leads to it |
| | werkzeug | yes | `environ["werkzeug.socket"]`, detached and then closed |"""


def application() -> Any:
    """The application that every server serves; the journal is short, so that memory is the server's."""
    return create_app(Settings(threads=THREADS, journal_max=1000))


def _serve(package: str, port: int) -> None:
    """Serves until it is ended, by a signal or by the end of the process that started it."""
    threading.Thread(target=_follow_parent, daemon=True).start()
    logging.disable()
    if package == "cheroot":
        from mock_server.serving.wsgi_server import WsgiServer

        server = WsgiServer(application(), HOST, port, threads=THREADS)
        server.listen()
        server.serve()
    elif package == "waitress":
        waitress = importlib.import_module("waitress")
        waitress.serve(application(), host=HOST, port=port, threads=THREADS, connection_limit=2000)
    elif package == "granian":
        granian = importlib.import_module("granian")
        server = granian.Granian("", HOST, port, interface="wsgi", blocking_threads=THREADS, log_enabled=False)
        server.serve(target_loader=application, wrap_loader=False)
    else:
        make_server(HOST, port, application(), threaded=True).serve_forever()


def _follow_parent() -> None:
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


class Client:
    """One client that asks for one path, over and over. Raises OSError when it gets no proper answer."""

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n{KEY}\r\n\r\n".encode()
        self._stream: BufferedRWPair | None = None
        self.was_closed = False

    def ask(self) -> None:
        """Sends the request and reads the answer; connects first where there is no connection."""
        if self._stream is None:
            with socket.create_connection((HOST, self._port), timeout=PATIENCE_SECONDS) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._stream = connection.makefile("rwb")
        self._stream.write(self._request)
        self._stream.flush()
        head = b""
        while not head.endswith(b"\r\n\r\n") and (line := self._stream.readline()):
            head += line.lower()
        length = re.search(rb"\r\ncontent-length: *(\d+)", head)
        body = self._stream.read(int(length[1])) if length else b""
        if not (head.startswith(b"http/1.1 200 ") and length and len(body) == int(length[1])):
            raise OSError(f"not the expected answer: {head!r} {body!r}")
        if b"\r\nconnection: close" in head:
            self.was_closed = True
            self.close()

    def close(self) -> None:
        """Ends the connection, if there is one."""
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()
            self._stream = None


@contextmanager
def _running(name: str) -> Iterator[tuple[int, int, float]]:
    """Runs a server while the block runs: its process group, its port and the seconds to its first answer."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    command = [sys.executable, str(Path(__file__).resolve()), "--serve", SERVERS[name], str(port)]
    started = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while True:
            with suppress(OSError), closing(Client(port, PATHS["health"])) as client:
                client.ask()
                break
            if _has_ended(child.pid) or time.perf_counter() - started > PATIENCE_SECONDS:
                raise SystemExit(f"{name} does not start")
            time.sleep(0.005)
        yield child.pid, port, time.perf_counter() - started
    finally:
        _end(child)


def _has_ended(pid: int) -> bool:
    """Whether a child has ended; it stays a zombie, so that its process group is still its own."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends a child politely, then whatever is left of its process group."""
    os.kill(child.pid, signal.SIGTERM)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not _has_ended(child.pid) and time.monotonic() < give_up:
        time.sleep(0.01)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate(timeout=PATIENCE_SECONDS)


def _resident_mib(group: int) -> float:
    """Resident memory of all processes of a group."""
    pages = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((process / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                pages += int((process / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _measure(name: str, notes: set[str], *, wrk: bool) -> dict[str, float]:
    """One turn of one server: every number by its name."""
    with _running(name) as (group, port, seconds):
        numbers = {"first answer, s": seconds}
        for label, path in PATHS.items():
            client = Client(port, path)
            for how in ("kept connection", "new connections"):
                times = []
                for _ in range(REQUESTS):
                    started = time.perf_counter()
                    client.ask()
                    times.append((time.perf_counter() - started) * 1000)
                    if how == "new connections":
                        client.close()
                client.close()
                numbers[f"{label}, {how}, p50 ms"] = statistics.median(times)
                numbers[f"{label}, {how}, p99 ms"] = statistics.quantiles(times, n=100)[98]
            if client.was_closed:
                notes.add(f"{name} closes every connection after one answer, so none was kept.")
            for connections in (16, 64) if wrk else ():
                command = f"wrk -t1 -c{connections} -d{WRK_SECONDS} http://{HOST}:{port}{path} -H".split()
                report = subprocess.check_output([*command, KEY], text=True, timeout=PATIENCE_SECONDS)
                numbers[f"{label}, {connections} connections, req/s"] = float(re.findall(r"sec: +(\S+)", report)[0])
                for trouble in re.findall(r"Socket errors: .*|Non-2xx.*", report):
                    notes.add(f"{name}, {label}, {connections} connections: wrk says {trouble}")
        numbers["resident memory after that, MiB"] = _resident_mib(group)
    return numbers


def _table(rounds: list[dict[str, dict[str, float]]], others: list[str]) -> str:
    heads = ["", "cheroot", *(f"{name} ÷ cheroot" for name in others)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rounds[0]["cheroot"]:
        line = f"| {row} |"
        for name in ("cheroot", *others):
            values = [turn[name][row] / (turn["cheroot"][row] if name in others else 1) for turn in rounds]
            form = ".0f" if min(values) >= 20 else ".2f"
            line += f" {statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}}) |"
        lines.append(line)
    return "\n".join(lines)


def main() -> None:
    """Measures and prints, or serves when this script called itself."""
    parser = argparse.ArgumentParser(description="Compares WSGI servers under the mock's application.")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="turns that each server gets (default: 3)")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        _serve(arguments.serve[0], int(arguments.serve[1]))
        return
    names = [name for name, package in SERVERS.items() if importlib.util.find_spec(package)]
    for name in sorted(SERVERS.keys() - set(names)):
        print(f"{name} is not installed and is left out.")
    if not (wrk := shutil.which("wrk") is not None):
        print("wrk is not installed; requests per second are left out.")
    notes: set[str] = set()
    rounds: list[dict[str, dict[str, float]]] = []
    for turn in range(max(1, arguments.rounds)):
        start = turn % len(names)
        rounds.append({name: _measure(name, notes, wrk=wrk) for name in names[start:] + names[:start]})
    print(", ".join(f"{name} {version(name)}" for name in names if name == SERVERS[name]))
    print(f"Median (smallest–largest) of {len(rounds)} rounds; for the others, of the ratios within each round.\n")
    print(_table(rounds, [name for name in names if name != "cheroot"]), *sorted(notes), FACTS, sep="\n")


if __name__ == "__main__":
    main()
