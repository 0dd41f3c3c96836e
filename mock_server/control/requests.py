"""The journal: listed, and asked whether requests came as expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.contract.validation import did_you_mean
from mock_server.control.matching import Seen
from mock_server.control.verifying import Evidence, Expectation
from mock_server.errors import Mistake, Problem
from mock_server.operations.service import Service
from mock_server.world.journal import Entry

_SHOWN = ("operation", "method", "path", "code", "time")


def listed(
    service: Service,
    account: str | None,
    *,
    operation: str | None = None,
    code: int | None = None,
    since: float | None = None,
    until: float | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """The entries that fit, oldest first; with a limit only the newest so many."""
    entries, dropped = service.journal.entries(account)
    found = [
        entry
        for entry in entries
        if (operation is None or entry.operation == operation)
        and (code is None or entry.code == code)
        and (since is None or entry.time >= since)
        and (until is None or entry.time <= until)
    ]
    shown = found if limit is None else found[len(found) - min(limit, len(found)) :]
    return {"requests": [entry.as_dict() for entry in shown], "total": len(found), "dropped": dropped}


def one(service: Service, entry_id: str) -> dict[str, Any]:
    """One entry. Raises Problem 404."""
    entry = service.journal.get(entry_id)
    if entry is None:
        raise Problem(404, "No such request", detail=f"no request has the id {entry_id[:80]!r}", field="id")
    return entry.as_dict()


def expectation(service: Service, data: Mapping[str, Any]) -> Expectation:
    """What has to have been asked. Raises Mistake for a rule of the contract that there is not: it was never broken."""
    rules = list(service.contract.rules)
    for place, match in [
        ("/match", data.get("match", {})),
        *((f"/order/{n}", m) for n, m in enumerate(data.get("order", []))),
    ]:
        name = match.get("violation")
        if name is not None and name not in rules:
            meant = did_you_mean(name, rules)
            detail = f"{name!r} is no rule of the contract" + (f"; did you mean {meant!r}?" if meant else "")
            raise Mistake(f"{place}/violation", detail, allowed=rules)
    return Expectation(data)


def evidence(service: Service, account: str | None) -> Evidence:
    """Every request that is kept."""
    entries, dropped = service.journal.entries(account)
    return Evidence([_seen(entry) for entry in entries], dropped, "requests")


def _seen(entry: Entry) -> Seen:
    body, query = entry.request.get("body"), entry.request.get("query", {})
    members: Mapping[str, Any] = body if isinstance(body, dict) else {}
    facts = {
        "operation": entry.operation, "method": entry.method, "path": entry.path, "code": entry.code,
        "http_status": entry.http_status, "model": members.get("model"), "prompt": _text(members.get("prompt")),
        "task_id": _task_id(entry, query), "rule": entry.rule["id"] if entry.rule else None,
        "violation": [violation.rule for violation in entry.violations], "body": body, "query": query,
        "time": entry.time,
    }  # fmt: skip
    return Seen(entry.id, facts, _SHOWN)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _task_id(entry: Entry, query: Mapping[str, Any]) -> Any:
    """The task that a call was about: the one it made, however its id was written, or the one it asked for."""
    made = entry.answer.get("task_id") if entry.operation == "create" else query.get("task_id")
    return str(made) if type(made) is int else made
