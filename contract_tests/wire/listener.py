"""The part of a tap that lives on the loop: it accepts connections, connects them to the mock, and keeps what is said."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from contract_tests.wire import tls_front
from contract_tests.wire.conversation import Conversation
from contract_tests.wire.exchange import Exchange
from contract_tests.wire.message import Budget
from contract_tests.wire.relay import Relay, reset

HOST = "api"
# Of the bodies of all requests at one listener together so much is kept.
REQUESTS_KEPT = 96 * 1_048_576
_BACKLOG = 1024
# How long nothing is accepted after the system had no descriptor left.
_BREATH_SECONDS = 0.05
# So many turns of the loop without news mean that all has been read that had come.
_QUIET_TURNS = 5
_CATCH_UP_SECONDS = 1.0
_SETTLE_POLL_SECONDS = 0.002

Address = tuple[socket.AddressFamily, tuple[Any, ...]]


class Listener:
    """Listens on a free port of 127.0.0.1 for clients of `upstream`. All but the port belongs to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, upstream: Address, prefix: str, *, tls: bool) -> None:
        self._loop, self._upstream, self._prefix, self._tls = loop, upstream, prefix, tls
        if tls:  # A certificate takes a while to make, and the client's time for connecting is short.
            tls_front.untrusted_context()
        self.began = time.monotonic()
        self.accepted = self.refused = 0
        self._budget = Budget(REQUESTS_KEPT)
        self._conversations: list[Conversation] = []
        self._relays: set[Relay] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connecting = self._news = 0
        self._failures: list[Exception] = []
        self._watchers: list[tuple[Callable[[Exchange], bool], threading.Event]] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    def listen(self) -> None:
        """Begins to accept; connections that came before have waited."""
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket, self._accept)

    def exchanges(self) -> list[Exchange]:
        """All exchanges so far by the time of their requests. Raises what a predicate raised, each error once."""
        if self._failures:
            raise self._failures.pop(0)
        found = [each for conversation in self._conversations for each in conversation.exchanges(self.began)]
        return sorted(found, key=lambda each: each.at_ms)

    def watch(self, predicate: Callable[[Exchange], bool], event: threading.Event) -> None:
        """Sets the event once there is an exchange with a whole answer of which the predicate is true."""
        if any(each.answer is not None and each.answer.complete and predicate(each) for each in self.exchanges()):
            event.set()
        else:
            self._watchers.append((predicate, event))

    async def catch_up(self) -> None:
        """Reads all that had come when this was called."""
        end, quiet = time.monotonic() + _CATCH_UP_SECONDS, 0
        while quiet < _QUIET_TURNS and time.monotonic() < end:
            before = self._news
            await asyncio.sleep(0)
            quiet = quiet + 1 if before == self._news and not self._connecting else 0

    async def settle(self, end: float) -> bool:
        """Waits until no exchange is under way, at most until that moment of `time.monotonic`; False if one still is."""
        await self.catch_up()
        while self._connecting or any(each.conversation.under_way for each in self._relays):
            if time.monotonic() >= end:
                return False
            await asyncio.sleep(_SETTLE_POLL_SECONDS)
        return True

    async def close(self) -> None:
        """Reads what has come, and closes everything."""
        await self.catch_up()
        self._loop.remove_reader(self._socket)
        self._socket.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for relay in list(self._relays):
            relay.close()
        await asyncio.sleep(0)

    def _accept(self) -> None:
        try:
            client, _ = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:  # no descriptors left
            self._loop.remove_reader(self._socket)
            self._loop.call_later(_BREATH_SECONDS, self.listen)
            return
        self.accepted += 1
        self._news += 1
        if self._tls:
            self._start(self._admit(client, self.accepted))
        else:
            self._connect(client, self.accepted)

    async def _admit(self, client: socket.socket, number: int) -> None:
        if not await tls_front.admit(client, lambda plain: self._connect(plain, number)):
            self.refused += 1
            self._news += 1

    def _connect(self, client: socket.socket, number: int) -> None:
        self._connecting += 1
        self._start(self._relay(client, number))

    async def _relay(self, client: socket.socket, number: int) -> None:
        family, address = self._upstream
        server = socket.socket(family)
        server.setblocking(False)
        conversation = Conversation(number, HOST, self._budget, prefix=self._prefix, answered=self._answered)
        try:
            await self._loop.sock_connect(server, address)
        except OSError:  # nobody is there, and the nearest to that is a reset
            server.close()
            reset(client)
        except asyncio.CancelledError:
            server.close()
            client.close()
            raise
        else:
            self._conversations.append(conversation)
            self._relays.add(Relay(self._loop, client, server, conversation, self._changed))
        finally:
            self._connecting -= 1

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._loop.call_exception_handler({"message": str(error), "exception": error})

    def _changed(self, relay: Relay) -> None:
        self._news += 1
        if relay.closed:
            self._relays.discard(relay)

    def _answered(self, conversation: Conversation, index: int) -> None:
        if not self._watchers:
            return
        exchange = conversation.exchange(index, self.began)
        for each in list(self._watchers):
            predicate, event = each
            try:
                holds = predicate(exchange)
            except Exception as error:
                self._failures.append(error)
                holds = False
            if holds:
                event.set()
                self._watchers.remove(each)
