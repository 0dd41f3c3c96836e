"""Call documents for the clients in `strangers/`, and ways to look at processes."""

from __future__ import annotations

import itertools
import os
import select
import shlex
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

STRANGERS = Path(__file__).parent / "strangers"
TALKER = f"jsonl:{shlex.quote(sys.executable)} talker.py"
COMMAND = f"cmd:{shlex.quote(sys.executable)} command.py {{op}} {{prompt}} {{result_file}}"
_numbers = itertools.count(1)


def call(do: str = "succeed", *, op: str = "create", deadline_ms: int = 20_000, **more: Any) -> dict[str, Any]:
    """A call that makes one of the strangers behave in the way that its prompt names."""
    return {
        "protocol": 1, "id": f"c-{next(_numbers)}", "op": op, "base_url": "http://127.0.0.1:9", "api_key": "a-key",
        "deadline_ms": deadline_ms, "input": {"prompt": do},
    } | more  # fmt: skip


def ends(pid: int, seconds: float = 10.0) -> bool:
    """Whether a process that is no child of ours has ended, or does so in time."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], seconds)[0])
    finally:
        os.close(process)


@contextmanager
def arrival() -> Iterator[tuple[int, threading.Event]]:
    """A port, and an event that is set as soon as somebody connects to it."""
    arrived = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def wait() -> None:
            with suppress(OSError):  # nobody came
                listening.accept()[0].close()
                arrived.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        try:
            yield listening.getsockname()[1], arrived
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            waiting.join()


def children() -> set[int]:
    """The processes, dead ones too, whose parent we are."""
    own = os.getpid()
    return {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _parent(path) == own}


def _parent(path: Path) -> int:
    try:
        return int((path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0
