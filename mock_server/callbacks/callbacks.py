"""Callbacks as the operations see them: prove a receiver, follow a task, stop.

Everything is carried by one event loop in one thread, started by the first callback, so that a mock which nobody asks for
callbacks pays nothing for them. A create call waits for its challenge in its own server thread; the loop never waits.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from mock_server.callbacks.address import Resolver
from mock_server.callbacks.attempt import Attempt
from mock_server.callbacks.challenge import why_not_proven
from mock_server.callbacks.payloads import challenge_message
from mock_server.callbacks.record import Delivery, DeliveryRecord
from mock_server.contract.contract import Contract
from mock_server.errors import SettingsError
from mock_server.settings import Settings
from mock_server.world.account import Account
from mock_server.world.task import Task

STOP_SECONDS = 1.0
STOPPED = "the mock was stopped"


class Callbacks:
    """Sends challenges and updates, and records each. Its lock guards only the start and the stop of the loop.

    Raises SettingsError for a file of certificates that cannot be read.
    """

    def __init__(self, settings: Settings, contract: Contract, *, resolver: Resolver | None = None) -> None:
        # Read once, at start: what happens to the file later changes nothing.
        self._trust = _trust(settings.callback_ca) if settings.callback_ca is not None else None
        self._settings = settings
        self._contract = contract
        self._resolver = resolver
        self._lock = threading.Lock()
        self._carrier: _Carrier | None = None
        self._stopped = False
        self.record = DeliveryRecord(max_entries=settings.journal_max)

    def challenge(self, account: Account, url: str) -> Delivery:
        """Challenges a receiver, once, and waits for its answer; the delivery's `reason` says why it failed."""
        # Randomness begins anew with a reset; the count keeps values and identifiers apart.
        count = f"{account.opened_before & 0xFFFF:04x}"
        value, delivery_id = _challenge_value(account.random_hex(28) + count), account.random_hex(12) + count
        message, sent_at = challenge_message(value), account.clock.now()
        carrier = self._running()
        attempt = carrier.run(carrier.courier.send(url, message)) if carrier else Attempt(0.0, reason=STOPPED)
        delivery = Delivery(
            id=delivery_id, account=account.key, kind="challenge", task_id=None, url=url, sent_at=sent_at,
            message=message, attempt=attempt, reason=why_not_proven(attempt, value),
        )  # fmt: skip
        self.record.add(delivery)
        return delivery

    def follow(self, account: Account, task: Task) -> None:
        """Tells the task's receiver of every change from now on."""
        carrier = self._running()
        if carrier is not None:
            carrier.soon(carrier.updates.watch, account, task)

    def look(self, account: Account, task: Task) -> None:
        """A query of the client may have changed the task."""
        if self._carrier is not None and task.callback_url is not None:
            self._carrier.soon(self._carrier.updates.look, account, task.id)

    def forget(self, account: Account) -> None:
        """The account is gone: nothing more is sent for it."""
        if self._carrier is not None:
            self._carrier.soon(self._carrier.updates.forget, account)

    def start(self) -> None:
        """Lets callbacks be sent again after a stop."""
        with self._lock:
            self._stopped = False

    def stop(self) -> None:
        """Ends what is under way and waits until the loop's thread has ended. Nothing is sent afterwards."""
        with self._lock:
            self._stopped = True
            carrier, self._carrier = self._carrier, None
        if carrier is not None:
            carrier.stop()

    def _running(self) -> _Carrier | None:
        """The loop, started if this is the first callback; None once stopped."""
        with self._lock:
            if self._carrier is None and not self._stopped:
                self._carrier = _Carrier(self._settings, self._contract, self.record, self._resolver, self._trust)
            return self._carrier


class _Carrier:
    """The event loop in its thread, with what runs on it."""

    def __init__(
        self,
        settings: Settings,
        contract: Contract,
        record: DeliveryRecord,
        resolver: Resolver | None,
        trust: ssl.SSLContext | None,
    ) -> None:
        # The HTTP client takes a quarter of a second to load, so it is loaded when it is needed.
        from mock_server.callbacks.courier import Courier, system_resolver
        from mock_server.callbacks.updates import Updates

        self._record = record
        self.courier = Courier(
            timeout=settings.callback_timeout, trust=trust or ssl.create_default_context(),
            allowed_names=settings.allow_callback_host or (), resolver=resolver or system_resolver,
        )  # fmt: skip
        self.updates = Updates(contract, self._deliver, record.add)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="minimax-mock-callbacks", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Attempt]) -> Attempt:
        """Runs work on the loop and waits for it; it keeps its own deadline."""
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except (RuntimeError, CancelledError):
            work.close()
            return Attempt(0.0, reason=STOPPED)

    def soon(self, function: Callable[..., object], *arguments: object) -> None:
        """Calls a function on the loop; does nothing once it is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    def stop(self) -> None:
        """Cancels everything on the loop, closes it, and waits for its thread."""
        self.soon(self._loop.stop)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._end())
        finally:
            self._loop.close()

    async def _end(self) -> None:
        """Cancels what is under way, the challenges that create calls wait for included."""
        await self.updates.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self.courier.close()

    async def _deliver(self, account: Account, task: Task, number: int, message: dict[str, Any]) -> Delivery:
        sent_at, url = account.clock.now(), task.callback_url or ""
        attempt = await self.courier.send(url, message)
        status = attempt.status or 0
        reason = attempt.reason or (None if 200 <= status < 300 else f"it answered HTTP {status}, not 2xx")
        return Delivery(
            id=f"{account.handle}-{account.opened_before}-{task.id}-{number}", account=account.key, kind="update",
            task_id=str(task.id), url=url, sent_at=sent_at, message=message, attempt=attempt, reason=reason,
        )  # fmt: skip


def _challenge_value(digits: str) -> str:
    """Random digits in the shape of a UUID, as in the documentation's sample."""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _trust(path: str) -> ssl.SSLContext:
    """Trusts the certificates of that file and no others."""
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"--callback-ca: {path!r} is no readable file of certificates ({error.strerror})") from None
