"""The memory of a served mock: idle, after its first create, and what large bodies leave behind."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest

from contract_tests.api import Api
from mock_server.serving.heap import everything_stays
from tests.command_line.test_serve import serving
from tests.over_http.uploading import upload

MB = 1 << 20
SIZE = 20 * MB
# The file that is kept, and as much again three times over; heaps that keep what is freed grow by 240 MB and more.
MOST_GROWTH = 4 * SIZE

# A third of what the smallest peer takes that was measured; most of it is Python, Flask and jsonschema.
MOST_IDLE = 61 * MB
BODY = {"model": "MiniMax-Hailuo-02", "first_frame_image": "https://example.com/cat.jpg"}


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


def test_idle_mock_takes_little_memory() -> None:
    """What is only needed later, such as the client for callbacks, is not loaded at the start or by a first create."""
    with serving() as (process, ready):
        assert resident(process.pid) < MOST_IDLE
        api = Api(str(ready["url"]), "k")
        assert api.create(BODY).code == 0
        assert resident(process.pid) < MOST_IDLE


def test_garbage_is_collected_again_after_the_start() -> None:
    """A start that fails leaves the process with its collector on, and so does one that does not."""
    with everything_stays():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="no start"), everything_stays():
        raise ValueError("no start")
    assert gc.isenabled()
    gc.unfreeze()
