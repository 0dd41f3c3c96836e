"""Thousands of callbacks that fall due in the same second: how many go out, how late, and whether dead receivers matter.

Run `python -m benchmarks.callbacks`, or `python -m benchmarks callbacks` for its place among all measurements. The
receiver (`fast_receiver.py`) is a process of its own and does as little as can be. The subjects take turns in each round,
each in a new process:

- `floor`: a bare loop with the same HTTP client posts the same messages to the same receiver, 32 at a time, each over
  a connection of its own;
- `mock`: tasks of one account end one after the other within one second, and their updates go out;
- `beside 40 dead`: the same, while 40 receivers that take connections and never answer have 40 messages each.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

from benchmarks.row import Limit, Row

MESSAGES = 10_000
AT_ONCE = 32
DEAD, MESSAGES_TO_DEAD = 40, 40
# Until the first task ends, all have to be made.
PREPARING_SECONDS = 5.0
PATIENCE_SECONDS = 120.0
SUBJECTS = ("floor", "mock", "beside 40 dead")
PATH = "/callback"
_LIMITS = {
    "rate": [Limit(subject, at_least=1000) for subject in SUBJECTS[1:]],
    "lost": [Limit(subject, at_most=0, always=True) for subject in SUBJECTS[1:]],
    "early": [Limit(subject, at_most=0, always=True) for subject in SUBJECTS[1:]],
}


class MonotonicClock:
    """The clock that all processes of a machine share."""

    def now(self) -> float:
        """The time in seconds."""
        return time.monotonic()

    def seconds_until(self, when: float) -> float:
        """Real seconds until then."""
        return max(when - time.monotonic(), 0.0)

    def when_moved(self, listener: Callable[[], None]) -> None:
        """Does nothing: it never jumps."""


def send_bare(port: int, messages: int) -> dict[str, float]:
    """Posts messages as the floor does; gives when each was due."""
    import aiohttp
    from yarl import URL

    due: dict[str, float] = {}

    async def post_all() -> None:
        connector = aiohttp.TCPConnector(limit=AT_ONCE, force_close=True)
        url = URL(f"http://127.0.0.1:{port}{PATH}")
        async with aiohttp.ClientSession(connector=connector, headers={"Content-Type": "application/json"}) as session:

            async def post(number: int) -> None:
                body = {"task_id": str(number), "status": "failed", "file_id": "",
                        "base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}}  # fmt: skip
                async with session.post(url, data=json.dumps(body).encode()) as response:
                    await response.read()

            begin = time.monotonic()
            due.update((str(number), begin) for number in range(messages))
            await asyncio.gather(*(post(number) for number in range(messages)))

    asyncio.run(post_all())
    return due


def send_by_mock(port: int, messages: int, dead: int) -> dict[str, float]:
    """Makes tasks whose one update is due within one second, and stays until they were told; gives when each was due."""
    from mock_server import Settings
    from mock_server.operations.service import build_service
    from mock_server.world.order import Order
    from mock_server.world.task import INPUT_SENSITIVE, Plan

    service = build_service(Settings(journal_max=messages + DEAD * MESSAGES_TO_DEAD), new_clock=MonotonicClock)
    account = service.world.account("k")

    def begin(url: str, when: float) -> tuple[str, float]:
        order = Order("MiniMax-Hailuo-02", "768P", 6, "a cat", 280, url)
        seconds = max(when - time.monotonic(), 0.0)
        task = account.open_task(order, Plan(seconds, fail_code=INPUT_SENSITIVE, processing=seconds))
        service.callbacks.follow(account, task)
        service.callbacks.release(account, task)
        return str(task.id), task.ends_at() or 0.0

    service.callbacks.challenge(account, f"http://127.0.0.1:{port}{PATH}")  # loads the HTTP client
    start = time.monotonic() + PREPARING_SECONDS
    due = dict(begin(f"http://127.0.0.1:{port}{PATH}", start + number / messages) for number in range(messages))
    silent = [_silent_receiver() for _ in range(dead)]
    for url in silent:
        for _ in range(MESSAGES_TO_DEAD):
            begin(url, start - 0.5)
    give_up = time.monotonic() + PATIENCE_SECONDS

    def told() -> int:
        found, _ = service.callbacks.record.deliveries("k")
        return sum(each.task_id in due for each in found)

    while told() < messages and time.monotonic() < give_up:
        time.sleep(0.5)
    service.stop()
    return due


def _silent_receiver() -> str:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def accept() -> None:
        kept = []
        while True:
            kept.append(listener.accept())

    threading.Thread(target=accept, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}"


@contextmanager
def _receiver() -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.fast_receiver"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        yield int(child.stdout.readline())
        child.stdin.close()


def one_turn(subject: str, port: int, messages: int) -> dict[str, float]:
    """Lets one subject send in a process of its own; gives its figures."""
    command = [sys.executable, "-m", "benchmarks.callbacks", "--send", subject, str(port), str(messages)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=2 * PATIENCE_SECONDS)
    due: dict[str, float] = json.loads(done.stdout)
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/")
    arrivals: list[tuple[float, str]] = json.loads(connection.getresponse().read())
    connection.close()
    return figures(due, [(moment, json.loads(body).get("task_id")) for moment, body in arrivals])


def figures(due: dict[str, float], arrivals: list[tuple[float, Any]]) -> dict[str, float]:
    """What can be said of messages that were due then and came then. Lateness is in milliseconds."""
    came = [(moment, task) for moment, task in arrivals if task in due]
    lateness = sorted((moment - due[task]) * 1000 for moment, task in came)
    cuts = statistics.quantiles(lateness, n=100)
    return {
        "per second": len(came) / (max(moment for moment, _ in came) - min(due.values())),
        "p50": cuts[49], "p99": cuts[98], "max": lateness[-1], "lost": len(due.keys() - {task for _, task in came}),
        "twice": len(came) - len({task for _, task in came}), "early": sum(late < 0 for late in lateness),
    }  # fmt: skip


def measure(rounds: int, messages: int = MESSAGES) -> list[Row]:
    """Callbacks per second, their lateness, and those that were lost, came twice or early."""
    turns: dict[str, list[dict[str, float]]] = {subject: [] for subject in SUBJECTS}
    with _receiver() as port:
        for number in range(rounds):
            for subject in SUBJECTS[number % len(SUBJECTS) :] + SUBJECTS[: number % len(SUBJECTS)]:
                turns[subject].append(one_turn(subject, port, messages))

    def row(what: str, unit: str, name: str, against: str, *limits: Limit, higher: bool = False) -> Row:
        subjects = SUBJECTS if against == "floor" else SUBJECTS[1:]
        values = {subject: [turn[name] for turn in turns[subject]] for subject in subjects}
        return Row(what, unit, values, against, higher_is_better=higher, limits=limits)

    due = f"{messages} callbacks due in the same second"
    return [
        row(f"{due}: deliveries", "1/s", "per second", "floor", *_LIMITS["rate"], higher=True),
        *(row(f"{due}: lateness, {name}", "ms", name, "mock") for name in ("p50", "p99", "max")),
        *(
            row(f"{due}: {name}", "callbacks", name, "mock", *_LIMITS.get(name, ()))
            for name in ("lost", "twice", "early")
        ),
    ]


def main() -> None:
    """Measures and prints, or sends when this module called itself."""
    parser = argparse.ArgumentParser(description="Measures callbacks that are due in the same second.")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="turns that each subject gets (default: 3)")
    parser.add_argument("--messages", type=int, default=MESSAGES, metavar="N", help="callbacks due in that second")
    parser.add_argument("--send", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.send:
        subject, port, messages = arguments.send[0], int(arguments.send[1]), int(arguments.send[2])
        dead = DEAD if subject == SUBJECTS[2] else 0
        print(json.dumps(send_bare(port, messages) if subject == "floor" else send_by_mock(port, messages, dead)))
        return
    for row in measure(max(1, arguments.rounds), arguments.messages):
        print(f"{row.what} ({row.unit})")
        for subject, values in row.values.items():
            shown = ", ".join(f"{value:.0f}" for value in values)
            ratio = "" if not all(row.values[row.against]) else f"  ratio {statistics.median(row.ratios(subject)):.2f}"
            print(f"  {subject:16} {statistics.median(values):8.0f}  ({shown}){ratio}")


if __name__ == "__main__":
    main()
