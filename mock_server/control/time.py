"""Time: what it is for each account, and how it is moved on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.callbacks.address import shown_url
from mock_server.callbacks.record import Delivery
from mock_server.clock import ManualClock
from mock_server.errors import Problem
from mock_server.operations.service import Service
from mock_server.world.journal import redacted
from mock_server.world.order import Change

if TYPE_CHECKING:  # it brings asyncio
    from mock_server.callbacks.advancing import Advanced

DEADLINE = 10.0
# 9999-01-01; later days have no date in HTTP, in links and in Python.
LAST_MOMENT = 253_370_764_800.0


def told(service: Service, account: str | None) -> dict[str, Any]:
    """The kind of clock, and the time of each account."""
    settings = service.settings
    manual = isinstance(service.world.clock, ManualClock)
    return {
        "clock": "manual" if manual else "real", "time_scale": settings.time_scale,
        "now": round(service.world.clock.now(), 3),
        "accounts": [
            {"account": redacted(each.key), "now": round(each.clock.now(), 3)}
            for each in service.world.existing(account)
        ],
    }  # fmt: skip


def advance(service: Service, account: str | None, seconds: float, deadline: float = DEADLINE) -> dict[str, Any]:
    """Moves the clock of an account, or every clock, on; gives what happened in order and what is still under way.

    Raises Problem 409 under a clock that runs by itself, and where one would leave the calendar.
    """
    own = service.world.clock
    if not isinstance(own, ManualClock):
        raise Problem(
            409, "This clock runs by itself", detail="only a manual clock can be advanced: start with --clock manual",
            field="clock",
        )  # fmt: skip
    accounts = [service.world.account(account)] if account is not None else service.world.existing()
    clocks = [(each, each.clock) for each in accounts if isinstance(each.clock, ManualClock)]
    latest = max([clock.now() for _, clock in clocks] + ([own.now()] if account is None else []), default=0.0)
    if latest + seconds > LAST_MOMENT:
        raise Problem(
            409,
            "Too far",
            detail="no clock goes beyond the year 9998; reset the account to begin anew",
            field="seconds",
        )
    advanced = service.callbacks.advance(clocks, seconds, deadline)
    if account is None:
        own.advance(seconds)
    happened = [event for each in advanced for event in _happened(each)]
    return {
        "now": round(own.now() if account is None else accounts[0].clock.now(), 3),
        "happened": sorted(happened, key=lambda event: event["at"]),
        "pending": [pending for each in advanced for pending in _pending(each)],
    }


def _happened(advanced: Advanced) -> list[dict[str, Any]]:
    account = redacted(advanced.account.key)
    return [_change(account, change) for change in advanced.changes] + [
        _delivery(account, delivery) for delivery in advanced.deliveries
    ]


def _change(account: str, change: Change) -> dict[str, Any]:
    event: dict[str, Any] = {"at": round(change.at, 3), "account": account, "kind": change.kind}
    if change.task is not None and change.state is not None:
        event |= {"task_id": str(change.task.id), "status": change.state.status}
    elif change.task is not None:
        event["file_id"] = str(change.task.file_id)
    return event


def _delivery(account: str, delivery: Delivery) -> dict[str, Any]:
    return {
        "at": round(delivery.sent_at, 3), "account": account, "kind": "callback", "callback_id": delivery.id,
        "task_id": delivery.task_id, "status": delivery.message.get("status"), "delivered": delivery.reason is None,
        "reason": delivery.reason,
    }  # fmt: skip


def _pending(advanced: Advanced) -> list[dict[str, Any]]:
    return [
        {
            "account": redacted(advanced.account.key), "kind": "callback", "task_id": str(task.id),
            "status": str(message.body.get("status")), "url": shown_url(task.callback_url or ""),
        }
        for task, message in advanced.pending
    ]  # fmt: skip
