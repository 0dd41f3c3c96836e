"""An event loop in a thread of its own, which starts with the first use and ends without a trace."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThread:
    """Runs things on one loop for other threads. What fails on the loop while nobody waits for it is kept and raised later.

    The lock guards the start and the end; everything else belongs to the loop.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._failures: list[BaseException] = []

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop; the first use starts it. Raises RuntimeError once it is closed."""
        with self._lock:
            return self._started()

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Calls a function on the loop and waits for what it gives; after the loop's end it is called where it is."""

        async def called() -> Result:
            return function(*arguments)

        return self.run(called()) if self.running else function(*arguments)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Runs work on the loop and waits for its end. Raises what it raises, and what failed on the loop before."""
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("what runs on the loop cannot wait for the loop")
        try:
            # Under the lock, so that what has begun before the end is cancelled with the rest and waits for nothing.
            with self._lock:
                future = asyncio.run_coroutine_threadsafe(work, self._started())
        except RuntimeError:
            work.close()
            raise
        result = future.result()
        self.raise_failure()
        return result

    @property
    def running(self) -> bool:
        """Whether the loop has started and has not ended."""
        with self._lock:
            return self._thread is not None and not self._closed

    def raise_failure(self) -> None:
        """Raises what failed on the loop while nobody waited for it, each thing once."""
        if self._failures:
            raise self._failures.pop(0)

    def close(self) -> None:
        """Cancels what runs, closes the loop, and waits for the thread. Does nothing the second time."""
        with self._lock:
            closed, self._closed = self._closed, True
            thread = self._thread
        if thread is not None and not closed:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._closed:
            raise RuntimeError("it is closed")
        if self._thread is None:
            # Sockets are watched by their descriptors, which only this kind of loop can do on every system.
            self._loop = asyncio.SelectorEventLoop()
            self._loop.set_exception_handler(self._keep)
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        return self._loop

    def _run(self) -> None:
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._end())
        finally:
            self._loop.close()

    @staticmethod
    async def _end() -> None:
        """Cancels what is under way, and lets what is closing close."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    def _keep(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._failures.append(context.get("exception") or RuntimeError(context.get("message", "the loop failed")))
