"""Tasks: listed, and ended by hand."""

from __future__ import annotations

from typing import Any

from mock_server.callbacks.address import shown_url
from mock_server.errors import Problem
from mock_server.operations.access import as_identifier
from mock_server.operations.service import Service
from mock_server.world.account import Account
from mock_server.world.journal import redacted
from mock_server.world.task import State, Task


def listed(service: Service, account: str | None) -> dict[str, Any]:
    """Every task and how it stands, oldest first."""
    return {
        "tasks": [
            shown(owner, task, state) for owner in service.world.existing(account) for task, state in owner.tasks()
        ]
    }


def find(service: Service, task_id: str, account: str | None) -> tuple[Account, Task, State]:
    """The one task of that id. Raises Problem 404 when there is none, 409 when several accounts have one."""
    number = as_identifier(task_id)
    found = [
        (owner, *held)
        for owner in service.world.existing(account)
        if number is not None and (held := owner.task(number)) is not None
    ]
    if not found:
        raise Problem(404, "No such task", detail=f"no task has the id {task_id[:80]!r}", field="task_id")
    if len(found) > 1:
        raise Problem(
            409, "Whose task?", detail=f"{len(found)} accounts have a task {task_id}; name one", field="account"
        )
    return found[0]


def end(service: Service, task_id: str, account: str | None, *, fail_code: int | None) -> dict[str, Any]:
    """Ends a running task now: in success, or in failure with a code. Raises Problem 409 when it has ended already."""
    if fail_code is not None and fail_code not in service.contract.codes:
        raise Problem(
            400, "Unknown code", detail=f"code is {fail_code}, which is no code of `minimax-mock codes`", field="code",
            allowed=list(service.contract.codes),
        )  # fmt: skip
    owner, task, _ = find(service, task_id, account)
    ended = owner.end_task(task.id, fail_code)
    if ended is None:
        raise Problem(404, "No such task", detail=f"the task {task_id[:80]!r} was forgotten", field="task_id")
    _, state, changed = ended
    if not changed:
        raise Problem(
            409, "It has ended", detail=f"the task {task.id} ended in {state.status} already", field="task_id"
        )
    service.callbacks.look(owner, task)
    return shown(owner, task, state)


def shown(owner: Account, task: Task, state: State) -> dict[str, Any]:
    """A task as JSON data."""
    return {
        "task_id": str(task.id), "account": redacted(owner.key), "status": state.status, "code": state.code,
        "file_id": str(task.file_id) if state.status == "Success" else "", "model": task.model,
        "resolution": task.resolution, "shape": task.shape, "duration": task.duration, "prompt": task.prompt,
        "created_at": round(task.created_at, 3), "polls": task.polls_seen,
        "callback_url": shown_url(task.callback_url) if task.callback_url is not None else None,
    }  # fmt: skip
