"""Outcomes that a call asks for itself, by key, prompt, header or parameter: each way becomes a rule.

A request that asks in a way that is not understood is served as if it had not asked, and the journal says so.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from mock_server.world.rule import Match, Rule, Scope, TaskWish, Then

PARAMETER = "__code"
HEADER = "Prefer"
_KEY_PREFIX = "mock-"
# ASCII words only: in a Chinese prompt the token stands between characters without blanks.
_TOKEN = re.compile(r"(?<![\w:])mock:(\w[\w:+-]*)", re.ASCII)
# One preference of RFC 7240: a name, and perhaps a value that may be quoted.
_PREFERENCE = re.compile(r"""([^\s,;="]+)\s*(?:=\s*("[^"]*"|[^\s,;]*))?""")
_FAIL = "fail"
MAX_TOKENS = 20
# Characters of a prompt that are searched for tokens, many more than a prompt may have.
_SEARCHED = 100_000
# How each way is written, for those who look for what asks for the code.
_FORMS = {
    PARAMETER: "?__code={}",
    HEADER: "Prefer: code={}",
    "prompt": "mock:{} in the prompt",
    "key": "the key mock-{}",
}
_CALLS = Match(operations=frozenset({"create", "query", "retrieve", "retrieve_content", "list", "upload", "delete"}))
_CREATE = Match(operations=frozenset({"create"}))


@dataclass(frozen=True, slots=True)
class Demand:
    """One way in which a call asks for a code: how it says so, and the text that ought to be a code."""

    source: str
    given: str


@dataclass(slots=True)
class Asked:
    """What a call asks for: rules for this call, the nearest first, and demands that were not understood."""

    rules: list[Rule] = field(default_factory=list)
    ignored: list[Demand] = field(default_factory=list)


def asked_for(
    codes: Container[int], *, query: Mapping[str, str], headers: Mapping[str, str], prompt: str | None, key: str
) -> Asked:
    """What the call asks for. The nearest comes first: parameter, header, prompt, key; code 0 asks for no refusal."""
    asked = Asked()
    for demand in _demands(query, headers, prompt, key):
        rule = _rule(demand, codes)
        if rule is None:
            asked.ignored.append(demand)
        else:
            asked.rules.append(rule)
    return asked


def plain_keys(keys: Iterable[str]) -> list[str]:
    """Those that ask for no code, so that calls with them are judged like any other."""
    return [key for key in keys if not key.startswith(_KEY_PREFIX)]


def is_code_key(key: str, codes: Container[int]) -> bool:
    """Whether the key is one of those that always ask for a code."""
    return key.startswith(_KEY_PREFIX) and _code(key.removeprefix(_KEY_PREFIX), codes) is not None


def _rule(demand: Demand, codes: Container[int]) -> Rule | None:
    """The rule that a demand stands for; None when it names no code of the table."""
    source = _FORMS[demand.source].format(demand.given)
    what, _, rest = demand.given.partition(":")
    if demand.source == "prompt" and what == _FAIL:
        code = _code(rest, codes) if rest or ":" in demand.given else 0
        then = None if code is None else Then(task=TaskWish(end="Fail", code=code))
        return None if then is None else Rule("prompt", "request", _CREATE, then, source)
    code = _code(demand.given, codes)
    # A key asks on every call of its account, so rules of this request and of the task are nearer.
    scope: Scope = "account" if demand.source == "key" else "request"
    return None if code is None else Rule(demand.source, scope, _CALLS, Then(code=code), source)


def _demands(query: Mapping[str, str], headers: Mapping[str, str], prompt: str | None, key: str) -> Iterable[Demand]:
    if PARAMETER in query:
        yield Demand(PARAMETER, query[PARAMETER])
    for name, value in _PREFERENCE.findall(headers.get(HEADER, "")):
        if name.lower() == "code":
            yield Demand(HEADER, value.removeprefix('"').removesuffix('"') if value.endswith('"') else value)
    if prompt and "mock:" in prompt:
        for match in islice(_TOKEN.finditer(prompt, 0, _SEARCHED), MAX_TOKENS):
            yield Demand("prompt", match[1].rstrip(":-+"))
    if key.startswith(_KEY_PREFIX):
        yield Demand("key", key.removeprefix(_KEY_PREFIX))


def _code(text: str, codes: Container[int]) -> int | None:
    """The code that a text names; None when it is no number or not in the table."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        return None
    return int(text) if int(text) in codes else None
