"""The ways in which an answer can be broken on its way, as small values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_server.errors import Mistake

# Garbage is random and kept in memory.
MAX_GARBAGE = 1_048_576


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault.

    `on_wire`: it needs the connection itself, so that only the mock's own server can do it. `processed`: whether the
    call takes effect before its answer is lost. `of_json`: it breaks JSON, which a download is not. `parameters`: what may be set, with its default.
    """

    on_wire: bool = False
    processed: bool = True
    of_json: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)


KINDS: Mapping[str, FaultKind] = {
    "reset": FaultKind(on_wire=True),
    "close": FaultKind(on_wire=True),
    "truncate": FaultKind(on_wire=True, parameters={"bytes": 20}),
    "drip": FaultKind(on_wire=True, parameters={"bytes": 1, "seconds": 0.05}),
    "garbage": FaultKind(on_wire=True, parameters={"bytes": 64}),
    "hang": FaultKind(on_wire=True, parameters={"seconds": 3600.0}),
    "wrong-content-type": FaultKind(parameters={"content_type": "text/plain"}),
    "bad-gateway": FaultKind(processed=False),
    "too-many-requests": FaultKind(processed=False, parameters={"retry_after": 2}),
    "unavailable": FaultKind(processed=False, parameters={"retry_after": 2}),
    "redirect": FaultKind(processed=False, parameters={"status": 302, "location": None}),
    "gzip": FaultKind(parameters={"unasked": False}),
    "huge": FaultKind(parameters={"bytes": 67_108_864}),
    "invalid-json": FaultKind(of_json=True),
    "deep-json": FaultKind(of_json=True, parameters={"depth": 10_000}),
    "byte-order-mark": FaultKind(of_json=True),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault with its parameters filled in."""

    name: str
    parameters: Mapping[str, Any]

    @property
    def kind(self) -> FaultKind:
        """What is true of every fault of that name."""
        return KINDS[self.name]


def read_fault(data: Any) -> Fault:
    """The fault that a rule names, alone or with parameters. Raises Mistake for one that it does not have."""
    given: dict[str, Any] = {"name": data} if isinstance(data, str) else dict(data)
    name = given.pop("name")
    defaults = KINDS[name].parameters
    for parameter in given:
        if parameter not in defaults:
            raise Mistake(f"/then/fault/{parameter}", f"{name} does not have it", allowed=["name", *defaults])
    if name == "garbage" and given.get("bytes", 0) > MAX_GARBAGE:
        raise Mistake("/then/fault/bytes", "is too much garbage", allowed=f"at most {MAX_GARBAGE}")
    return Fault(name, {**defaults, **given})
