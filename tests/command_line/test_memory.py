"""What large bodies leave behind in the memory of a served mock."""

from __future__ import annotations

import re
from pathlib import Path

from contract_tests.api import Api
from tests.command_line.test_serve import serving
from tests.over_http.uploading import upload

MB = 1 << 20
SIZE = 20 * MB
# The file that is kept, and as much again three times over; heaps that keep what is freed grow by 240 MB and more.
MOST_GROWTH = 4 * SIZE


def resident(pid: int) -> int:
    """The memory that a process has, in bytes."""
    (found,) = re.findall(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(found) * 1024


def test_uploads_that_are_forgotten_take_no_memory() -> None:
    """Of many uploads only the one that `--upload-bytes` keeps stays, not what the others were read into."""
    with serving("--upload-bytes", str(SIZE + MB)) as (process, ready):
        before = resident(process.pid)
        for number in range(10):
            # Each over a connection of its own, so that it is another thread's turn.
            assert upload(Api(str(ready["url"]), f"k-{number}"), bytes(SIZE)).code == 0
        growth = resident(process.pid) - before
    assert growth < MOST_GROWTH
