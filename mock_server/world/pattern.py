"""Regular expressions that users write: bounded in what they may cost, in memory when made and in time when searched for."""

from __future__ import annotations

import re
import time
from typing import Any

from mock_server.errors import Mistake

# Characters of a prompt that are searched; a prompt has no more.
SEARCHED = 2000
# Seconds that all searches of one call may take together. An ordinary one takes millionths of a second.
PATIENCE_SECONDS = 0.5
# What counted repetitions may multiply to, since each copy takes memory.
MAX_COPIES = 2000
_COUNTED = re.compile(r"\{([0-9]*)(?:,([0-9]*))?\}")


class TooSlow(Exception):
    """The searches of this call have taken too long; the pattern proves nothing."""


class Patience:
    """What is left of the time that the searches of one call may take."""

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._left = seconds

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self._left <= 0

    def search(self, pattern: Any, text: str) -> bool:
        """Whether the pattern is found. Raises TooSlow when the time is up."""
        if self.spent:
            raise TooSlow
        start = time.monotonic()
        try:
            # Other threads go on meanwhile.
            return pattern.search(text, timeout=self._left, concurrent=True) is not None
        except (TimeoutError, MemoryError, RecursionError):
            self._left = 0.0
            raise TooSlow from None
        finally:
            self._left -= time.monotonic() - start


class Pattern:
    """A regular expression, searched for in the beginning of a prompt. Raises Mistake, at `pointer`, for what is none."""

    def __init__(self, text: str, pointer: str) -> None:
        import regex  # only for those who look for prompts: it is the engine whose searches end

        copies = 1
        for low, high in _COUNTED.findall(text):
            copies *= max(int((high or low or "1")[:9]), 1)
        if copies > MAX_COPIES:
            raise Mistake(pointer, f"repeats something {copies} times", allowed=f"at most {MAX_COPIES} in all")
        try:
            self._compiled = regex.compile(text)
        except (regex.error, RecursionError, OverflowError) as error:
            raise Mistake(pointer, f"{text!r} is no regular expression: {error}") from None

    def found_in(self, prompt: str | None, patience: Patience) -> bool:
        """Whether it is in the prompt. Raises TooSlow when the searches of this call have taken too long."""
        return prompt is not None and patience.search(self._compiled, prompt[:SEARCHED])
