"""What is written down of an answer, and whether it says that a task was made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from contract_tests.live.probes import Probe
from contract_tests.live.wire import Reply
from contract_tests.live.wording import normalised

# Headers that are known of the service, of those that carry the API's answers, and of the mock.
KNOWN_HEADERS = (
    "alb_receive_time", "alb_request_id", "connection", "content-length", "content-type", "date", "minimax-request-id",
    "server", "trace-id", "transfer-encoding", "x-mock-request-id", "x-mock-violations",
)  # fmt: skip
DEEPEST = 20
MOST_KEYS = 300
INSUFFICIENT_BALANCE = 1008
# Codes of a server in trouble: the call may have taken effect.
UNSURE_CODES = (1000, 1001, 1024, 1033)
REQUEST_TIMEOUT = 408
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def facts_of(reply: Reply, *, keys: Sequence[str], host: str) -> dict[str, Any]:
    """Status, code, text, types of the members and names of the headers."""
    data = json_of(reply)
    names = sorted({name.lower() for name, _ in reply.headers})
    types: dict[str, str] = {}
    for path, kind in _walk(data, "", 0) if data is not None else ():
        if len(types) < MOST_KEYS:
            types[path] = kind if types.get(path, kind) == kind else "|".join(sorted({*types[path].split("|"), kind}))
    content_type = next((value for name, value in reply.headers if name.lower() == "content-type"), None)
    return {
        "status": reply.status,
        "code": code_of(data),
        "text": normalised(_text(reply, data), keys=keys, host=host),
        "keys": dict(sorted(types.items())),
        "content_type": None if content_type is None else normalised(content_type, keys=keys, host=host),
        "headers": [normalised(name, keys=keys, host=host) for name in names],
        "known_headers": [name for name in KNOWN_HEADERS if name in names],
    }


def json_of(reply: Reply) -> Any:
    """The body as JSON data, None when it is none."""
    if reply.cut:
        return None
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        return None


def code_of(data: Any) -> int | None:
    """The status code in `base_resp`; None when there is no integer."""
    base = data.get("base_resp") if isinstance(data, dict) else None
    code = base.get("status_code") if isinstance(base, dict) else None
    return code if type(code) is int else None


def why_accepted(reply: Reply) -> str:
    """Why the answer to a create may mean that a task was made; empty when it is clearly a refusal."""
    data = json_of(reply)
    if any(_task_ids(data, 0)):
        return "the answer names a task"
    if data is None and b"task_id" in reply.body:
        return "the answer cannot be read, and speaks of a task_id"
    code = code_of(data)
    if code == 0:
        return "the answer has status code 0"
    if code is None and 200 <= reply.status < 300:
        return f"the answer is HTTP {reply.status} without a status code, so it refuses nothing"
    return ""


def refuses(reply: Reply) -> bool:
    """Whether the answer to a create says for certain that no task was made."""
    code = code_of(json_of(reply))
    if why_accepted(reply) or code in UNSURE_CODES or reply.status == REQUEST_TIMEOUT:
        return False
    return code is not None or 300 <= reply.status < 500


def ambiguity(probe: Probe, facts: dict[str, Any]) -> str | None:
    """Why the answer does not tell whether the rule of the probe is enforced; None when it does."""
    if facts["status"] >= 500:
        return "the server failed; whether it would have refused the request is not known"
    if facts["code"] == INSUFFICIENT_BALANCE:
        return "the balance was looked at first; whether the rule is enforced is not known"
    text = facts["text"].lower()
    if probe.about and not any(word in text for word in probe.about):
        return f"the text names none of: {', '.join(probe.about)}; something else may have been refused"
    return None


def _text(reply: Reply, data: Any) -> str:
    """The message of the answer, or the beginning of one that has none."""
    base = data.get("base_resp") if isinstance(data, dict) else None
    message = base.get("status_msg") if isinstance(base, dict) else None
    if isinstance(message, str):
        return message
    return "" if data is not None else reply.body[:2000].decode("utf-8", "replace")


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Every member as (path, type); the elements of an array share the path `*`."""
    if isinstance(value, dict) and value and depth < DEEPEST:
        for name, item in value.items():
            yield from _walk(item, f"{path}/{name}", depth + 1)
    elif isinstance(value, list) and value and depth < DEEPEST:
        for item in value:
            yield from _walk(item, f"{path}/*", depth + 1)
    else:
        yield path or "/", "null" if value is None else _TYPES[type(value)]


def _task_ids(value: Any, depth: int) -> Iterator[bool]:
    """Whether there is something in each member called task_id, however deep."""
    children: list[Any] = []
    if isinstance(value, dict):
        yield from (bool(item) for name, item in value.items() if str(name).lower() in ("task_id", "taskid"))
        children = list(value.values())
    elif isinstance(value, list):
        children = value
    for child in children if depth < DEEPEST else ():
        yield from _task_ids(child, depth + 1)
