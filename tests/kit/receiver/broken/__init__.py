"""Broken receivers: each is the reference receiver with one fault from real life, and says which cases must catch it.

`catches` of a class are the cases that come to FAIL or NON-STRICT for it when everything can be seen; no other case does.
"""

from __future__ import annotations

from tests.kit.receiver.broken import bad_input, challenges, meaning, order, trust
from tests.kit.receiver.broken.base import Reference

_ROOMS = (challenges, order, meaning, bad_input, trust)


def all_broken() -> list[type[Reference]]:
    """Every broken receiver, in the order of the files."""
    return [
        each for room in _ROOMS for each in vars(room).values()
        if isinstance(each, type) and issubclass(each, Reference) and each is not Reference
    ]  # fmt: skip
