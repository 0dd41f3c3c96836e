"""What an answer of the API means: its document when it is a success, else a VideoError that says what it is.

HTTP 200 alone is no success: the service answers its own errors with it. `base_resp.status_code` has to be the number 0.
"""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from typing import Any

from urllib3 import HTTPResponse

from .errors import VideoError
from .transport import pieces

# Real answers have a few hundred bytes.
LIMIT = 8 * 1024 * 1024
KINDS = {
    1004: "auth", 2049: "auth", 1008: "balance", 1002: "rate_limited", 1039: "rate_limited", 1041: "rate_limited",
    2045: "rate_limited", 2056: "quota", 1028: "quota", 1030: "quota", 1026: "sensitive", 1027: "sensitive",
    2013: "invalid_params", 1042: "invalid_params", 1000: "server", 1001: "server", 1013: "server", 1024: "server",
    1033: "server",
}  # fmt: skip
STATUS_KINDS = {401: "auth", 403: "auth", 429: "rate_limited"}
FAILURES = ("fail", "failed")
LATER_HELPS = ("rate_limited", "quota", "server")
# With these a gateway says that it did not let the call through, and perhaps when to come again.
COME_AGAIN = (429, 503)


def document(response: HTTPResponse, url: str) -> dict[str, Any]:
    """The answer of a call that succeeded, and of a task that did not fail. Raises VideoError for any other."""
    body = bytearray()
    for piece in pieces(response, url):
        body += piece
        if len(body) > LIMIT:
            raise VideoError("protocol", f"the answer has more than {LIMIT} bytes", ambiguous=True)
    text = body.decode("utf-8-sig", "replace")
    found = _parsed(text)
    base: Any = found.get("base_resp")
    code = base.get("status_code") if isinstance(base, dict) else None
    if type(code) is not int:  # A text, or true, is no code: what is not understood is no success.
        code = None
    understood = code is not None and (code != 0 or response.status == 200)
    failed = understood and str(found.get("status")).lower() in FAILURES
    if understood and code == 0 and not failed:
        return found
    error = _classified(response.status, code, identifier(found.get("task_id")))
    if failed:
        # A task that failed has failed, whatever code says why.
        error.kind, error.retryable = "sensitive" if error.kind == "sensitive" else "task_failed", False
    if understood:
        error.message = str(base.get("status_msg") or "no message")
    else:
        leads_to = f" to {response.headers['Location']}" if "Location" in response.headers else ""
        error.message = f"HTTP {response.status}{leads_to}: {text}"
    error.trace_id = response.headers.get("Trace-Id")
    error.retry_after = _retry_after(response)
    raise error


def identifier(value: Any) -> str | None:
    """An id as text, exactly as it was sent; the service writes some as numbers. None for what is no id."""
    return str(value) if type(value) in (str, int) and value != "" else None


def _parsed(text: str) -> dict[str, Any]:
    """The JSON object in a text; empty when there is none."""
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _classified(status: int, code: int | None, task_id: str | None) -> VideoError:
    """The error of an answer, by its numbers alone: texts differ by language and day."""
    kind = KINDS.get(code or 0) or STATUS_KINDS.get(status) or ("server" if status >= 500 else "")
    kind = kind or ("unknown" if code else "protocol")
    refused = bool(code) or 300 <= status < 500 or status in COME_AGAIN
    return VideoError(
        kind,
        "",
        code=code or None,
        # To ask once more what was answered with nonsense may help, too.
        retryable=kind in LATER_HELPS or not refused,
        # A refusal that names a task contradicts itself.
        ambiguous=not refused or task_id is not None,
        task_id=task_id,
    )


def _retry_after(response: HTTPResponse) -> float | None:
    """Seconds to stay away for, which are told as a number or as a date; None without, or if they make no sense."""
    told = response.headers.get("Retry-After", "") if response.status in COME_AGAIN else ""
    try:
        return float(told) if told.isdigit() else max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return None
