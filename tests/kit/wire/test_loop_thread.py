"""The loop's thread: its start, its end, and what fails on it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from contract_tests.wire.loop_thread import LoopThread
from tests.over_http.faulty_server import until


def test_it_starts_with_the_first_use_and_ends() -> None:
    """Work runs in its thread; after the end functions are called where one is, and work is refused."""
    thread = LoopThread("of-this-test")
    assert not thread.running
    assert thread.call(threading.current_thread) is threading.main_thread()
    assert thread.loop is thread.loop
    assert thread.call(threading.current_thread).name == "of-this-test"
    thread.close()
    thread.close()
    assert thread.call(threading.current_thread) is threading.main_thread()
    with pytest.raises(RuntimeError, match="closed"):
        thread.run(asyncio.sleep(0))
    with pytest.raises(RuntimeError, match="closed"):
        _ = thread.loop


def test_errors_reach_the_caller() -> None:
    """Of the work itself; and of what nobody waited for, once, with the next work."""
    thread = LoopThread("of-this-test")
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 // 0)
    thread.loop.call_soon_threadsafe(lambda: int("missing"))
    with pytest.raises(ValueError, match="missing"):
        thread.call(lambda: None)
    assert thread.call(lambda: 5) == 5
    thread.close()


def test_end_in_the_middle_of_work() -> None:
    """Whoever waits for it is told, and does not wait for ever."""
    thread = LoopThread("of-this-test")
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            thread.run(asyncio.sleep(3600))
        except CancelledError as error:
            ended.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    until(lambda: thread.running and thread.call(lambda: len(asyncio.all_tasks())) == 2)
    thread.close()
    waiting.join(10)
    assert len(ended) == 1


def test_work_that_waits_for_the_loop_on_the_loop() -> None:
    """It is an error, at once."""
    thread = LoopThread("of-this-test")
    assert thread.loop is not None
    with pytest.raises(RuntimeError, match="cannot wait for the loop"):
        thread.call(lambda: thread.call(lambda: None))
    thread.close()
