"""Callbacks as the operations see them: prove a receiver, follow a task, move time on, stop.

Everything is carried by one event loop in one thread, started by the first callback, so that a mock which nobody asks for
callbacks pays nothing for them. A create call waits for its challenge in its own server thread; the loop never waits.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mock_server.callbacks.address import Resolver
from mock_server.callbacks.attempt import STOPPED, Attempt
from mock_server.callbacks.challenge import why_not_proven
from mock_server.callbacks.kept import OUTBOXES, ActingRow, OutboxRow
from mock_server.callbacks.outbox import Message
from mock_server.callbacks.payloads import FAILED, PROCESSING, SUCCESS, challenge_message
from mock_server.callbacks.record import Delivery, DeliveryRecord
from mock_server.clock import ManualClock
from mock_server.contract.contract import Contract
from mock_server.errors import SettingsError
from mock_server.settings import Settings
from mock_server.world.account import Account
from mock_server.world.edit import edited
from mock_server.world.order import Order
from mock_server.world.own_faults import OwnFaults
from mock_server.world.pattern import Patience
from mock_server.world.pauses import Pauses
from mock_server.world.restoring import RuleReader
from mock_server.world.rule import Acting, Occasion
from mock_server.world.standing_rules import ServerRules
from mock_server.world.store import Store
from mock_server.world.task import Task

# What brings asyncio is loaded with the first callback.
if TYPE_CHECKING:
    from mock_server.callbacks.advancing import Advanced, Advancing
    from mock_server.callbacks.carrier import Carrier
    from mock_server.callbacks.courier import Courier
    from mock_server.callbacks.updates import Updates

_LOG = logging.getLogger("mock_server")


class Callbacks:
    """Sends challenges and updates, and records each. Its lock guards only the start and the stop of the loop.

    Raises SettingsError for a file of certificates that cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        contract: Contract,
        rules: ServerRules,
        pauses: Pauses,
        own_faults: OwnFaults,
        *,
        resolver: Resolver | None = None,
        store: Store | None = None,
    ) -> None:
        # Read once, at start: what happens to the file later changes nothing.
        self._trust = _trust(settings.callback_ca) if settings.callback_ca is not None else None
        self._settings = settings
        self._contract = contract
        self._rules = rules
        self._pauses = pauses
        self._own_faults = own_faults
        self._resolver = resolver
        self._lock = threading.Lock()
        self._carrier: Carrier | None = None
        self._updates: Updates | None = None
        self._advancing: Advancing | None = None
        self._stopped = False
        self.record = DeliveryRecord(max_entries=settings.journal_max, max_bytes=settings.journal_bytes, store=store)

    def rule_for_challenge(self, account: Account, order: Order, patience: Patience) -> Acting | None:
        """The rule that acts on the challenge of this create."""
        occasion = Occasion("challenge", model=order.model, prompt=order.prompt, patience=patience)
        return account.choose(occasion, (), self._rules.current)

    def challenge(self, account: Account, url: str, acting: Acting | None = None) -> list[Delivery]:
        """Challenges a receiver and waits for its answer; a delivery's `reason` says why it failed. Usually one."""
        if acting is not None:
            self._pauses.wait(acting.delay)
        deliveries: list[Delivery] = []
        carrier = self._running()
        with self._pauses.aside():
            proven = carrier is not None and carrier.run(self._prove(account, url, acting, deliveries), otherwise=False)
        if not proven:
            # The mock was stopped: the challenge that was under way, or never began, proves nobody.
            unsent = self._challenge_of(account, url, len(deliveries) + 1, acting)
            deliveries.append(self._recorded(unsent, Attempt(0.0, reason=STOPPED)))
        return deliveries

    async def _prove(self, account: Account, url: str, acting: Acting | None, deliveries: list[Delivery]) -> bool:
        """Sends the challenge as often as it has to be, until one fails; runs on the loop."""
        for number in range(1, (acting.then.repeat if acting is not None else 1) + 1):
            begun = self._challenge_of(account, url, number, acting)
            deliveries.append(self._recorded(begun, await self._carry(url, begun.message)))
            if deliveries[-1].reason is not None:
                break
        return True

    def _challenge_of(self, account: Account, url: str, number: int, acting: Acting | None) -> Delivery:
        """A challenge that is about to be sent."""
        # Randomness begins anew with a reset; the count keeps values and identifiers apart.
        count = f"{account.opened_before & 0xFFFF:04x}"
        message = challenge_message(_in_the_shape_of_a_uuid(account.random_hex(28) + count))
        return Delivery(
            id=_fresh_id(account), account=account.key, kind="challenge", task_id=None, url=url,
            sent_at=account.clock.now(), message=edited(message, acting.then.edit) if acting is not None else message,
            attempt=Attempt(0.0), reason=None, number=number, rule=acting.as_dict() if acting is not None else None,
        )  # fmt: skip

    def _recorded(self, challenge: Delivery, attempt: Attempt) -> Delivery:
        """The challenge with what became of it, in the record."""
        delivery = replace(challenge, attempt=attempt, reason=why_not_proven(attempt, challenge.message))
        self.record.add(delivery)
        return delivery

    def follow(self, account: Account, task: Task, later: Acting | None = None) -> None:
        """Watches the task from now on; its receiver is told nothing until `release`.

        `later` is the rule that has it challenged after the create call, so that a restart can do so too.
        """
        if account.keeping.store.durable:
            account.keeping.put(OUTBOXES, task.id, OutboxRow(later=ActingRow.of(later)))
        self._on_loop(lambda updates: updates.watch(account, task), start=True)

    def go_on(self, kept: Sequence[tuple[Account, Task, OutboxRow]], reader: RuleReader) -> None:
        """Goes on telling receivers what was kept before this start. Raises StartupError for a rule that is no longer one."""
        for account, task, row in kept:
            self._on_loop(_watching(account, task, row, reader), start=True)
            if row.later is not None:
                self.release_if_proven(account, task, row.later.acting(reader))
            else:
                self.release(account, task)

    def release(self, account: Account, task: Task) -> None:
        """The task's receiver may be told: the create call has been answered."""
        self._on_loop(lambda updates: updates.release(account, task.id))

    def release_if_proven(self, account: Account, task: Task, acting: Acting) -> None:
        """Challenges the receiver in the background, and tells it of the task only if it answers as it should."""
        carrier, updates = self._running(), self._updates
        if carrier is None or updates is None:
            return

        async def prove(url: str) -> None:
            deliveries: list[Delivery] = []
            place = await updates.places.take(url)
            try:
                if account.holds(task):
                    await self._prove(account, url, acting, deliveries)
            finally:
                updates.places.give_back(place)
            updates.release(account, task.id, proven=bool(deliveries) and deliveries[-1].reason is None)

        carrier.start(prove(task.callback_url or ""))

    def begins_early(self, account: Account, task: Task, patience: Patience) -> bool:
        """Whether a rule wants what is due at once to be sent before the create call is answered.

        This is also where patterns of rules about pushes are searched for, in the thread of the create, not on the loop.
        """
        coming = [
            rule
            for status in (PROCESSING, SUCCESS, FAILED)
            for rule in account.foreseen(_push(task, status, patience), self._rules.current)
        ]
        return any(rule.then.before_answer for rule in coming)

    def settle(self, account: Account, task: Task) -> None:
        """Waits until everything about the task that is due by now has been sent and answered."""
        carrier, updates = self._running(), self._updates
        if carrier is not None and updates is not None:
            carrier.run(updates.settle(account, task_id=task.id), otherwise=None)

    def look(self, account: Account, task: Task) -> None:
        """Something other than time may have changed the task."""
        if task.callback_url is not None:
            self._on_loop(lambda updates: updates.look(account, task.id))

    def forget(self, account: Account) -> None:
        """The account is gone: nothing more is sent for it."""
        self._on_loop(lambda updates: updates.forget(account))

    def advance(
        self, accounts: Sequence[tuple[Account, ManualClock]], seconds: float, deadline: float
    ) -> list[Advanced]:
        """Moves clocks on and runs what is due, in order; gives what happened, and what is still under way.

        `deadline` is in real seconds and holds for all accounts together.
        """
        carrier, advancing = self._running(), self._advancing
        if carrier is None or advancing is None:
            return []
        return carrier.run(advancing.advance(accounts, seconds, deadline), otherwise=[])

    def send_by_hand(
        self,
        account: Account,
        url: str,
        message: dict[str, Any],
        *,
        task_id: str | None,
        replay_of: Delivery | None = None,
    ) -> Delivery:
        """Sends a message that somebody made, or one that was sent before, and waits for the answer."""
        kind = replay_of.kind if replay_of is not None else "update"
        sent_at, delivery_id = account.clock.now(), _fresh_id(account)
        attempt = self._send(url, message)
        reason = attempt.reason
        if reason is None and kind == "challenge":
            reason = why_not_proven(attempt, message)
        delivery = Delivery(
            id=delivery_id, account=account.key, kind=kind, task_id=task_id, url=url, sent_at=sent_at, message=message,
            attempt=attempt, reason=reason or attempt.not_accepted,
            replay_of=replay_of.id if replay_of is not None else None,
        )  # fmt: skip
        self.record.add(delivery)
        return delivery

    def start(self) -> None:
        """Lets callbacks be sent again after a stop."""
        with self._lock:
            self._stopped = False
        self.record.signal.start()

    def stop(self) -> None:
        """Ends what is under way and waits until the loop's thread has ended. Nothing is sent afterwards."""
        with self._lock:
            self._stopped = True
            carrier, self._carrier = self._carrier, None
        if carrier is not None:
            carrier.stop()
        self.record.signal.end()

    def _send(self, url: str, message: dict[str, Any]) -> Attempt:
        stopped = Attempt(0.0, reason=STOPPED)
        carrier = self._running()
        return carrier.run(carrier.send(url, message), otherwise=stopped) if carrier is not None else stopped

    def _on_loop(self, function: Callable[[Updates], object], *, start: bool = False) -> None:
        """Calls a function on the loop, if there is one, or if it is to be started."""
        carrier = self._running() if start else self._carrier
        updates = self._updates
        if carrier is not None and updates is not None:
            carrier.soon(function, updates)

    def _running(self) -> Carrier | None:
        """The loop, started if this is the first callback; None once stopped."""
        with self._lock:
            if self._carrier is None and not self._stopped:
                self._carrier = self._new_carrier()
            return self._carrier

    def _new_carrier(self) -> Carrier:
        from mock_server.callbacks.advancing import Advancing
        from mock_server.callbacks.carrier import Carrier
        from mock_server.callbacks.updates import Updates

        updates = Updates(
            self._contract, self._rule_for_push, self._deliver, self.record.add, retries=self._settings.callback_retries
        )
        self._updates, self._advancing = updates, Advancing(updates, self.record)
        return Carrier(self._new_courier, updates.stop, self._failed, self._pauses.stand_in)

    def _new_courier(self) -> Courier:
        # The HTTP client takes a quarter of a second to load, so it is loaded when it is needed; no deadline runs yet.
        from mock_server.callbacks.courier import Courier
        from mock_server.callbacks.names import system_resolver

        return Courier(
            timeout=self._settings.callback_timeout, trust=self._trust,
            allowed_names=self._settings.allow_callback_host or (), resolver=self._resolver or system_resolver,
        )  # fmt: skip

    def _rule_for_push(self, account: Account, occasion: Occasion, task: Task) -> Acting | None:
        return account.choose(occasion, (), self._rules.current, task)

    async def _deliver(self, account: Account, task: Task, message: Message) -> Delivery:
        sent_at = account.clock.now()
        attempt = await self._carry(task.callback_url or "", message.body)
        return Delivery.of_update(account, task, message, attempt, sent_at)

    async def _carry(self, url: str, message: dict[str, Any]) -> Attempt:
        carrier = self._carrier
        if carrier is None:  # the mock stops: nothing was sent, so nothing came of it
            import asyncio

            raise asyncio.CancelledError
        return await carrier.send(url, message)

    def _failed(self, error: BaseException) -> None:
        """Something went wrong that nobody waits for: it is a fault of the mock."""
        self._own_faults.add(None, f"{type(error).__name__}: {error}"[:500])
        _LOG.error("internal error in callbacks", exc_info=error)


def _watching(account: Account, task: Task, row: OutboxRow, reader: RuleReader) -> Callable[[Updates], None]:
    return lambda updates: updates.watch(account, task, kept=row, reader=reader)


def _push(task: Task, status: str, patience: Patience) -> Occasion:
    return Occasion("push", model=task.model, prompt=task.prompt, task_id=task.id, status=status, patience=patience)


def _fresh_id(account: Account) -> str:
    return f"{account.random_hex(12)}{account.opened_before & 0xFFFF:04x}"


def _in_the_shape_of_a_uuid(digits: str) -> str:
    """As challenges are in the documentation's sample."""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _trust(path: str) -> ssl.SSLContext:
    """Trusts the certificates of that file and no others."""
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"--callback-ca: {path!r} is no readable file of certificates ({error.strerror})") from None
