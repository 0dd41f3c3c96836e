"""The store of a mock that forgets everything when it ends: it holds what it is given, and nothing twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from mock_server.world.store import Kind, Thing


class MemoryStore:
    """Refers to living things. Nobody waits for it, and it needs no lock: each owner changes its own things alone."""

    durable = False
    opened = 1

    def __init__(self) -> None:
        self._things: defaultdict[str, dict[str, dict[str | int, Any]]] = defaultdict(dict)

    def put(self, kind: Kind[Thing], owner: str, name: str | int, thing: Thing) -> None:
        """Refers to the thing."""
        owned = self._things[owner]
        if kind.name not in owned:
            owned[kind.name] = {}
        owned[kind.name][name] = thing

    def remove(self, kind: Kind[Thing], owner: str, name: str | int) -> None:
        """Lets go of the thing."""
        self._things.get(owner, {}).get(kind.name, {}).pop(name, None)

    def remove_owner(self, owner: str) -> None:
        """Lets go of everything of an owner."""
        self._things.pop(owner, None)

    def things(self, kind: Kind[Thing]) -> Iterator[tuple[str, str | int, Thing]]:
        """Every thing of a kind."""
        for owner, owned in list(self._things.items()):
            for name, thing in list(owned.get(kind.name, {}).items()):
                yield owner, name, thing

    def flush(self) -> None:
        """Nothing to wait for."""

    def open(self) -> None:
        """Nothing to open: what was kept is still there."""

    def close(self) -> None:
        """Nothing to close."""
