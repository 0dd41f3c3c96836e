"""Regular expressions that users write: bounded in what they may cost, in memory when made and in time when searched for."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from typing import Any

from mock_server.errors import Mistake

# Characters of a prompt that are searched; a prompt has no more.
SEARCHED = 2000
# Seconds that all searches of one call may take together. An ordinary one takes millionths of a second.
PATIENCE_SECONDS = 0.5
# What counted repetitions may multiply to, since each copy takes memory.
MAX_COPIES = 2000
# Prompts of which each pattern remembers whether it was found.
REMEMBERED = 1000
_COUNTED = re.compile(r"\{([0-9]*)(?:,([0-9]*))?\}")


class TooSlow(Exception):
    """The searches of this call have taken too long; the pattern proves nothing."""


class Patience:
    """What is left of the time that the searches of one call may take. `missed`: one of them could not be finished."""

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._left = seconds
        self.missed = False

    def search(self, pattern: Any, text: str) -> bool | None:
        """Whether the pattern is found; None when the time is up before that is known."""
        if self._left <= 0:
            return None
        start = time.monotonic()
        try:
            # Other threads go on meanwhile.
            return pattern.search(text, timeout=self._left, concurrent=True) is not None
        except (TimeoutError, MemoryError, RecursionError):
            self._left = 0.0
            return None
        finally:
            self._left -= time.monotonic() - start


class Pattern:
    """A regular expression, searched for in the beginning of a prompt. Raises Mistake, at `pointer`, for what is none.

    What was found is remembered, so that the updates of a task cost no second search.
    """

    def __init__(self, text: str, pointer: str) -> None:
        import regex  # only for those who look for prompts: it is the engine whose searches end

        copies = 1
        for low, high in _COUNTED.findall(text):
            copies *= max(int((high or low or "1")[:9]), 1)
        if copies > MAX_COPIES:
            raise Mistake(
                pointer, f"its counted repetitions multiply to {copies}", allowed=f"at most {MAX_COPIES} in all"
            )
        try:
            self._compiled = regex.compile(text)
        except (regex.error, RecursionError, OverflowError) as error:
            raise Mistake(pointer, f"{text!r} is no regular expression: {error}") from None
        self._found: OrderedDict[bytes, bool | None] = OrderedDict()
        self._lock = threading.Lock()

    def found_in(self, prompt: str | None, patience: Patience) -> bool:
        """Whether it is in the prompt. Raises TooSlow when the searches of this call take too long."""
        if prompt is None:
            return False
        text = prompt[:SEARCHED]
        name = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            known = name in self._found
            found = self._found.get(name)
        if not known:
            found = patience.search(self._compiled, text)
            self._remember(name, found)
        if found is None:
            patience.missed = True
            raise TooSlow
        return found

    def _remember(self, name: bytes, found: bool | None) -> None:
        with self._lock:
            self._found[name] = found
            if len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
