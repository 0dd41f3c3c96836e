"""Rules that wait for their call: those of the server, and what one account has done with them.

Counts and chances belong to the account, also for rules of the server, so that what one account does never changes what
another sees.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mock_server.world.rule import RANK, Acting, Occasion, Rule, Scope

# What one account, or the server, may have added, in number and in characters of JSON.
MAX_RULES = 1000
MAX_SIZE = 8_388_608
# Counts of rules that are gone are dropped once there are so many.
_MANY_COUNTS = 4 * MAX_RULES
CountKey = tuple[Scope, str]


@dataclass(frozen=True, slots=True)
class ActiveScenario:
    """The scenario that is in force: its name, and its rules."""

    name: str
    rules: tuple[Rule, ...]

    def of_account(self) -> ActiveScenario:
        """The same for one account: its rules are nearer than those of the server."""
        return ActiveScenario(
            self.name, tuple(replace(rule, scope="account") if rule.scope == "server" else rule for rule in self.rules)
        )


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules of one owner, never changed in place: those that were added, in their order, then those of a scenario."""

    added: tuple[Rule, ...] = ()
    scenario: ActiveScenario | None = None
    made: int = 0

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of them, in the order in which they are looked at."""
        return self.added + (self.scenario.rules if self.scenario else ())

    @property
    def size(self) -> int:
        """Characters of JSON of those that were added."""
        return sum(rule.size for rule in self.added)

    def with_rule(self, rule: Rule) -> RuleSet:
        """The set with one more."""
        return replace(self, added=(*self.added, rule), made=self.made + 1)

    def with_scenario(self, scenario: ActiveScenario | None) -> RuleSet:
        """The set with another scenario, or none."""
        return replace(self, scenario=scenario)

    def without(self, rule_id: str) -> RuleSet | None:
        """The set without that rule; None when it is not among those that were added."""
        kept = tuple(rule for rule in self.added if rule.id != rule_id)
        return replace(self, added=kept) if len(kept) != len(self.added) else None


class ServerRules:
    """The rules that hold for every account. It owns its lock."""

    def __init__(
        self,
        scenario: ActiveScenario | None,
        kept: RuleSet | None = None,
        keep: Callable[[RuleSet], None] = lambda _: None,
    ) -> None:
        self._lock = threading.Lock()
        self._at_start = scenario
        self._current = kept if kept is not None else RuleSet(scenario=scenario)
        self._keep = keep

    @property
    def current(self) -> RuleSet:
        """The set as it stands now."""
        with self._lock:
            return self._current

    def change(self, new: RuleSet, *, instead_of: RuleSet) -> bool:
        """Puts a new set in place; False when somebody changed it meanwhile."""
        with self._lock:
            if self._current is not instead_of:
                return False
            self._current = new
            self._keep(new)
            return True

    def reset(self) -> None:
        """Back to the scenario of the start."""
        with self._lock:
            self._current = RuleSet(scenario=self._at_start)
            self._keep(self._current)


@dataclass(slots=True)
class Count:
    """What became of a rule in one account: how many calls matched, and how often it acted."""

    matched: int = 0
    acted: int = 0


class RuleCounts:
    """Counts and chances of one account. Guarded by the lock of the account that owns it."""

    def __init__(
        self, identity: bytes, keep: Callable[[Mapping[CountKey, Count], Iterable[CountKey]], None] = lambda _, __: None
    ) -> None:
        self._rng = random.Random(identity + b":rules")
        # Told which counts have changed, or are gone.
        self._keep = keep
        # By rule; a scenario that is in force for the account and for the server counts twice, each for itself.
        self._counts: dict[CountKey, Count] = {}

    def go_on(self, counts: Mapping[CountKey, Count], identity: bytes) -> None:
        """Goes on from counts that were kept, with other chances."""
        self._rng = random.Random(identity + b":rules")
        self._counts.update(counts)

    def of(self, rule: Rule) -> Count:
        """The count of a rule; a new one for a rule that was not looked at yet."""
        return self._counts.get(_key(rule), Count())

    def forget(self, rules: Iterable[Rule]) -> None:
        """Begins to count these anew."""
        gone = [key for rule in rules if self._counts.pop(key := _key(rule), None) is not None]
        self._keep(self._counts, gone)

    def foreseen(self, matching: Sequence[Rule]) -> list[Rule]:
        """Those whose turn it would be at the next call."""
        return [rule for rule in matching if _its_turn(rule, _next(self.of(rule)))]

    def choose(self, matching: Sequence[Rule], standing: Iterable[Rule], rng: random.Random | None) -> Acting | None:
        """The first rule whose turn it is. Every matching rule counts the call, whether it acts or not."""
        rng = rng or self._rng
        chosen: Rule | None = None
        for rule in matching:
            count = self._counts.setdefault(_key(rule), Count()) if rule.scope != "request" else Count()
            count.matched += 1
            if chosen is None and _its_turn(rule, count) and (rule.probability >= 1 or rng.random() < rule.probability):
                chosen = rule
                count.acted += 1
        self._keep(self._counts, [_key(rule) for rule in matching if rule.scope != "request"])
        if len(self._counts) > _MANY_COUNTS:
            kept = {_key(rule) for rule in standing}
            gone = [key for key in self._counts if key not in kept]
            self._counts = {key: count for key, count in self._counts.items() if key in kept}
            self._keep(self._counts, gone)
        return _acting(chosen, rng) if chosen is not None else None


def _key(rule: Rule) -> CountKey:
    return rule.scope, rule.id


def _its_turn(rule: Rule, count: Count) -> bool:
    if rule.match.call is not None and count.matched != rule.match.call:
        return False
    return count.matched > rule.after and (rule.times is None or count.acted < rule.times)


def _next(count: Count) -> Count:
    return Count(count.matched + 1, count.acted)


def _acting(rule: Rule, rng: random.Random) -> Acting:
    then = rule.then
    low, high = then.delay or (0.0, 0.0)
    delay = low if low == high else rng.uniform(low, high)
    noise = rng.randbytes(then.fault.parameters["bytes"]) if then.fault and then.fault.name == "garbage" else b""
    return Acting(rule, delay, noise)


def matching(occasion: Occasion, account: str, near: Iterable[Rule], standing: Iterable[Rule]) -> list[Rule]:
    """The rules that fit, the nearest scope first and in each scope in their order."""
    found = [
        rule for rule in (*near, *standing) if rule.moment == occasion.moment and rule.match.fits(occasion, account)
    ]
    return sorted(found, key=lambda rule: RANK[rule.scope])


def shown(rule: Rule, counts: Iterable[Count]) -> dict[str, Any]:
    """A rule with its counts as JSON data; of the key nothing is shown."""
    seen = list(counts)
    return {
        "id": rule.id, "scope": rule.scope, "source": rule.source, **rule.data,
        "matched": sum(count.matched for count in seen), "acted": sum(count.acted for count in seen),
    }  # fmt: skip
