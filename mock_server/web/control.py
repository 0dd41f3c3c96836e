"""The control API under `/__mock/`: how a test looks at the mock and puts it back into its first state."""

from __future__ import annotations

import re
from typing import Any, get_args

from flask import Flask, Response, request

from mock_server import __version__
from mock_server.contract.contract import CONTROL_PREFIX as PREFIX
from mock_server.errors import Problem
from mock_server.operations.call import Operation
from mock_server.operations.service import Service
from mock_server.web.incoming import origin
from mock_server.world import gallery
from mock_server.world.journal import Entry, redacted


def add_routes(app: Flask, service: Service) -> None:
    """Adds the control API to the application."""
    _add_callback_routes(app, service)

    @app.get(f"{PREFIX}health")
    def health() -> dict[str, Any]:
        _known_parameters()
        return {"status": "ok", "version": __version__, "seed": service.world.seed}

    @app.get(f"{PREFIX}requests")
    def requests() -> dict[str, Any]:
        _known_parameters("account", "operation", "code", "limit")
        operation = _one_of("operation", get_args(Operation))
        code, limit = _whole("code"), _whole("limit")
        entries, dropped = service.journal.entries(request.args.get("account"))
        found = [entry for entry in entries if _matches(entry, operation, code)]
        shown = found if limit is None else found[len(found) - min(limit, len(found)) :]
        return {"requests": [entry.as_dict() for entry in shown], "total": len(found), "dropped": dropped}

    @app.get(f"{PREFIX}requests/<entry_id>")
    def request_of(entry_id: str) -> dict[str, Any]:
        entry = service.journal.get(entry_id)
        if entry is None:
            raise Problem(404, "No such request", detail=f"no request has the id {entry_id[:80]!r}", field="id")
        return entry.as_dict()

    @app.get(f"{PREFIX}tasks")
    def tasks() -> dict[str, Any]:
        _known_parameters("account")
        return {
            "tasks": [
                {
                    "task_id": str(task.id), "account": redacted(account.key), "status": state.status,
                    "code": state.code, "file_id": str(task.file_id) if state.status == "Success" else "",
                    "model": task.model, "resolution": task.resolution, "duration": task.duration,
                    "prompt": task.prompt, "created_at": round(task.created_at, 3), "polls": task.polls_seen,
                }
                for account in service.world.existing(request.args.get("account"))
                for task, state in account.tasks()
            ]
        }  # fmt: skip

    @app.post(f"{PREFIX}reset")
    def reset() -> dict[str, Any]:
        _known_parameters("account")
        key = request.args.get("account")
        forgotten = service.world.reset(key)
        service.journal.clear(key)
        service.callbacks.record.clear(key)
        return {"accounts": forgotten}

    @app.get(f"{PREFIX}gallery")
    def gallery_list() -> dict[str, Any]:
        own = service.settings.public_url or origin(request)
        return {
            "pictures": [
                picture.as_dict() | {"url": f"{own}{gallery.PATH}{picture.name}"} for picture in gallery.pictures()
            ]
        }

    @app.get(f"{gallery.PATH}<name>")
    def gallery_picture(name: str) -> Response:
        picture = gallery.picture(name)
        if picture is None:
            raise Problem(
                404,
                "No such picture",
                detail=f"the gallery has no {name[:80]!r}",
                field="name",
                allowed=gallery.names(),
            )
        return Response(picture.data(), content_type=picture.media_type)


def _add_callback_routes(app: Flask, service: Service) -> None:
    @app.get(f"{PREFIX}callbacks")
    def callbacks() -> dict[str, Any]:
        _known_parameters("account", "task_id")
        task_id = request.args.get("task_id")
        found, dropped = service.callbacks.record.deliveries(request.args.get("account"))
        shown = [each.as_dict() for each in found if task_id in (None, each.task_id)]
        return {"callbacks": shown, "total": len(shown), "dropped": dropped}

    @app.get(f"{PREFIX}callbacks/<delivery_id>")
    def callback_of(delivery_id: str) -> dict[str, Any]:
        delivery = service.callbacks.record.get(delivery_id)
        if delivery is None:
            raise Problem(404, "No such callback", detail=f"no callback has the id {delivery_id[:80]!r}", field="id")
        return delivery.as_dict()


def _matches(entry: Entry, operation: str | None, code: int | None) -> bool:
    return (operation is None or entry.operation == operation) and (code is None or entry.code == code)


def _known_parameters(*names: str) -> None:
    for name in request.args:
        if name not in names:
            raise Problem(
                400, "Unknown parameter", detail=f"{name[:80]!r} is no parameter of this call", field=name[:80],
                allowed=list(names),
            )  # fmt: skip


def _one_of(name: str, allowed: tuple[str, ...]) -> str | None:
    value = request.args.get(name)
    if value is not None and value not in allowed:
        raise Problem(
            400, "Unknown value", detail=f"{name} is {value[:80]!r}; allowed are {', '.join(allowed)}", field=name,
            allowed=list(allowed),
        )  # fmt: skip
    return value


def _whole(name: str) -> int | None:
    value = request.args.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise Problem(
            400, "Not a number", detail=f"{name} is {value[:80]!r}; allowed is a whole number", field=name,
            allowed="a whole number from 0 to 999999999",
        )  # fmt: skip
    return int(value)
