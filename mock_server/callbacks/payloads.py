"""The messages that a receiver gets, as the document describes them."""

from __future__ import annotations

from typing import Any

from mock_server.contract.contract import Contract
from mock_server.world.task import State, Task

# The words of callbacks differ from those of the query (documented).
PROCESSING, SUCCESS, FAILED = "processing", "success", "failed"


def challenge_message(value: str) -> dict[str, Any]:
    """The message whose value must come back."""
    return {"challenge": value}


def update_message(task: Task, state: State | None, contract: Contract) -> dict[str, Any]:
    """The update for a task that ended in `state`, or is being processed (None): the query's body without sizes."""
    status, file_id, code = PROCESSING, "", 0
    if state is not None:
        status = SUCCESS if state.status == "Success" else FAILED
        file_id = str(task.file_id) if state.status == "Success" else ""
        code = state.code
    base_resp = {"status_code": code, "status_msg": contract.codes[code].wire_text(task.model)}
    return {"task_id": str(task.id), "status": status, "file_id": file_id, "base_resp": base_resp}
