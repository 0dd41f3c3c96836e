"""Receivers that are none: not one case may be content with them without a reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def says_nothing(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Not even broken: 200 and nothing to everything."""
    start_response("200 OK", [("Content-Length", "0")])
    return []


def always_breaks(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """500 to everything."""
    start_response("500 Internal Server Error", [("Content-Length", "0")])
    return []


# What each of them does right all the same: an update that needs nothing more than 2xx.
PASSES = {"says_nothing": frozenset({"RC-UPD-001"}), "always_breaks": frozenset[str]()}
