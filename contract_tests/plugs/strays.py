"""Finds processes that left the group they were started in, by the mark in their environment, and ends them."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from contract_tests.plugs.surroundings import MARK

_PROCESSES = Path("/proc")
# A process may start another one while it is looked for.
_ROUNDS = 3


def end_strays(mark: str) -> int:
    """Kills every process whose environment has the mark; gives their number. Elsewhere than on Linux there are none."""
    if not mark or not hasattr(os, "pidfd_open") or not _PROCESSES.is_dir():
        return 0
    wanted = f"{MARK}={mark}".encode()
    killed = 0
    for _ in range(_ROUNDS):
        found = sum(_end(int(name), wanted) for name in os.listdir(_PROCESSES) if name.isdigit())  # noqa: PTH208 - names
        killed += found
        if not found:
            break
    return killed


def _end(pid: int, wanted: bytes) -> bool:
    name = f"{_PROCESSES}/{pid}/environ"
    with suppress(OSError):
        if wanted not in _read(name).split(b"\0"):
            return False
        process = os.pidfd_open(pid)
        try:
            # Only now the number is certain to stay the one of the process that is read.
            if wanted in _read(name).split(b"\0"):
                signal.pidfd_send_signal(process, signal.SIGKILL)
                return True
        finally:
            os.close(process)
    return False


def _read(name: str) -> bytes:
    descriptor = os.open(name, os.O_RDONLY)
    try:
        return os.read(descriptor, 1_000_000)
    finally:
        os.close(descriptor)
