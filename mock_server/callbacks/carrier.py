"""The event loop that carries callbacks, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from mock_server.callbacks.attempt import Attempt

if TYPE_CHECKING:
    from mock_server.callbacks.courier import Courier

Result = TypeVar("Result")
STOP_SECONDS = 1.0


class Carrier:
    """Runs work on one event loop until it is stopped. `new_courier` makes what sends, when something is to be sent.

    `failed` is told of every exception that nobody waits for. The lock guards what is under way, and the stop.
    """

    def __init__(
        self,
        new_courier: Callable[[], Courier],
        at_end: Callable[[], Coroutine[Any, Any, None]],
        failed: Callable[[BaseException], None],
        stand_in: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._new_courier = new_courier
        self._at_end = at_end
        self._failed = failed
        self._stand_in = stand_in
        self._courier: Courier | None = None
        self._lock = threading.Lock()
        self._under_way: set[Future[Any]] = set()
        self._stopping = False
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._tell)
        self._thread = threading.Thread(target=self._run, name="minimax-mock-callbacks", daemon=True)
        self._thread.start()

    async def send(self, url: str, message: dict[str, Any]) -> Attempt:
        """Posts a message, on the loop."""
        if self._courier is None:
            self._courier = self._new_courier()
        return await self._courier.send(url, message)

    def run(self, work: Coroutine[Any, Any, Result], *, otherwise: Result) -> Result:
        """Runs work on the loop and waits for it; `otherwise` when the loop ends first. Raises what the work raises."""
        with self._lock:
            if self._stopping:
                work.close()
                return otherwise
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
            self._under_way.add(future)
        try:
            with self._stand_in():  # the receiver may call the mock before it answers
                return future.result()
        except CancelledError:
            return otherwise
        finally:
            with self._lock:
                self._under_way.discard(future)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begins work on the loop that nobody waits for; does nothing once stopped."""
        with self._lock:
            if self._stopping:
                work.close()
                return
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
            self._under_way.add(future)
        future.add_done_callback(self._done)

    def soon(self, function: Callable[..., object], *arguments: object) -> None:
        """Calls a function on the loop; does nothing once it is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    def stop(self) -> None:
        """Cancels everything on the loop, closes it, and waits for its thread."""
        with self._lock:
            self._stopping = True
        self.soon(self._loop.stop)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._end())
        finally:
            self._loop.close()
            with self._lock:
                left = list(self._under_way)
            for future in left:  # what came too late to be cancelled on the loop
                future.cancel()

    async def _end(self) -> None:
        """Cancels what is under way, the challenges that create calls wait for included."""
        await self._at_end()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._courier is not None:
            await self._courier.close()

    def _done(self, future: Future[None]) -> None:
        with self._lock:
            self._under_way.discard(future)
        if not future.cancelled() and (error := future.exception()) is not None:
            self._failed(error)

    def _tell(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self._failed(error if error is not None else RuntimeError(context.get("message", "no message")))
