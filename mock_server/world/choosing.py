"""The part of an account that chooses the rule which acts: its rules, what they have counted, and its chances."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Sequence

from mock_server.world.keeping import Keeping
from mock_server.world.rule import Acting, Occasion, Rule
from mock_server.world.standing_rules import Count, RuleCounts, RuleSet, matching
from mock_server.world.task import Task


class Choosing:
    """Rules of one account, under the one lock that the account has. `identity` seeds its chances."""

    def __init__(self, key: str, identity: bytes, keeping: Keeping) -> None:
        self.key = key
        self.keeping = keeping
        self._identity = identity
        self._lock = threading.Lock()
        self._rules = RuleSet()
        self._counts = RuleCounts(identity, keeping.counts)

    @property
    def rules(self) -> RuleSet:
        """The rules of this account."""
        with self._lock:
            return self._rules

    def change_rules(self, new: RuleSet, *, instead_of: RuleSet) -> bool:
        """Puts a new set in place; False when somebody changed it meanwhile."""
        with self._lock:
            if self._rules is not instead_of:
                return False
            self._rules = new
            self.keeping.rules(new)
            return True

    def count_anew(self, rules: Iterable[Rule]) -> None:
        """Forgets what became of these rules."""
        with self._lock:
            self._counts.forget(rules)

    def choose(
        self, occasion: Occasion, near: Sequence[Rule], server: RuleSet, push_of: Task | None = None
    ) -> Acting | None:
        """The rule that acts on this occasion: the nearest scope wins, in each scope the first.

        What is pushed about a task is drawn from a generator of its own, since pushes of several tasks go out in any order.
        """
        standing = (*self.rules.rules, *server.rules)
        if not standing and not near:  # as nearly always
            return None
        fitting = matching(occasion, self.key, near, standing)
        if not fitting:
            return None
        rng = None
        if push_of is not None:
            rng = random.Random(self._identity + f":{push_of.id}:{occasion.status}".encode())
        with self._lock:
            return self._counts.choose(fitting, standing, rng)

    def foreseen(self, occasion: Occasion, server: RuleSet) -> list[Rule]:
        """The rules whose turn it would be, chances aside. Nothing is counted."""
        fitting = matching(occasion, self.key, (), (*self.rules.rules, *server.rules))
        with self._lock:
            return self._counts.foreseen(fitting)

    def count_of(self, rule: Rule) -> Count:
        """What became of a rule in this account."""
        with self._lock:
            return self._counts.of(rule)
