"""Rules and scenarios: added, listed, taken away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mock_server.contract.user_data import check
from mock_server.errors import Mistake, Problem, ScenarioError
from mock_server.operations.service import Service
from mock_server.world.account import Account
from mock_server.world.journal import redacted
from mock_server.world.rule import Rule
from mock_server.world.rule_reading import read_rule
from mock_server.world.standing_rules import MAX_RULES, MAX_SIZE, ActiveScenario, RuleSet, shown

NEEDS_OWN_SERVER = (
    "it needs the connection itself, which only the mock's own server gives (minimax-mock serve, MockServer); this one "
    "runs under another WSGI server"
)


def add(
    service: Service, account: str | None, data: Mapping[str, Any], *, on_wire: bool = True, within: Path | None = None
) -> dict[str, Any]:
    """Adds a rule: to the account that it is for, or to the server. Raises Mistake or Problem.

    `on_wire` says whether faults of the connection can be carried out here, `within` where files of the rule have to be.
    """
    check(service.contract.rule_schema, data)
    key = account if account is not None else data.get("match", {}).get("account")
    owner = service.world.account(key) if key is not None else None
    while True:
        current = owner.rules if owner is not None else service.world.rules.current
        if len(current.added) >= MAX_RULES:
            raise Problem(409, "Too many rules", detail=f"there are {MAX_RULES} already; take some away", field="rules")
        prefix = owner.handle if owner is not None else "server"
        rule_id = f"{prefix}-{current.made + 1}"
        rule = read_rule(
            data, rule_id=rule_id, codes=service.contract.codes, source=f"rule {rule_id}", account=key, within=within
        )
        if rule.on_wire and not on_wire:
            raise Problem(
                409, "Not under this server", detail=f"{_fault(rule)}: {NEEDS_OWN_SERVER}", field="/then/fault"
            )
        if current.size + rule.size > MAX_SIZE:
            raise Problem(409, "Too many rules", detail=f"they may have {MAX_SIZE} characters in all", field="rules")
        if _put(service, owner, current.with_rule(rule), current):
            return _shown(rule, owner, [owner] if owner is not None else [])


def listed(service: Service, account: str | None) -> dict[str, Any]:
    """The rules of an account and of the server, or of everybody; counts are those of the accounts that are meant."""
    owners = service.world.existing(account)
    own = [_shown(rule, owner, [owner]) for owner in owners for rule in owner.rules.rules]
    return {"rules": own + [_shown(rule, None, owners) for rule in service.world.rules.current.rules]}


def one(service: Service, rule_id: str) -> dict[str, Any]:
    """One rule that was added. Raises Problem 404."""
    owner, rule = _find(service, rule_id)
    return _shown(rule, owner, service.world.existing() if owner is None else [owner])


def remove(service: Service, rule_id: str) -> dict[str, Any]:
    """Takes one rule away, and gives what became of it. Raises Problem 404."""
    while True:
        owner, rule = _find(service, rule_id)
        last = one(service, rule_id)
        current = owner.rules if owner is not None else service.world.rules.current
        left = current.without(rule.id)
        if left is not None and _put(service, owner, left, current):
            return last


def clear(service: Service, account: str | None) -> int:
    """Takes all rules and the scenario away, of one account or of all and the server; gives how many there were."""
    count = 0
    owners: list[Account | None] = [*service.world.existing(account), *([None] if account is None else [])]
    for owner in owners:
        while True:
            current = owner.rules if owner is not None else service.world.rules.current
            if _put(service, owner, RuleSet(made=current.made), current):
                count += len(current.rules)
                break
    return count


def use_scenario(service: Service, account: str | None, name: str | None, *, on_wire: bool = True) -> dict[str, Any]:
    """Puts a scenario in force for an account or the server, or none. Raises Problem for one that is not there."""
    active: ActiveScenario | None = None
    if name is not None:
        try:
            active = service.catalogue.scenario(name).active
        except ScenarioError as error:
            raise Problem(404, "No such scenario", detail=str(error), field="name", allowed=error.allowed) from None
        if not on_wire and (reason := why_not_elsewhere(active)) is not None:
            raise Problem(409, "Not under this server", detail=reason, field="name")
    owner = service.world.account(account) if account is not None else None
    if owner is not None and active is not None:
        active = active.of_account()
    while True:
        current = owner.rules if owner is not None else service.world.rules.current
        if _put(service, owner, current.with_scenario(active), current):
            break
    if active is not None:
        for each in [owner] if owner is not None else service.world.existing():
            each.count_anew(active.rules)
    return in_force(service, account)


def why_not_elsewhere(active: ActiveScenario) -> str | None:
    """Why a scenario cannot be in force under another WSGI server; None when it can."""
    broken = next((rule for rule in active.rules if rule.on_wire), None)
    return None if broken is None else f"{active.name} has {_fault(broken)}: {NEEDS_OWN_SERVER}"


def in_force(service: Service, account: str | None) -> dict[str, Any]:
    """The name of the scenario that is in force for an account, or for the server."""
    owners = service.world.existing(account) if account is not None else []
    rules = owners[0].rules if owners else RuleSet() if account is not None else service.world.rules.current
    return {"name": rules.scenario.name if rules.scenario is not None else None}


def catalogue(service: Service) -> dict[str, Any]:
    """Every scenario."""
    return {"scenarios": [scenario.as_dict() for scenario in service.catalogue.all()]}


def as_problem(mistake: Mistake) -> Problem:
    """A mistake of the user as the control API tells it."""
    extra = {} if mistake.allowed is None else {"allowed": mistake.allowed}
    return Problem(400, "Not allowed", detail=mistake.in_words(), field=mistake.pointer, **extra)


def _put(service: Service, owner: Account | None, new: RuleSet, old: RuleSet) -> bool:
    if owner is not None:
        return owner.change_rules(new, instead_of=old)
    return service.world.rules.change(new, instead_of=old)


def _find(service: Service, rule_id: str) -> tuple[Account | None, Rule]:
    owners: list[Account | None] = [None, *service.world.existing()]
    for owner in owners:
        for rule in (owner.rules if owner is not None else service.world.rules.current).added:
            if rule.id == rule_id:
                return owner, rule
    raise Problem(404, "No such rule", detail=f"no rule that was added has the id {rule_id[:80]!r}", field="id")


def _shown(rule: Rule, owner: Account | None, counting: Iterable[Account]) -> dict[str, Any]:
    key = owner.key if owner is not None else rule.match.account
    counts = [account.count_of(rule) for account in counting]
    return {**shown(rule, counts), "account": redacted(key) if key is not None else None}


def _fault(rule: Rule) -> str:
    return f"the fault {rule.then.fault.name}" if rule.then.fault is not None else "a fault"
