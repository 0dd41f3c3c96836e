"""Large bodies are worked on one after another, however many came at once.

Python runs one thread at a time anyway: side by side they would take no less time, several times the memory, and the
turns of every small call between them. Nothing is sent or received during a turn.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Texts and bodies from this size on are large.
LARGE = 1 << 20
_OF_THE_PROCESS = threading.Lock()


@contextmanager
def turn(size: int) -> Iterator[None]:
    """While the context lasts nobody else works on anything large; what is small never waits."""
    if size < LARGE:
        yield
        return
    with _OF_THE_PROCESS:
        yield
