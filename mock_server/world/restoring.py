"""Reads what was kept before this start back from the store, and says in one line what no longer fits."""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import dataclass, field

from mock_server.errors import Mistake, ScenarioError, StartupError
from mock_server.settings import Settings
from mock_server.world.keeping import Contents, count_key
from mock_server.world.kept import (
    ACCOUNTS,
    CLOSED,
    COUNTS,
    DELETED,
    RULES,
    SERVERS,
    TASKS,
    UPLOADS,
    RuleRow,
    RulesRow,
    ServerRow,
    UploadRow,
)
from mock_server.world.rule import Rule
from mock_server.world.rule_reading import read_rule
from mock_server.world.scenario import Catalogue
from mock_server.world.standing_rules import RuleSet
from mock_server.world.store import SERVER, Store


@dataclass(frozen=True, slots=True)
class Kept:
    """What was there before this start: the server, its rules, and the accounts by the owner of their things."""

    server: ServerRow
    rules: RuleSet
    accounts: dict[str, Contents]
    closed: dict[str, int]
    # Each with its owner and its number, in the order in which they came.
    uploads: list[tuple[str, int, UploadRow]] = field(default_factory=list)


class RuleReader:
    """Makes rules of what was kept. Raises StartupError for one that is no longer possible."""

    def __init__(self, codes: Container[int], catalogue: Catalogue) -> None:
        self._codes = codes
        self._catalogue = catalogue

    def rule(self, row: RuleRow) -> Rule:
        """The rule as it was."""
        try:
            return read_rule(row.data, rule_id=row.id, codes=self._codes, source=row.source, account=row.account)
        except (Mistake, LookupError, TypeError) as error:
            why = error.in_words() if isinstance(error, Mistake) else repr(error)
            raise StartupError(f"--state: the kept rule {row.id} cannot be used: {why}"[:500]) from None

    def rule_set(self, row: RulesRow, *, of_account: bool) -> RuleSet:
        """The set as it was, with the scenario as it is now."""
        active = None
        if row.scenario is not None:
            try:
                active = self._catalogue.scenario(row.scenario).active
            except ScenarioError as error:
                raise StartupError(
                    f"--state: the scenario {row.scenario!r} was in force ({error}); name its --scenario-file"
                ) from None
        if active is not None and of_account:
            active = active.of_account()
        return RuleSet(tuple(map(self.rule, row.added)), active, row.made)


def read_back(store: Store, settings: Settings, reader: RuleReader) -> Kept | None:
    """Everything that was kept; None in a store that is new. Raises StartupError for a seed that is another one."""
    server = next((row for _, _, row in store.things(SERVERS)), None)
    if server is None:
        return None
    if settings.seed not in (None, server.seed, server.asked_seed):
        raise StartupError(
            f"--seed: the state in {settings.state} has the seed {server.seed}; leave --seed out to go on with it, "
            "or take another file"
        )
    accounts = {owner: Contents(row) for owner, _, row in store.things(ACCOUNTS)}
    _add_tasks(accounts, store)
    rules = _add_rules(accounts, store, reader)
    uploads: list[tuple[str, int, UploadRow]] = []
    for owner, name, row in store.things(UPLOADS):
        if owner in accounts:
            uploads.append((owner, int(name), row))
            accounts[owner].uploads.add(int(name))
        else:  # its account was forgotten at the moment of the upload
            store.remove(UPLOADS, owner, name)
    closed = {str(json.loads(str(name))): count for _, name, count in store.things(CLOSED)}
    return Kept(server, rules, accounts, closed, uploads)


def _add_tasks(accounts: dict[str, Contents], store: Store) -> None:
    """Puts the tasks into their accounts; what belongs to none, since a kill came in between, is taken out."""
    lost: set[str] = set()
    for owner, _, task in store.things(TASKS):
        if owner in accounts:
            accounts[owner].tasks.append(task)
        else:
            lost.add(owner)
    for owner, name, _ in store.things(DELETED):
        if owner in accounts:
            accounts[owner].deleted.add(int(name))
    for owner in lost:
        store.remove_owner(owner)


def _add_rules(accounts: dict[str, Contents], store: Store, reader: RuleReader) -> RuleSet:
    """Puts rules and their counts into their accounts; gives the rules of the server."""
    rules = RuleSet()
    for owner, _, row in store.things(RULES):
        if owner == SERVER:
            rules = reader.rule_set(row, of_account=False)
        elif owner in accounts:
            accounts[owner].rules = reader.rule_set(row, of_account=True)
    for owner, name, count in store.things(COUNTS):
        if owner in accounts:
            accounts[owner].counts[count_key(name)] = count
    return rules
