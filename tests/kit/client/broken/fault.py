"""What a fault is: its story, the cases that must catch it, and the one change that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from examples.reference_client import adapter

FAULTS: dict[str, Fault] = {}


@dataclass(frozen=True)
class Fault:
    """One broken client. `caught_by` are the ids of the cases in which it has to fail or be non-strict."""

    name: str
    story: str
    caught_by: frozenset[str]
    change: Callable[[], object]

    def make(self) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Breaks the reference client, in this process, and gives what the kit calls."""
        self.change()
        return lambda call: adapter.answer(call)

    @property
    def plug(self) -> str:
        """As `check client` takes it."""
        return f"py:tests.kit.client.broken:{self.name}"


def fault(story: str, *caught_by: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Makes a function that changes the reference client a fault; short ids stand for `CL-` and the id."""

    def add(change: Callable[[], object]) -> Callable[[], object]:
        name = change.__name__
        ids = frozenset(f"CL-{each}" for group in caught_by for each in group.split())
        FAULTS[name] = Fault(name, story, ids, change)
        return change

    return add
