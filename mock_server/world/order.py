"""What goes into an account and comes out of it, as values: an order, its limits, and what time changed in it."""

from __future__ import annotations

from dataclasses import dataclass

from mock_server.contract.video_size import Shape
from mock_server.world.task import State, Task


@dataclass(frozen=True, slots=True)
class Order:
    """What a create call asked for, with the defaults filled in, and what it costs (thousandths of a dollar)."""

    model: str
    resolution: str
    duration: int
    prompt: str
    price: int
    callback_url: str | None = None
    shape: Shape = "landscape"


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account may do at first: creates a minute, money (thousandths of a dollar), tasks that are kept."""

    rpm: int | None
    balance: int | None
    max_tasks: int


@dataclass(frozen=True, slots=True)
class Change:
    """Something that time alone brought: a task's new state, a place in the rate window, or the end of a link."""

    at: float
    kind: str
    task: Task | None = None
    state: State | None = None
