"""The first steps of every operation: whose call is it, and does somebody want a certain answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from mock_server.errors import Refusal
from mock_server.operations.call import Call, Diverted
from mock_server.operations.service import Service
from mock_server.world.account import Account
from mock_server.world.forcing import asked_for, is_code_key
from mock_server.world.rule import Occasion
from mock_server.world.task import Task

NOT_AUTHORIZED = 1004
INVALID_KEY = 2049
_BEARER = re.compile(r"bearer +([\x21-\x7e]+) *", re.IGNORECASE)


def bearer_key(headers: Mapping[str, str]) -> str | None:
    """The key that a request carries as a Bearer token; the name of the scheme may be in any case (RFC 9110)."""
    match = _BEARER.fullmatch(headers.get("Authorization", ""))
    return match[1] if match else None


def identify(call: Call, service: Service) -> Account:
    """The account of the call's key. Raises Refusal 1004 without a usable key, 2049 for one that is not listed."""
    judge = service.contract.judge
    key = bearer_key(call.headers)
    if key is None:
        given = call.headers.get("Authorization")
        # What was given may be a key in the wrong place, so only a known scheme is shown.
        scheme = (given or "").partition(" ")[0]
        shown = None if given is None else f"{scheme} …" if scheme.lower() in ("bearer", "basic") else "…"
        broken = judge.broken("authorization", pointer="Authorization", given=shown, allowed="Bearer <key>")
        raise Refusal(NOT_AUTHORIZED, violations=(broken,))
    if not is_valid(key, service):
        broken = judge.broken("api-keys", pointer="Authorization", allowed="a key of --api-keys")
        raise Refusal(INVALID_KEY, violations=(broken,))
    call.account = service.world.account(key)
    return call.account


def is_valid(key: str, service: Service) -> bool:
    """Whether a call with that key belongs to an account."""
    listed = service.settings.api_keys
    return listed is None or key in listed or is_code_key(key, service.contract.codes)


def decide(call: Call, account: Account, service: Service, occasion: Occasion) -> None:
    """Lets the rule that fits the call act. Raises Refusal for its code, Diverted when the call takes no effect."""
    call.asked = asked_for(
        service.contract.codes, query=call.query, headers=call.headers, prompt=call.prompt, key=account.key
    )
    for demand in call.asked.ignored:
        call.note("forced-code-ignored", source=demand.source, given=demand.given[:80])
    call.acting = account.choose(occasion, call.asked.rules, service.world.rules.current)
    if occasion.patience.missed:
        call.note("pattern-too-slow", hint="A rule's pattern takes too long to search for; it did not act.")
    if call.acting is None:
        return
    then, source = call.acting.then, call.acting.rule.source
    if then.code is not None:
        call.note("forced", code=then.code, source=source)
    if not then.processed:
        raise Diverted
    if then.code:
        broken = service.contract.judge.broken("forced", given=source)
        row = service.contract.codes.get(then.code)
        broken = replace(broken, wording=row.wording if row is not None and then.text is None else "assumed")
        raise Refusal(then.code, text=then.text, violations=(broken,))


def occasion_of(operation: str, task: Task | None) -> Occasion:
    """What rules may ask of a call about a finished task; of none, when there is no such task."""
    if task is None:
        return Occasion(operation)
    return Occasion(operation, model=task.model, prompt=task.prompt, task_id=task.id)


def as_identifier(text: str) -> int | None:
    """The number that a task or file identifier writes; None for any other text, one with leading zeros included."""
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,18}", text) else None
