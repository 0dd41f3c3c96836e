"""Clients with one fault each, made of the reference client: `py:tests.kit.client.broken:<name>`.

Every fault is one that was seen in a published client, or that the catalogue tells of. It names the cases that must catch
it; exactly those do, which `python -m tests.kit.client.matrix` finds out and a sample in `test_broken.py` repeats.
"""

from __future__ import annotations

from typing import Any

from tests.kit.client.broken import answers, fetching, keys, listening, network, orders, pictures, polling, texts
from tests.kit.client.broken.fault import FAULTS, Fault

__all__ = ["FAULTS", "Fault"]

_MODULES = (orders, pictures, keys, answers, texts, network, polling, fetching, listening)


def __getattr__(name: str) -> Any:
    """The factory of a fault, as a plug names it."""
    if name not in FAULTS:
        raise AttributeError(name)
    return FAULTS[name].make
