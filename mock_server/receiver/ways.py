"""The ways in which a receiver can answer a message."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Literal

Kind = Literal["challenge", "update"]
KINDS: tuple[Kind, ...] = ("challenge", "update")


def kind_of(message: Any) -> Kind:
    """Whether a message is a challenge; everything else is an update."""
    return "challenge" if isinstance(message, dict) and "challenge" in message else "update"


def right_answer(message: Any) -> Any:
    """What a receiver should answer."""
    return {"challenge": message["challenge"]} if kind_of(message) == "challenge" else {"status": "success"}


class Way:
    """One way to answer: with what `make` gives (bytes as they are, anything else as JSON) and an HTTP status.

    `late` and `slow` are the seconds before the answer and those over which its bytes are spread; a silent one closes
    the connection instead. `left` is for how many requests it still counts; None is for all. Raises ValueError for
    what cannot be.
    """

    def __init__(
        self, times: int | None = None, *, make: Callable[[Any], Any] = right_answer, status: int = 200,
        late: float = 0.0, slow: float = 0.0, silent: bool = False,
    ) -> None:  # fmt: skip
        if times is not None and times < 1:
            raise ValueError(f"times={times} is not at least 1")
        if not 200 <= status <= 599:
            raise ValueError(f"status {status} is not from 200 to 599")
        for seconds in (late, slow):
            if not 0 <= seconds <= threading.TIMEOUT_MAX:
                raise ValueError(f"{seconds} seconds cannot be waited for")
        self.left = times
        self.status = status
        self.late = late
        self.slow = slow
        self.silent = silent
        self._make = make

    def content(self, message: Any) -> bytes:
        """The body of the answer to a message."""
        made = self._make(message)
        return made if isinstance(made, bytes) else json.dumps(made).encode()
