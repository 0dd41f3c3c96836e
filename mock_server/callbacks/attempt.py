"""What became of one message to a receiver."""

from __future__ import annotations

from dataclasses import dataclass

ANSWER_START = 500
# Why nothing came of a message that was under way, or never began, when the mock was stopped.
STOPPED = "the mock was stopped"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one message: the answer as far as it came, the milliseconds, and why it failed, if it did.

    `reason` is None when a whole answer came within the deadline, whatever it says.
    """

    milliseconds: float
    address: str | None = None
    status: int | None = None
    content_type: str = ""
    answer: bytes = b""
    reason: str | None = None

    @property
    def not_accepted(self) -> str | None:
        """Why the message counts as failed: no whole answer, or one that is not 2xx; None when it was accepted."""
        if self.reason is not None or 200 <= (self.status or 0) < 300:
            return self.reason
        return f"it answered HTTP {self.status}, not 2xx"

    @property
    def answer_start(self) -> str:
        """The beginning of the answer, readable."""
        return self.answer[:ANSWER_START].decode("utf-8", "backslashreplace")
