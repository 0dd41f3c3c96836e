"""What became of one message to a receiver."""

from __future__ import annotations

from dataclasses import dataclass

ANSWER_START = 500


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
    def answer_start(self) -> str:
        """The beginning of the answer, readable."""
        return self.answer[:ANSWER_START].decode("utf-8", "backslashreplace")
