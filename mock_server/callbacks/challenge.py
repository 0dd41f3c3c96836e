"""Whether the answer to a challenge proves the receiver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mock_server.callbacks.attempt import Attempt


def why_not_proven(attempt: Attempt, message: Mapping[str, Any]) -> str | None:
    """Why the answer to a message does not prove the receiver, for a person; None when it does."""
    if attempt.reason is not None:
        return attempt.reason
    status = attempt.status or 0
    if 300 <= status < 400:
        return f"it answered with a redirect (HTTP {status}), which is never followed"
    if not 200 <= status < 300:
        return f"it answered HTTP {status}, not 2xx"
    media_type = attempt.content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        return f"its Content-Type is {ascii(attempt.content_type[:80]) if attempt.content_type else 'missing'}, not application/json"
    try:
        answer = json.loads(attempt.answer.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return "its answer is not JSON in UTF-8 that can be read"
    if "challenge" not in message:
        return "no challenge was sent that could come back"
    return _why_no_echo(answer, message["challenge"])


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _why_no_echo(answer: Any, value: Any) -> str | None:
    if not isinstance(answer, dict):
        return f"its answer is {_kind(answer)}, not an object with the field challenge"
    if "challenge" not in answer:
        inside = [key for key, item in answer.items() if isinstance(item, dict) and "challenge" in item]
        return "its answer has no field challenge" + (f"; it stands inside {inside[0][:40]!r}" if inside else "")
    echo = answer["challenge"]
    if _kind(echo) != _kind(value):
        return f"the challenge came back as {_kind(echo)}, not as {_kind(value)}"
    return None if echo == value else f"another challenge came back: {str(echo)[:80]!r}"


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")
