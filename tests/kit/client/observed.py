"""Observations made by hand, for the tests of the words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract_tests.client.observation import Observation
from contract_tests.plugs.documents import Invocation
from contract_tests.wire.exchange import Answer, Exchange

KEY = "sk-contract-0123456789"
TASK_ID = "466174016278728"
FILE_ID = "466174024470728"
_PATHS = {
    "create": ("POST", "/v1/video_generation"),
    "query": ("GET", f"/v1/query/video_generation?task_id={TASK_ID}"),
    "retrieve": ("GET", f"/v1/files/retrieve?file_id={FILE_ID}"),
    "download": ("GET", "/inference_output/video/output_aigc.mp4"),
}


def exchange(operation: str, at_ms: float = 0.0, answer: Any = None, **changes: Any) -> Exchange:
    """A request of an operation, answered a millisecond later with `answer` as JSON; None for no answer."""
    method, target = _PATHS[operation]
    replied = None
    if answer is not None:
        body = json.dumps(answer).encode()
        ended = changes.pop("ended_ms", at_ms + 1)
        status, headers = changes.pop("status", 200), changes.pop("answer_headers", ())
        replied = Answer(at_ms + 1, ended, status, headers, body, len(body), complete=True)
    usual: dict[str, Any] = {"method": method, "target": target, "version": "HTTP/1.1", "body": b"", "complete": True}
    usual |= {"headers": (("Authorization", f"Bearer {KEY}"),)}
    return Exchange(host="api", connection=1, at_ms=at_ms, answer=replied, **(usual | changes))


def success(**changes: Any) -> Invocation:
    """A call whose result document tells of success."""
    result = {"outcome": "success", "task_id": TASK_ID} | changes.pop("result", {})
    return invocation(outcome="success", result=result, **changes)


def error(kind: str = "server", **members: Any) -> Invocation:
    """A call whose result document tells of an error."""
    result = {"outcome": "error", "error": {"kind": kind, "code": None, "message": "no", **members}}
    return invocation(outcome="error", result=result)


def exit_code(code: int, **changes: Any) -> Invocation:
    """A call that showed an exit code and no more."""
    outcome = "success" if code == 0 else "error"
    return invocation(outcome=outcome, exit_code=code, level=0, **changes)


def invocation(**changes: Any) -> Invocation:
    """A call at level 1."""
    usual: dict[str, Any] = {"call": {"op": "generate", "input": {}}, "outcome": "success", "level": 1, "seconds": 0.1}
    return Invocation(**(usual | changes))


def observation(*invocations: Invocation, folder: Path = Path("/nowhere"), **changes: Any) -> Observation:
    """What was seen of these calls. Without more: nothing was sent, and there is no task."""
    usual: dict[str, Any] = {"exchanges": [], "elsewhere": [], "tasks": [], "keys": [KEY], "places": {}}
    usual |= {"folder": folder, "out_file": folder / "work" / "video.mp4"}
    return Observation(invocations=invocations, **(usual | changes))


def task(task_id: str = TASK_ID, **changes: Any) -> Mapping[str, Any]:
    """A task as the control API tells it."""
    return {"task_id": task_id, "status": "Success", "prompt": "", "created_at": 1.0, **changes}
