"""Callbacks: listed, judged, sent again, and made by hand."""

from __future__ import annotations

from typing import Any

from mock_server.callbacks.payloads import update_message
from mock_server.callbacks.record import Delivery
from mock_server.control import tasks
from mock_server.control.matching import Seen
from mock_server.control.verifying import Evidence
from mock_server.errors import Problem
from mock_server.operations.service import Service
from mock_server.world.account import Account

_SHOWN = ("kind", "task_id", "status", "time", "delivered", "reason")


def listed(service: Service, account: str | None, *, task_id: str | None = None) -> dict[str, Any]:
    """The deliveries that fit, oldest first."""
    found, dropped = service.callbacks.record.deliveries(account)
    shown = [each.as_dict() for each in found if task_id in (None, each.task_id)]
    return {"callbacks": shown, "total": len(shown), "dropped": dropped}


def one(service: Service, delivery_id: str) -> Delivery:
    """One delivery. Raises Problem 404."""
    delivery = service.callbacks.record.get(delivery_id)
    if delivery is None:
        raise Problem(404, "No such callback", detail=f"no callback has the id {delivery_id[:80]!r}", field="id")
    return delivery


def evidence(service: Service, account: str | None) -> Evidence:
    """Every delivery that is kept."""
    found, dropped = service.callbacks.record.deliveries(account)
    return Evidence([_seen(each) for each in found], dropped, "callbacks")


def replay(service: Service, delivery_id: str) -> dict[str, Any]:
    """Sends the same message to the same receiver once more. Raises Problem 404 when it or its account is gone."""
    delivery = one(service, delivery_id)
    owners = service.world.existing(delivery.account)
    if not owners:
        raise Problem(
            404, "No such account", detail=f"the account of the callback {delivery_id[:80]!r} is gone", field="id"
        )
    account = owners[0]
    return service.callbacks.send_by_hand(
        account, delivery.target, delivery.message, task_id=delivery.task_id, replay_of=delivery
    ).as_dict()


def send(
    service: Service, account: str | None, *, task_id: str | None, url: str | None, message: dict[str, Any] | None
) -> dict[str, Any]:
    """Sends a message that somebody made, or, about a task, how it stands. Raises Problem when something is missing."""
    if task_id is None:
        if url is None or message is None:
            raise Problem(
                400, "Something is missing", detail="without task_id, url and message are needed", field="task_id"
            )
        owner = _owner(service, account)
        return service.callbacks.send_by_hand(owner, url, message, task_id=None).as_dict()
    owner, task, state = tasks.find(service, task_id, account)
    receiver = url or task.callback_url
    if receiver is None:
        raise Problem(409, "No receiver", detail=f"the task {task.id} was created without a callback_url", field="url")
    if message is None:
        message = update_message(task, state if state.ended else None, service.contract)
    return service.callbacks.send_by_hand(owner, receiver, message, task_id=str(task.id)).as_dict()


def _owner(service: Service, account: str | None) -> Account:
    if account is None:
        raise Problem(
            400, "Whose callback?", detail="without task_id, ?account= says whose record it belongs to", field="account"
        )
    return service.world.account(account)


def _seen(delivery: Delivery) -> Seen:
    message = delivery.message
    facts = {
        "kind": delivery.kind, "task_id": delivery.task_id, "status": message.get("status"),
        "delivered": delivery.reason is None, "reason": delivery.reason, "http_status": delivery.attempt.status,
        "url": delivery.url, "rule": delivery.rule["id"] if delivery.rule else None, "number": delivery.number,
        "message": message, "time": delivery.sent_at,
    }  # fmt: skip
    return Seen(delivery.id, facts, _SHOWN)
