"""Accounts: their money, their limits, their ledger; and the beginning of everything anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.contract.prices import milli_dollars
from mock_server.operations.service import Service
from mock_server.world.account import Account
from mock_server.world.journal import redacted


def listed(service: Service) -> dict[str, Any]:
    """Every account."""
    return {"accounts": [shown(service, account) for account in service.world.existing()]}


def change(service: Service, key: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Sets balance (dollars) or rpm from now on; None takes a limit away."""
    account = service.world.account(key)
    if "balance" in wanted:
        account.set_balance(None if wanted["balance"] is None else milli_dollars(wanted["balance"]))
    if "rpm" in wanted:
        account.limit_rate(wanted["rpm"])
    return shown(service, account)


def shown(service: Service, account: Account) -> dict[str, Any]:
    """An account as JSON data; of its key only the last characters."""
    balance, scenario = account.balance(), account.rules.scenario
    return {
        "account": redacted(account.key), "now": round(account.clock.now(), 3),
        "balance_usd": None if balance is None else balance / 1000, "rpm": account.rpm,
        "scenario": scenario.name if scenario is not None else None,
        "ledger": account.ledger().as_dict(service.contract.prices.as_of),
    }  # fmt: skip


def reset(service: Service, account: str | None, *, seed: int | None = None) -> int:
    """Forgets one account or everything; gives the number of accounts that were forgotten."""
    forgotten = service.world.reset(account, seed=seed)
    service.journal.clear(account)
    service.callbacks.record.clear(account)
    return forgotten
