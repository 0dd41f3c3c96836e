"""The first steps of every operation: whose call is it, and does somebody want a certain answer."""

from __future__ import annotations

import re

from mock_server.errors import Refusal
from mock_server.operations.call import Call
from mock_server.operations.service import Service
from mock_server.world.account import Account
from mock_server.world.forcing import Forced, forced_outcome, is_code_key

NOT_AUTHORIZED = 1004
INVALID_KEY = 2049
_BEARER = re.compile(r"bearer +([\x21-\x7e]+) *", re.IGNORECASE)


def identify(call: Call, service: Service) -> Account:
    """The account of the call's key. Raises Refusal 1004 without a usable key, 2049 for one that is not listed."""
    judge = service.contract.judge
    given = call.headers.get("Authorization")
    match = _BEARER.fullmatch(given or "")
    if match is None:
        # What was given may be a key in the wrong place, so only its scheme is shown.
        shown = None if given is None else (given.split(" ")[0][:12] + " …" if " " in given else "…")
        broken = judge.broken("authorization", pointer="Authorization", given=shown, allowed="Bearer <key>")
        raise Refusal(NOT_AUTHORIZED, violations=(broken,))
    key = match[1]
    listed = service.settings.api_keys
    if listed is not None and key not in listed and not is_code_key(key, service.contract.codes):
        broken = judge.broken("api-keys", pointer="Authorization", allowed="a key of --api-keys")
        raise Refusal(INVALID_KEY, violations=(broken,))
    call.account = service.world.account(key)
    return call.account


def forced(call: Call, account: Account, service: Service) -> Forced:
    """What the call asks for. Raises Refusal with the code when it asks for one other than 0."""
    prompt = call.document.get("prompt") if isinstance(call.document, dict) else None
    outcome = forced_outcome(
        service.contract.codes,
        query=call.query,
        headers=call.headers,
        prompt=prompt if isinstance(prompt, str) else None,
        key=account.key,
    )
    for demand in outcome.ignored:
        call.note("forced-code-ignored", source=demand.source, given=demand.given[:80])
    if outcome.code is not None:
        call.note("forced", code=outcome.code, source=outcome.source)
    if outcome.code:
        broken = service.contract.judge.broken("forced", given=outcome.source, allowed=None)
        raise Refusal(outcome.code, violations=(broken,))
    return outcome


def as_identifier(text: str) -> int | None:
    """The number that a task or file identifier writes; None for any other text, one with leading zeros included."""
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,18}", text) else None
