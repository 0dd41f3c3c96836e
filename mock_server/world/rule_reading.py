"""Makes rules of what users write, and says what no schema can: which members make sense where, and together."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from mock_server.errors import Mistake
from mock_server.world.fault import read_fault
from mock_server.world.pattern import Pattern
from mock_server.world.rule import (
    Edit,
    HttpAnswer,
    Match,
    Rule,
    Scope,
    TaskWish,
    Then,
    VideoWish,
)
from mock_server.world.task import STATUSES

_JSON_CALLS = frozenset({"create", "query", "retrieve", "list", "upload", "delete"})
_CALLS = _JSON_CALLS | {"retrieve_content"}
_ANSWERS = _CALLS | {"download"}
_CALLBACKS = frozenset({"challenge", "push"})
_ALL = _ANSWERS | _CALLBACKS
# For which operations each member of `then` makes sense.
_WHERE: Mapping[str, frozenset[str]] = {
    "code": _CALLS, "text": _CALLS, "http": _ANSWERS, "fault": _ANSWERS, "processed": _ANSWERS, "delay": _ALL,
    "change": _JSON_CALLS | _CALLBACKS, "remove": _JSON_CALLS | _CALLBACKS, "as_number": _JSON_CALLS | {"push"},
    "as_text": _JSON_CALLS | {"push"}, "task": frozenset({"create"}),
    "video": frozenset({"download", "retrieve_content"}), "skip": _CALLBACKS,
    "repeat": _CALLBACKS, "after_answer": frozenset({"challenge"}), "before_answer": frozenset({"push"}),
    "reorder": frozenset({"push"}), "retries": frozenset({"push"}),
}  # fmt: skip
_EDITS = ("change", "remove", "as_number", "as_text")


def read_rule(
    data: Mapping[str, Any],
    *,
    rule_id: str,
    codes: Container[int],
    source: str,
    account: str | None = None,
    folder: Path | None = None,
    within: Path | None = None,
) -> Rule:
    """The rule that `data`, which the schema has passed, describes. Raises Mistake.

    `account` is the key that the rule belongs to anyway, `folder` where a relative path of a video begins,
    `within` the folder that a video has to lie in, if there is one.
    """
    then, match = data["then"], data.get("match", {})
    operations = _operations(match, then)
    _check_together(then, codes)
    key = match.get("account", account)
    if account is not None and key != account:
        raise Mistake("/match/account", "is not the account that the rule is for")
    scope: Scope = "task" if "task" in match else "account" if key is not None else "server"
    return Rule(
        id=rule_id, scope=scope, source=source, data=_shown(data), times=data.get("times"),
        size=len(json.dumps(data)), probability=data.get("probability", 1.0), after=data.get("after", 0),
        match=Match(
            operations=operations, account=key, model=match.get("model"),
            prompt=Pattern(match["prompt"], "/match/prompt") if "prompt" in match else None,
            call=match.get("call"), task_id=int(match["task"]) if "task" in match else None, status=match.get("status"),
        ),
        then=_then(then, codes, folder, within),
    )  # fmt: skip


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """The rule as it may be shown: without the key."""
    match = {name: value for name, value in data.get("match", {}).items() if name != "account"}
    return {**data, "match": match}


def _operations(match: Mapping[str, Any], then: Mapping[str, Any]) -> frozenset[str]:
    """The operations that are meant. Raises Mistake when a member of `then` makes no sense for one of them."""
    given = match.get("operation")
    where = {name: _WHERE[name] for name in then}
    if "fault" in then and read_fault(then["fault"]).kind.of_json:
        where["fault"] = _JSON_CALLS
    where |= {f"match {name}": _asked_of(name, match[name]) for name in ("status", "task") if name in match}
    possible = frozenset.intersection(*where.values())
    if given is None:
        if not possible:
            raise Mistake("/then", f"{', '.join(where)} do not go together", allowed=_in_words(where))
        return possible & _ANSWERS or possible
    wanted = frozenset([given] if isinstance(given, str) else given)
    for name, fitting in where.items():
        if odd := wanted - fitting:
            place = f"/match/{name.removeprefix('match ')}" if name.startswith("match ") else f"/then/{name}"
            raise Mistake(place, f"makes no sense for {', '.join(sorted(odd))}", allowed=sorted(fitting))
    return wanted


def _asked_of(name: str, value: str) -> frozenset[str]:
    """The operations that can be asked for a status in that spelling, or for a task."""
    if name == "task":
        return frozenset({"query", "retrieve", "download", "retrieve_content", "delete", "push"})
    return frozenset({"query"}) if value in STATUSES else frozenset({"push"})


def _in_words(where: Mapping[str, frozenset[str]]) -> str:
    return "; ".join(f"{name} for {', '.join(sorted(operations))}" for name, operations in where.items())


def _check_together(then: Mapping[str, Any], codes: Container[int]) -> None:
    if "task" in then and len(then) > 1:
        raise Mistake("/then/task", "stands alone; what happens to the answer is another rule")
    if "text" in then and not then.get("code"):
        raise Mistake("/then/text", "is the text of a code other than 0, which is missing")
    if "code" in then and then["code"] not in codes and "text" not in then:
        raise Mistake("/then/text", f"is missing; {then['code']} is no code of `minimax-mock codes`, so it has no text")
    if "processed" in then and "http" not in then and "fault" not in then:
        raise Mistake("/then/processed", "makes sense with http or fault only")
    if "code" in then and "body" in then.get("http", {}):
        raise Mistake("/then/http/body", "and /then/code are two bodies of one answer")
    if "code" in then and "video" in then:
        raise Mistake("/then/video", "and /then/code are two answers")
    if "skip" in then and len(then) > 1:
        raise Mistake("/then/skip", "stands alone; what is not sent cannot be changed")
    if "after_answer" in then and "delay" in then:
        raise Mistake("/then/after_answer", "and /then/delay are two moments for one challenge")
    if "fault" in then and "http" in then and not read_fault(then["fault"]).kind.on_wire:
        raise Mistake("/then/fault", "and /then/http are two answers; a fault of the connection would go with http")


def _then(data: Mapping[str, Any], codes: Container[int], folder: Path | None, within: Path | None) -> Then:
    fault = read_fault(data["fault"]) if "fault" in data else None
    http = _http(data["http"]) if "http" in data else None
    replaced = (http is not None and http.body is not None) or (fault is not None and not fault.kind.processed)
    return Then(
        code=data.get("code"), text=data.get("text"), http=http, fault=fault,
        edit=Edit(tuple(data.get("change", {}).items()), *(tuple(data.get(name, ())) for name in _EDITS[1:])),
        delay=_delay(data.get("delay")), processed=data.get("processed", not replaced),
        task=_task(data["task"], codes) if "task" in data else None,
        video=_video(data["video"], folder, within) if "video" in data else None,
        skip=data.get("skip", False), repeat=data.get("repeat", 1), after_answer=data.get("after_answer", False),
        before_answer=data.get("before_answer", False), reorder=data.get("reorder", False), retries=data.get("retries"),
    )  # fmt: skip


def _http(data: Mapping[str, Any]) -> HttpAnswer:
    body, content_type = data.get("body"), None
    content = None
    if "body" in data:
        content = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode("utf-8", "replace")
        content_type = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json; charset=utf-8"
    if data["status"] in (204, 304) and content:
        raise Mistake("/then/http/body", f"an answer with HTTP status {data['status']} has no body")
    for name in data.get("headers", {}):
        if name.lower() in ("content-length", "transfer-encoding", "connection"):
            raise Mistake(f"/then/http/headers/{name}", "is set by the server; faults break what it says")
    return HttpAnswer(data["status"], dict(data.get("headers", {})), content, content_type)


def _delay(data: Any) -> tuple[float, float] | None:
    if data is None:
        return None
    low, high = data if isinstance(data, list) else (data, data)
    if high < low:
        raise Mistake("/then/delay", f"{low} to {high} runs backwards", allowed="the smaller number first")
    return float(low), float(high)


def _task(data: Mapping[str, Any], codes: Container[int]) -> TaskWish:
    end = data.get("end", "Fail" if "code" in data else "Success")
    if "code" in data and end != "Fail":
        raise Mistake("/then/task/code", f"makes no sense with the end {end}", allowed="the end Fail")
    if data.get("code", 0) not in codes:
        raise Mistake("/then/task/code", f"{data['code']} is no code of `minimax-mock codes`")
    if "polls" in data and end == "never":
        raise Mistake("/then/task/polls", "makes no sense with the end never")
    if "polls" in data and (timed := [name for name in ("seconds", "queueing", "processing") if name in data]):
        raise Mistake(f"/then/task/{timed[0]}", "makes no sense with polls, where time moves nothing")
    names = ("queueing", "processing", *(() if end == "never" else ("seconds",)))
    moments = [data[name] for name in names if name in data]
    if moments != sorted(moments):
        raise Mistake("/then/task", "the moments run backwards", allowed="queueing, processing, seconds in this order")
    return TaskWish(
        end=end, code=data.get("code", 0), seconds=data.get("seconds"), polls=data.get("polls"),
        queueing=data.get("queueing"), processing=data.get("processing"),
    )  # fmt: skip


def _video(data: Mapping[str, Any], folder: Path | None, within: Path | None) -> VideoWish:
    if "bytes" in data:
        return VideoWish(bytes=data["bytes"])
    path = (folder or Path()) / data["file"]
    try:
        # First, so that nobody learns which files there are elsewhere; links are followed before it is judged.
        if within is not None and not path.resolve().is_relative_to(within.resolve()):
            raise Mistake(
                "/then/video/file",
                f"{data['file']!r} is not below the mock's working directory, and this mock has no --control-token",
            )
        usable = path.is_file()
    except (OSError, ValueError):
        usable = False
    if not usable:
        raise Mistake("/then/video/file", f"{data['file']!r} is no file that can be read")
    return VideoWish(file=str(path.resolve()))
