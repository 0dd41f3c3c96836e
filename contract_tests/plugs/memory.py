"""The peak of resident memory of a process that goes on running, and of what it started, for a stretch of its life."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_RESET_PEAK = "5"
_PEAK = "VmHWM:"
_KIB = 1024


def begin(pid: int) -> bool:
    """Forgets the peaks so far. False where that cannot be done; then `peak` would tell of older times."""
    try:
        for each in _family(pid):
            Path(f"/proc/{each}/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def peak(pid: int) -> int | None:
    """The highest peak in bytes of the process or one of its descendants; None where it cannot be told."""
    return max(filter(None, map(_peak_of, _family(pid))), default=None)


def _peak_of(pid: int) -> int | None:
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(_PEAK):
                return int(line.split()[1]) * _KIB
    return None


def _family(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError, ValueError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from _family(int(child))
