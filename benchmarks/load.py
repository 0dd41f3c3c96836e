"""Many connections at once: wrk, and what it reports."""

from __future__ import annotations

import re
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.exchanges import Exchange
from benchmarks.subject import Running, turns

SLICES, SLICE_SECONDS = 2, 1
# Until just-in-time compilers have seen the way.
WARM_UP_SECONDS = 3
_RATE = re.compile(r"Requests/sec: +([\d.]+)")
_COUNT = re.compile(r"(\d+) requests in")
_TROUBLE = re.compile(r"Socket errors: (.*)|Non-2xx or 3xx responses: (\d+)")


@dataclass(frozen=True, slots=True)
class Report:
    """What wrk counted. `trouble` is empty when every request was answered well."""

    per_second: float
    count: int
    trouble: str


def load(port: int, exchange: Exchange, folder: Path, *, connections: int, seconds: int) -> Report:
    """Sends the same request over and over, on connections that are kept."""
    script = folder / "request.lua"
    script.write_text(_script(exchange))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return read(done.stdout)


def take_turns(
    servers: Sequence[Running], exchanges: Mapping[str, Exchange], folder: Path, *, connections: int, number: int
) -> tuple[dict[str, float], list[str]]:
    """One round: requests per second of everybody, and what went wrong.

    It is cut into slices, in which everybody has a turn, so that what else the machine does falls on all alike.
    """
    rates: dict[str, list[float]] = {server.name: [] for server in servers}
    troubles = []
    for piece in range(SLICES):
        for server in turns(servers, number + piece):
            report = load(server.port, exchanges[server.name], folder, connections=connections, seconds=SLICE_SECONDS)
            rates[server.name].append(report.per_second)
            if report.trouble:
                troubles.append(f"{server.name}, {connections} connections: {report.trouble}")
    return {name: statistics.fmean(values) for name, values in rates.items()}, troubles


def read(report: str) -> Report:
    """Reads what wrk prints. Raises OSError when there is no rate in it."""
    rate, count = _RATE.search(report), _COUNT.search(report)
    if rate is None or count is None:
        raise OSError(f"wrk tells no rate: {report}")
    trouble = [f"socket errors: {errors}" if errors else f"{status} answers were not 2xx"
               for errors, status in _TROUBLE.findall(report)]  # fmt: skip
    if int(count[1]) == 0:
        trouble.append("nothing was answered")
    return Report(float(rate[1]), int(count[1]), "; ".join(trouble))


def _script(exchange: Exchange) -> str:
    headers = exchange.headers | ({"Content-Type": "application/json"} if exchange.body else {})
    lines = [f'wrk.method="{exchange.method}"', f'wrk.path="{exchange.path}"', f"wrk.body=[==[{exchange.body}]==]"]
    if not exchange.body:
        lines.pop()
    return "\n".join([*lines, *(f'wrk.headers["{name}"]="{value}"' for name, value in headers.items())])
