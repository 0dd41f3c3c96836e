"""What every answer of the mock has to be, whatever was asked."""

from __future__ import annotations

import json
from typing import Any

from mock_server.contract.contract import CONTROL_PREFIX
from mock_server.world.journal import Entry
from tests.fuzz.case import Case
from tests.fuzz.target import Reply, Target

# No case takes a tenth of it; only what hangs takes longer, on however busy a machine.
DEADLINE = 10.0
VIOLATIONS_BYTES = 4096
_PLAIN = (b"404 page not found", b"405 method not allowed", b"403 forbidden")
# What the service answers besides 200: a body that is too large, an upload that no video can be made from.
_REFUSED = (400, 413)
# What the server refuses before the application sees it: a request that is no HTTP, too large, or of an unknown kind.
_OF_THE_SERVER = (400, 408, 413, 414, 417, 431, 501, 505)
_PROBLEM = "application/problem+json"
_TRACE = b"Traceback (most recent call last)"


class Complaint(AssertionError):
    """An answer is not what it has to be; the message says why."""


def judge(case: Case, reply: Reply, target: Target, faults_before: int, *, over_socket: bool = False) -> None:
    """Raises Complaint for an answer that no client should ever get, and for what was written down about it."""
    _expect(reply.seconds < DEADLINE, f"it took {reply.seconds:.1f} s")
    _expect(target.service.own_faults.mark() == faults_before, f"a fault of the mock itself: {target.log.lines[-3:]}")
    entry = target.service.journal.get(reply.headers.get("x-mock-request-id", ""))
    if entry is not None:
        _judge_entry(case, entry)
    _judge_log(case, target)
    if entry is not None and entry.rule is not None:  # whoever asks for a broken answer gets one
        return
    kind = reply.headers.get("content-type", "")
    if over_socket and entry is None and reply.status in _OF_THE_SERVER and kind != _PROBLEM:
        _expect(_TRACE not in reply.content and len(reply.content) < 1000, f"the server says {reply.content[:500]!r}")
        return
    _expect(100 <= reply.status < 500, f"HTTP status {reply.status}: {reply.content[:500]!r}")
    _expect(_TRACE not in reply.content, "a traceback in the answer")
    _expect(not kind.startswith("text/html"), f"a page: {reply.content[:300]!r}")
    if _is_control(case):
        _judge_control(case, reply)
    elif entry is not None:
        _judge_imitated(case, reply, entry)


def _is_control(case: Case) -> bool:
    path = case.environ(on_wire=True)["PATH_INFO"]
    return bool(path.startswith(CONTROL_PREFIX) or path == CONTROL_PREFIX.rstrip("/"))


def _judge_imitated(case: Case, reply: Reply, entry: Entry) -> None:
    """An answer of the service's own shape, with every broken rule in the header."""
    # A query of a task that failed is answered well, and tells the code of the failure.
    told = entry.operation == "query" and entry.answer.get("status") == "Fail"
    _judge_violations(reply, must_have=entry.code not in (0, None) and not told)
    if case.method == "HEAD" or entry.operation == "download":
        _expect(
            reply.status in (200, 206, 304, 403, 404, 405, 412, 413, 416),
            f"HTTP status {reply.status} of a {case.method}",
        )
        return
    kind = reply.headers.get("content-type", "")
    if reply.content in _PLAIN:
        _expect(
            reply.status in (403, 404, 405) and kind.startswith("text/plain"),
            f"a text with HTTP {reply.status}, {kind}",
        )
    elif kind.startswith("application/json"):
        _expect(reply.status in (200, *_REFUSED), f"JSON with HTTP status {reply.status}")
        body = _parsed(reply)
        base = body.get("base_resp") if isinstance(body, dict) else None
        if not isinstance(base, dict):
            raise Complaint(f"no base_resp in {reply.content[:300]!r}")
        _expect(
            type(base.get("status_code")) is int and isinstance(base.get("status_msg"), str), f"base_resp is {base}"
        )
        _expect(base["status_code"] == entry.code, f"the journal says {entry.code}, the answer {base}")
    else:
        _expect(
            entry.operation == "retrieve_content" and reply.status in (200, 206, 304, 412, 416),
            f"a body of type {kind!r}, HTTP {reply.status}",
        )


def _judge_violations(reply: Reply, *, must_have: bool) -> None:
    text = reply.headers.get("x-mock-violations")
    if text is None:
        _expect(not must_have, "a refusal without X-Mock-Violations")
        return
    _expect(
        text.isascii() and len(text) <= VIOLATIONS_BYTES,
        f"X-Mock-Violations has {len(text)} characters: {text[:200]!r}",
    )
    items = json.loads(text)
    _expect(isinstance(items, list) and bool(items) and "rule" in items[0], f"X-Mock-Violations is {text[:200]}")


def _judge_control(case: Case, reply: Reply) -> None:
    """Data, a picture or a text where all is well, and problem+json where it is not."""
    if reply.status < 300:
        if case.method != "HEAD" and reply.headers.get("content-type", "").startswith("application/json"):
            _parsed(reply)
        return
    if reply.status == 304:
        return
    kind = reply.headers.get("content-type", "")
    _expect(kind == _PROBLEM, f"HTTP {reply.status} with {kind}: {reply.content[:300]!r}")
    if case.method != "HEAD":
        body = _parsed(reply)
        known = isinstance(body, dict) and {"type", "title", "status", "detail"} <= set(body)
        _expect(known and body["status"] == reply.status, f"a problem without its members: {reply.content[:300]!r}")


def _judge_entry(case: Case, entry: Entry) -> None:
    """What the journal keeps is JSON, small and without the key."""
    written = json.dumps(entry.as_dict(), allow_nan=False)
    _expect(case.key is None or case.key not in written, f"the key in the journal: {written[:3000]}")
    _expect(len(written) < 400_000, f"an entry of {len(written)} characters")


def _judge_log(case: Case, target: Target) -> None:
    lines, target.log.lines = target.log.lines, []
    for line in lines:
        _expect(line.startswith(("INFO", "WARNING")), f"in the log: {line[:3000]}")
        _expect(case.key is None or case.key not in line, f"the key in the log: {line[:500]}")
        _expect("\n" not in line, f"more than one line in the log: {line[:500]!r}")


def _parsed(reply: Reply) -> Any:
    try:
        return json.loads(
            reply.content.decode("utf-8"), parse_constant=lambda name: _expect(condition=False, words=f"{name} in JSON")
        )
    except ValueError as error:
        raise Complaint(f"no JSON in UTF-8 ({error}): {reply.content[:300]!r}") from None


def _expect(condition: bool, words: str) -> None:
    if not condition:
        raise Complaint(words)
