"""All accounts of one server, and what they share: seed, clock and the secret that signs links."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import OrderedDict
from collections.abc import Callable

from mock_server.clock import Clock
from mock_server.contract.prices import milli_dollars
from mock_server.settings import Settings
from mock_server.world.account import Account
from mock_server.world.ids import random_hex
from mock_server.world.order import Limits
from mock_server.world.standing_rules import ActiveScenario, ServerRules

# Keys whose accounts were forgotten and are counted, so that identifiers of requests do not repeat.
REMEMBERED_KEYS = 10_000


class World:
    """Opens an account for every key at its first call; the least recently used one goes when there are too many."""

    def __init__(
        self, settings: Settings, *, seed: int, new_clock: Callable[[], Clock], scenario: ActiveScenario | None = None
    ) -> None:
        self.clock = new_clock()
        self.rules = ServerRules(scenario)
        self._settings = settings
        self._new_clock = new_clock
        self._lock = threading.Lock()
        self._sow(seed)
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._by_handle: dict[str, Account] = {}
        self._listeners: list[Callable[[Account], None]] = []
        # How often the account of a key was forgotten, for the keys that were forgotten last.
        self._closed: OrderedDict[str, int] = OrderedDict()
        self.opened_before = 0

    def account(self, key: str) -> Account:
        """The account of a key, opened if this is its first call."""
        with self._lock:
            account, evicted = self._accounts.get(key), None
            if account is None:
                account, evicted = self._open(key)
            self._accounts.move_to_end(key)
        if evicted is not None:
            self._tell(evicted)
        return account

    def shown(self, key: str) -> Account:
        """The account of a key as it is, or as it would be if it were opened now; looking opens none."""
        with self._lock:
            return self._accounts.get(key) or self._new(key)

    def existing(self, key: str | None = None) -> list[Account]:
        """The open account of a key, or all of them; an empty list for a key that never called."""
        with self._lock:
            if key is None:
                return list(self._accounts.values())
            return [self._accounts[key]] if key in self._accounts else []

    def by_handle(self, handle: str) -> Account | None:
        """The account that a download link belongs to."""
        with self._lock:
            return self._by_handle.get(handle)

    def reset(self, key: str | None = None, *, seed: int | None = None) -> int:
        """Forgets one account, or all with the rules of the server; gives the number of accounts.

        The next call opens an account afresh, with the same randomness, or, after all were forgotten, that of a new seed.
        """
        with self._lock:
            keys = list(self._accounts) if key is None else [key] if key in self._accounts else []
            if key is None:
                self._sow(self.seed if seed is None else seed)
                self.clock = self._new_clock()
                self.opened_before += 1
            closed = [self._close(each) for each in keys]
        if key is None:
            self.rules.reset()
        for account in closed:
            self._tell(account)
        return len(closed)

    def when_forgotten(self, listener: Callable[[Account], None]) -> None:
        """Calls `listener` with each account that is forgotten, by a reset or because there are too many."""
        self._listeners.append(listener)

    def random_hex(self, digits: int) -> str:
        """Random hexadecimal digits for calls that belong to no account."""
        with self._lock:
            return random_hex(self._rng, digits)

    def _tell(self, account: Account) -> None:
        """Outside the lock: the account has one of its own, and listeners may take theirs."""
        account.forget()
        for listener in self._listeners:
            listener(account)

    def _sow(self, seed: int) -> None:
        self.seed = seed
        self.link_secret = hashlib.sha256(f"{seed}:links".encode()).digest()
        self._rng = random.Random(f"{seed}:")

    def _open(self, key: str) -> tuple[Account, Account | None]:
        """The new account, and the one that had to go for it."""
        evicted = None
        if len(self._accounts) >= self._settings.max_accounts:
            evicted = self._close(next(iter(self._accounts)))
        account = self._new(key)
        self._accounts[key] = account
        self._by_handle[account.handle] = account
        return account, evicted

    def _new(self, key: str) -> Account:
        balance = self._settings.balance
        return Account(
            key, seed=self.seed, opened_before=self._closed.get(key, 0), clock=self._new_clock(),
            limits=Limits(
                rpm=self._settings.rpm, balance=None if balance is None else milli_dollars(balance),
                max_tasks=self._settings.max_tasks,
            ),
        )  # fmt: skip

    def _close(self, key: str) -> Account:
        account = self._accounts.pop(key)
        del self._by_handle[account.handle]
        self._closed[key] = self._closed.pop(key, 0) + 1
        if len(self._closed) > REMEMBERED_KEYS:
            self._closed.popitem(last=False)
        return account
