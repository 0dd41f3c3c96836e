"""All accounts of one server, and what they share: seed, clock and the secret that signs links."""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable

from mock_server.clock import Clock, mark_of, resume
from mock_server.contract.prices import milli_dollars
from mock_server.settings import Settings
from mock_server.world.account import Account
from mock_server.world.ids import random_hex
from mock_server.world.keeping import Keeping
from mock_server.world.kept import CLOSED, RULES, SERVERS, RulesRow, ServerRow
from mock_server.world.order import Limits
from mock_server.world.restoring import Kept
from mock_server.world.standing_rules import ActiveScenario, RuleSet, ServerRules
from mock_server.world.store import SERVER, Store
from mock_server.world.store_memory import MemoryStore

# Keys whose accounts were forgotten and are counted, so that identifiers of requests do not repeat.
REMEMBERED_KEYS = 10_000


class World:
    """Opens an account for every key at its first call; the least recently used one goes when there are too many."""

    def __init__(
        self,
        settings: Settings,
        *,
        seed: int,
        new_clock: Callable[[], Clock],
        scenario: ActiveScenario | None = None,
        store: Store | None = None,
        kept: Kept | None = None,
    ) -> None:
        self.clock = new_clock()
        self.store: Store = store if store is not None else MemoryStore()
        self.rules = ServerRules(scenario, _rules_at_start(settings, scenario, kept), self._keep_rules)
        self._settings = settings
        self._new_clock = new_clock
        self._lock = threading.Lock()
        self._restarts = self.store.opened - 1
        self._asked_seed = kept.server.asked_seed if kept is not None and settings.seed is None else settings.seed
        self._sow(seed)
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._by_handle: dict[str, Account] = {}
        self._listeners: list[Callable[[Account], None]] = []
        # How often the account of a key was forgotten, for the keys that were forgotten last.
        self._closed: OrderedDict[str, int] = OrderedDict()
        self.opened_before = 0
        if kept is not None:
            self._go_on(kept)
        self.clock.when_moved(self._keep)
        self._keep()
        self._keep_rules(self.rules.current)

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
                self.clock.when_moved(self._keep)
                self.opened_before += 1
                self._keep()
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
        self._rng = random.Random(f"{seed}:{self._restarts or ''}")

    def _open(self, key: str) -> tuple[Account, Account | None]:
        """The new account, and the one that had to go for it."""
        evicted = None
        if len(self._accounts) >= self._settings.max_accounts:
            evicted = self._close(next(iter(self._accounts)))
        account = self._new(key)
        self._enter(account)
        account.keep()
        return account, evicted

    def _enter(self, account: Account) -> None:
        self._accounts[account.key] = account
        self._by_handle[account.handle] = account
        if self.store.durable:
            account.clock.when_moved(account.clock_moved)

    def _new(self, key: str, owner: str | None = None) -> Account:
        balance = self._settings.balance
        return Account(
            key, seed=self.seed, opened_before=self._closed.get(key, 0), clock=self._new_clock(),
            keeping=Keeping(self.store, owner or secrets.token_hex(8), restarts=self._restarts),
            limits=Limits(
                rpm=self._settings.rpm, balance=None if balance is None else milli_dollars(balance),
                max_tasks=self._settings.max_tasks,
            ),
        )  # fmt: skip

    def _close(self, key: str) -> Account:
        account = self._accounts.pop(key)
        del self._by_handle[account.handle]
        self._closed[key] = self._closed.pop(key, 0) + 1
        self.store.put(CLOSED, SERVER, json.dumps(key), self._closed[key])
        if len(self._closed) > REMEMBERED_KEYS:
            self.store.remove(CLOSED, SERVER, json.dumps(self._closed.popitem(last=False)[0]))
        return account

    def _go_on(self, kept: Kept) -> None:
        """Opens the accounts that were open before this start."""
        self.opened_before = kept.server.opened_before
        if kept.server.clock is not None:
            resume(self.clock, kept.server.clock)
        self._closed.update(kept.closed)
        for owner, contents in kept.accounts.items():
            account = self._new(contents.row.key, owner)
            account.opened_before = contents.row.opened_before
            account.go_on(contents)
            self._enter(account)
        while len(self._accounts) > self._settings.max_accounts:
            self._close(next(iter(self._accounts))).forget()

    def _keep(self) -> None:
        """Puts what belongs to no account into the store, whenever it changed."""
        scenario = self._settings.scenario
        row = ServerRow(self.seed, self._asked_seed, scenario, self.opened_before, mark_of(self.clock))
        self.store.put(SERVERS, SERVER, "", row)

    def _keep_rules(self, rules: RuleSet) -> None:
        self.store.put(RULES, SERVER, "", RulesRow.of(rules))


def _rules_at_start(settings: Settings, scenario: ActiveScenario | None, kept: Kept | None) -> RuleSet | None:
    """The rules that were kept; with the scenario of this start, if it is another one than at the last."""
    if kept is None:
        return None
    return kept.rules if settings.scenario == kept.server.scenario else kept.rules.with_scenario(scenario)
