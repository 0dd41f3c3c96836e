"""Clients for `py:`."""

# ruff: noqa: T201 - printing is how it speaks
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import behaviour  # type: ignore[import-not-found]  # found beside the script

print("imported, and telling the world")
VERSION = "1"


def _behave(call: dict[str, Any]) -> Any:
    if call["op"] != "create":
        raise NotImplementedError(call["op"])
    return behaviour.act(call["input"]["prompt"])


def make() -> Callable[[dict[str, Any]], Any]:
    """Does what the prompt says."""
    return _behave


def make_async() -> Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]:
    """The same in one loop, where three can meet as well."""
    meeting = asyncio.Barrier(3)

    async def behave(call: dict[str, Any]) -> dict[str, Any]:
        if call["input"]["prompt"] != "meet":
            result: dict[str, Any] = _behave(call)
            return result | {"loop": id(asyncio.get_running_loop())}
        await asyncio.wait_for(meeting.wait(), 10)
        return {"outcome": "success"}

    return behave


def make_braggart() -> Callable[[dict[str, Any]], Any]:
    """Everything succeeds."""
    return lambda call: behaviour.done(op=call["op"])


def make_crude() -> Callable[[dict[str, Any]], Any]:
    """Everything is an exception."""

    def fail(call: dict[str, Any]) -> Any:
        raise KeyError(call["op"])

    return fail


def make_nothing() -> None:
    """Makes no client."""


def make_trouble() -> Any:
    """Cannot make one."""
    raise RuntimeError("no licence")


def make_with(option: str) -> Any:
    """Wants to know more than it is told."""
    return option


def make_contact() -> Callable[[dict[str, Any]], Any]:
    """Calls home first."""
    behaviour.by_name()
    return _behave
