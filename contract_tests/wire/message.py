"""A request or an answer while it is being read."""

from __future__ import annotations

from dataclasses import dataclass, field


class Budget:
    """How many more bytes of bodies may be kept."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, wanted: int) -> int:
        """How many of the wanted bytes may be kept; they are taken off."""
        taken = min(wanted, self._left)
        self._left -= taken
        return taken


@dataclass(slots=True, eq=False)
class Message:
    """What was read so far. Times are those of `time.monotonic`: of the first byte, and of the last that came.

    `body` holds what was kept of the body and `cut` counts the rest. `note` says what is wrong with the bytes.
    """

    began: float
    budget: Budget
    ended: float = 0.0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | bytearray = b""
    cut: int = 0
    complete: bool = False
    note: str = ""

    def add(self, piece: memoryview) -> None:
        """Keeps of a piece of the body what may be kept, and counts the rest."""
        kept = self.budget.take(len(piece))
        if kept and not isinstance(self.body, bytearray):
            self.body = bytearray(self.body)
        self.body += piece[:kept]
        self.cut += len(piece) - kept

    def finish(self) -> None:
        """All of it has come."""
        self.complete = True
        self.body = bytes(self.body)

    def values(self, name: str) -> list[str]:
        """The values of every header line with that name, which is given in small letters."""
        return [value for each, value in self.headers if each.strip().lower() == name]


@dataclass(slots=True, eq=False)
class Request(Message):
    """A request. Without a method it is none: the first line was not understood, or did not come to its end.

    `prefix` was taken off its target. `end` is how the connection ended, if that was before its exchange was over.
    """

    method: str = ""
    target: str = ""
    version: str = ""
    prefix: str = ""
    end: str = ""


@dataclass(slots=True, eq=False)
class Reply(Message):
    """An answer. While there is no status line the status is 0, and the body holds what came instead."""

    status: int = 0

    @property
    def interim(self) -> bool:
        """Whether the answer proper is still to come: 100 Continue and its like, but not the switch to another protocol."""
        return 100 <= self.status < 200 and self.status != 101

    def restart(self, now: float) -> None:
        """An interim answer is over and the next one begins."""
        self.began, self.status = now, 0
        self.headers.clear()
