"""What a fault is: its story, the cases that must catch it, and the one change that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from examples.reference_client import adapter

FAULTS: dict[str, Fault] = {}
# For a fault that breaks nearly everything: the cases behind this word are those that do not catch it.
ALL_BUT = "all but"


@dataclass(frozen=True)
class Fault:
    """One broken client. `named` are ids of cases: those that catch it, or with `all_but` those that do not."""

    name: str
    story: str
    named: frozenset[str]
    all_but: bool
    change: Callable[[], object]

    @property
    def caught_by(self) -> frozenset[str]:
        """The ids of the cases in which it has to fail or to be non-strict."""
        return judged() - self.named if self.all_but else self.named

    @property
    def plug(self) -> str:
        """As `check client` takes it."""
        return f"py:tests.kit.client.broken:{self.name}"

    def make(self) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Breaks the reference client, in this process, and gives what the kit calls."""
        self.change()
        return adapter.answer


def judged() -> frozenset[str]:
    """The ids of the cases that can catch anything: not those that only write down what they see."""
    # Not needed in the process of the client, which is started often.
    from contract_tests.client.case import client_cases
    from contract_tests.outcome import Level

    return frozenset(case.id for case in client_cases() if case.level is not Level.INFO)


def fault(story: str, *named: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Makes a function that changes the reference client a fault of that name.

    `named` are the ids of the cases that catch it, without their `CL-`, or `ALL_BUT` and those that do not.
    """

    def add(change: Callable[[], object]) -> Callable[[], object]:
        name = change.__name__
        if name in FAULTS:
            raise ValueError(f"two faults have the name {name}")
        ids = frozenset(f"CL-{each}" for group in named if group is not ALL_BUT for each in group.split())
        FAULTS[name] = Fault(name, story, ids, ALL_BUT in named, change)
        return change

    return add
