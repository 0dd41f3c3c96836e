"""One task that is watched, and whether its receiver may be told already. Small, since every running task has one."""

from __future__ import annotations

import asyncio

from mock_server.callbacks.outbox import Message, Outbox
from mock_server.world.account import Account
from mock_server.world.task import Task


class Release:
    """Set once the messages of a task may go out: an event of the event loop, in less memory."""

    __slots__ = ("_set", "_waiting")

    def __init__(self) -> None:
        self._set = False
        self._waiting: list[asyncio.Future[None]] | None = None

    def is_set(self) -> bool:
        """Whether they may."""
        return self._set

    def set(self) -> None:
        """They may from now on."""
        self._set = True
        for waiting in self._waiting or ():
            if not waiting.done():
                waiting.set_result(None)
        self._waiting = None

    async def wait(self) -> None:
        """Waits until they may."""
        if not self._set:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting = [*(self._waiting or ()), waiting]
            await waiting


class Watch:
    """A task whose receiver is not yet told everything."""

    __slots__ = ("account", "finished", "noted", "outbox", "released", "running", "sending", "task", "timer")

    def __init__(self, account: Account, task: Task, outbox: Outbox) -> None:
        self.account = account
        self.task = task
        self.outbox = outbox
        self.finished = False
        # Set once its messages may go out: usually when the create call has been answered.
        self.released = Release()
        self.sending: Message | None = None
        self.running: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        # The moment at which it is looked at when somebody moves its clock there.
        self.noted: float | None = None

    def next_moment(self) -> float | None:
        """When time alone will bring something to send; None while queries of the client decide."""
        return self.outbox.next_moment(self.task)

    def finish(self) -> None:
        """Nothing more is sent."""
        self.finished = True
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
