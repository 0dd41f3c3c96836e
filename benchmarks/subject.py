"""Servers that are measured, each a process of its own: started, waited for, weighed and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from benchmarks.client import Client
from benchmarks.exchanges import CREATE, WRONG_CREATE, task_of

ROOT = Path(__file__).parents[1]
START_SECONDS, STOP_SECONDS = 60.0, 20.0
_LOOK_SECONDS = 0.005
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Subject:
    """How a server is started. `command` makes it of a port and an empty folder; `refuses` whether it checks bodies."""

    name: str
    command: Callable[[int, Path], Sequence[str]]
    refuses: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    subject: Subject
    port: int
    pid: int
    seconds_to_first_answer: float

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.subject.name

    def resident_mib(self) -> float:
        """Resident memory of the process and everything it started."""
        pages = sum(int((process / "statm").read_text().split()[1]) for process, _ in self._processes())
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def processor_seconds(self) -> float:
        """Time of the processor that they have had, in ticks of mostly 10 ms."""
        return sum(int(stat[11]) + int(stat[12]) for _, stat in self._processes()) / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> Iterator[tuple[Path, list[str]]]:
        """Those of the session that was opened for it, with what proc(5) calls stat, from the state on."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                stat = (process / "stat").read_text().rpartition(")")[2].split()
                if int(stat[3]) == self.pid:
                    yield process, stat


@contextmanager
def running(subject: Subject, folder: Path) -> Iterator[Running]:
    """A server while the block runs, in a folder of its own. Raises RuntimeError when it gives no valid answer."""
    home = folder / f"{subject.name}-{time.monotonic_ns()}"
    home.mkdir(parents=True)
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MINIMAX_MOCK_")}
    # Python may keep the bytecode of the tree, as an installed package has it.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment |= {"HOME": str(home), "PYTHONPATH": str(ROOT), **subject.environment}
    # In its own session: Ctrl-C reaches this process alone, which ends the others; and all that it starts is found by it.
    started = time.perf_counter()
    child = subprocess.Popen(
        subject.command(port, home), cwd=ROOT, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        seconds = _first_answer(subject, child.pid, port, started)
        _check(subject, port)
        yield Running(subject, port, child.pid, seconds)
    finally:
        _end(child)


@contextmanager
def all_running(subjects: Sequence[Subject], folder: Path) -> Iterator[list[Running]]:
    """Several servers at once; those that are not asked do nothing."""
    with ExitStack() as stack:
        yield [stack.enter_context(running(subject, folder)) for subject in subjects]


def turns(servers: Sequence[T], number: int) -> list[T]:
    """The order of one round: each round begins with another server, so that none is always the first."""
    start = number % len(servers)
    return [*servers[start:], *servers[:start]]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _first_answer(subject: Subject, pid: int, port: int, started: float) -> float:
    """Seconds from the start of the process to its first valid answer to a create."""
    reason: Exception | None = None
    while time.perf_counter() - started < START_SECONDS:
        try:
            with Client(port) as client:
                task_of(client.ask(CREATE))
                return time.perf_counter() - started
        except (OSError, ValueError, IndexError) as error:
            reason = error
        if _has_ended(pid):
            raise RuntimeError(f"{subject.name} ended before it answered")
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"{subject.name} gave no valid answer within {START_SECONDS:g} s: {reason}")


def _check(subject: Subject, port: int) -> None:
    """Raises RuntimeError when a server that should check bodies takes a wrong one."""
    if subject.refuses:
        with Client(port) as client:
            status, content = client.try_to(WRONG_CREATE.raw(port))
        with suppress(ValueError):
            if status == 200 and task_of(content):
                raise RuntimeError(f"{subject.name} takes a wrong body, so that its figures would not compare")


def _has_ended(pid: int) -> bool:
    """Whether a child has ended; it stays a zombie, so that its process group is still its own."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends a child politely, then whatever is left of its process group."""
    with suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGTERM)
    give_up = time.monotonic() + STOP_SECONDS
    while not _has_ended(child.pid) and time.monotonic() < give_up:
        time.sleep(0.01)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait(timeout=STOP_SECONDS)
