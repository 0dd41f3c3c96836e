"""GET /v1/query/video_generation: how a task stands."""

from __future__ import annotations

from typing import Any

from mock_server.operations.access import as_identifier, decide, identify
from mock_server.operations.call import Answer, Call
from mock_server.operations.refusals import base_resp, invalid_params
from mock_server.operations.service import Service
from mock_server.world.account import Account
from mock_server.world.rule import Occasion
from mock_server.world.task import State, Task

# Queries that saw the same moment before somebody is told why nothing changes.
MANY_POLLS = 10


def query(call: Call, service: Service) -> Answer:
    """Answers with the state of a task of the caller's own account. Raises Refusal for any other."""
    account = identify(call, service)
    task_id = call.query.get("task_id", "")
    number = as_identifier(task_id)
    decide(call, account, service, _occasion(account, number))
    broken = service.contract.judge.broken
    if not task_id:
        raise invalid_params([broken("task_id", "required", pointer="task_id", allowed="the task_id of a create call")])
    found = account.query(number, counts=call.method == "GET") if number is not None else None
    if found is None:
        raise invalid_params(
            [broken("task_id", "unknown", pointer="task_id", given=task_id[:80], allowed="a task of this account")]
        )
    task, state = found
    if not state.ended and task.polls_in_place >= MANY_POLLS:
        call.note("clock-stands-still", hint="The clock is manual and nobody moves it: POST /__mock/clock/advance")
    call.after_answer.append(lambda: service.callbacks.look(account, task))
    return Answer(_body(task, state, service), code=state.code)


def _occasion(account: Account, task_id: int | None) -> Occasion:
    """What rules may ask of the query: its task, and the status that it will see."""
    found = account.foresee(task_id) if task_id is not None else None
    if found is None:
        return Occasion("query", task_id=task_id)
    task, state = found
    return Occasion("query", model=task.model, prompt=task.prompt, task_id=task.id, status=state.status)


def _body(task: Task, state: State, service: Service) -> dict[str, Any]:
    """Every key is there from the beginning, those of the file empty until the task succeeded (observed).

    In the documented form they come with the success and not before.
    """
    body: dict[str, Any] = {"task_id": str(task.id), "status": state.status}
    if state.status == "Success":
        size = service.contract.size(task.resolution, task.shape)
        body |= {"file_id": str(task.file_id), "video_width": size.width, "video_height": size.height}
    elif service.settings.query_form == "observed":
        body |= {"file_id": "", "video_width": 0, "video_height": 0}
    return body | {"base_resp": base_resp(service.contract, state.code, task.model)}
