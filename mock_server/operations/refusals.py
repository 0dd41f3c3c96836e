"""How a refusal goes over the wire: the one place that turns a Refusal into an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mock_server.contract.contract import Contract
from mock_server.errors import Refusal, Violation
from mock_server.operations.call import Answer, Call
from mock_server.operations.service import Service

INVALID_PARAMS = 2013
UNKNOWN_ERROR = 1000


def invalid_params(violations: Sequence[Violation]) -> Refusal:
    """The refusal for broken rules, in the words of the first one."""
    return Refusal(INVALID_PARAMS, text=violations[0].text, violations=tuple(violations))


def base_resp(contract: Contract, code: int, model: str | None = None, text: str | None = None) -> dict[str, Any]:
    """The `base_resp` of an answer; without a text the wire text of the code's row."""
    return {"status_code": code, "status_msg": contract.codes[code].wire_text(model) if text is None else text}


def refuse(call: Call, refusal: Refusal, service: Service) -> Answer:
    """The answer to a call that was turned away.

    Calls turned away before they are understood get `base_resp` alone (observed for a missing key); later the keys
    of the operation are there with empty values (observed for create, assumed for the others). Where the
    answer would be a file's content, there are none.
    """
    body: dict[str, Any] = {}
    row = service.contract.codes.get(refusal.code)
    if row is None or row.answer == "operation":
        if call.operation == "create":
            body = {"task_id": ""}
        elif call.operation == "query":
            body = {"task_id": call.query.get("task_id", ""), "status": ""}
            if service.settings.query_form == "observed":
                body |= {"file_id": "", "video_width": 0, "video_height": 0}
        elif call.operation in ("retrieve", "upload"):
            body = {"file": None}
        elif call.operation == "list":
            body = {"files": None}
        elif call.operation == "delete":
            body = {"file_id": 0}
    body["base_resp"] = base_resp(service.contract, refusal.code, call.model, refusal.text)
    return Answer(body, refusal.code, refusal.http_status, refusal.violations)
