"""Where the world is kept: the small interface that memory and a file have in common.

Whoever changes something puts it into the store under its own lock, so that changes come in order; a store never does I/O
there. Before an answer goes out, `flush` waits until what its thread has put is kept for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Thing = TypeVar("Thing")
# The owner of what belongs to no account.
SERVER = ""


class StoreError(Exception):
    """What was changed could not be kept; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[Thing]):
    """One kind of things that are kept, and how they become bytes and are made of them."""

    name: str
    write: Callable[[Thing], bytes]
    read: Callable[[bytes], Thing]


class Store(Protocol):
    """Keeps things by kind, owner and name. Every method may be called from any thread."""

    @property
    def durable(self) -> bool:
        """Whether what is kept outlives the process."""
        ...

    @property
    def opened(self) -> int:
        """How often it was opened, this time included: 1 for one that is new."""
        ...

    def put(self, kind: Kind[Thing], owner: str, name: str | int, thing: Thing) -> None:
        """Keeps a thing as it is now, in the place of the one that had this name; does not wait."""
        ...

    def remove(self, kind: Kind[Thing], owner: str, name: str | int) -> None:
        """Forgets a thing, if there is one of that name; does not wait."""
        ...

    def remove_owner(self, owner: str) -> None:
        """Forgets everything of an owner; does not wait."""
        ...

    def things(self, kind: Kind[Thing]) -> Iterator[tuple[str, str | int, Thing]]:
        """Every thing of a kind with its owner and its name; those of one owner in the order in which they came."""
        ...

    def flush(self) -> None:
        """Returns when everything that this thread has put or removed is kept for good. Raises StoreError."""
        ...

    def open(self) -> None:
        """Goes on after a close. Raises StartupError when somebody else has used it meanwhile."""
        ...

    def close(self) -> None:
        """Keeps what is left to keep, and lets go. Does nothing when it is closed already."""
        ...
