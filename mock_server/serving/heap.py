"""How memory is kept in a process that is ours: large blocks go back to the system, and the start is no garbage."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

# M_MMAP_THRESHOLD in malloc.h.
_MMAP_THRESHOLD = -3
# Blocks from this size on are mapped one by one, and unmapped when they are freed.
LARGE_BLOCK = 1 << 20


def give_back_large_blocks() -> bool:
    """Fixes the size from which blocks are mapped by themselves; false where the C library is not glibc.

    Left alone, glibc raises that size with every larger block that is freed, up to 32 MiB, and from then on cuts such
    blocks out of the heaps of its threads, which keep them: 20 uploads of 30 MB, one after the other, took the mock to
    1907 MB with two of them alive; with this it is 109 MB. It changes the whole process, so it is not for a mock that
    lives in somebody else's.
    """
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018  # asked for, not called: others have a mallopt that means other things
        return bool(library.mallopt(_MMAP_THRESHOLD, LARGE_BLOCK))
    except (OSError, TypeError, AttributeError):  # TypeError: Windows has no library without a name
        return False


@contextmanager
def everything_stays() -> Iterator[None]:
    """Looks for no garbage while the block runs, and later none among what it made: modules and documents, which stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
