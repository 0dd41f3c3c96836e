"""Words about moments: when the client sent what, and how long it waited."""

from __future__ import annotations
