"""Outcomes on demand: which code a call asks for by key, prompt, header or parameter.

A request that asks in a way that is not understood is served as if it had not asked, and the journal says so.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

PARAMETER = "__code"
HEADER = "Prefer"
_KEY_PREFIX = "mock-"
# ASCII words only: in a Chinese prompt the token stands between characters without blanks.
_TOKEN = re.compile(r"(?<![\w:])mock:(\w[\w:+-]*)", re.ASCII)
# One preference of RFC 7240: a name, and perhaps a value that may be quoted.
_PREFERENCE = re.compile(r"""([^\s,;="]+)\s*(?:=\s*("[^"]*"|[^\s,;]*))?""")
_FAIL = "fail"
MAX_TOKENS = 20
# How each way is written, for those who look for what asks for the code.
_FORMS = {
    PARAMETER: "?__code={}",
    HEADER: "Prefer: code={}",
    "prompt": "mock:{} in the prompt",
    "key": "the key mock-{}",
}


@dataclass(frozen=True, slots=True)
class Demand:
    """One way in which a call asks for a code: how it says so, and the text that ought to be a code."""

    source: str
    given: str


@dataclass(slots=True)
class Forced:
    """What a call asks for: a code at once, or a task that ends in failure with a code."""

    code: int | None = None
    source: str = ""
    task_fails: bool = False
    task_code: int = 0
    ignored: list[Demand] = field(default_factory=list)


def forced_outcome(
    codes: Container[int], *, query: Mapping[str, str], headers: Mapping[str, str], prompt: str | None, key: str
) -> Forced:
    """What the call asks for. The nearest wins: parameter, header, prompt, key; code 0 asks for no refusal."""
    forced = Forced()
    for demand in _demands(query, headers, prompt, key):
        what, _, rest = demand.given.partition(":")
        if demand.source == "prompt" and what == _FAIL:
            code = _code(rest, codes) if rest or ":" in demand.given else 0
            if code is None:
                forced.ignored.append(demand)
            elif not forced.task_fails:
                forced.task_fails, forced.task_code = True, code
        elif (code := _code(demand.given, codes)) is None:
            forced.ignored.append(demand)
        elif forced.code is None:
            forced.code, forced.source = code, _FORMS[demand.source].format(demand.given)
    return forced


def is_code_key(key: str, codes: Container[int]) -> bool:
    """Whether the key is one of those that always ask for a code."""
    return key.startswith(_KEY_PREFIX) and _code(key.removeprefix(_KEY_PREFIX), codes) is not None


def _demands(query: Mapping[str, str], headers: Mapping[str, str], prompt: str | None, key: str) -> Iterable[Demand]:
    if PARAMETER in query:
        yield Demand(PARAMETER, query[PARAMETER])
    for name, value in _PREFERENCE.findall(headers.get(HEADER, "")):
        if name.lower() == "code":
            yield Demand(HEADER, value.removeprefix('"').removesuffix('"') if value.endswith('"') else value)
    if prompt and "mock:" in prompt:
        for match in islice(_TOKEN.finditer(prompt), MAX_TOKENS):
            yield Demand("prompt", match[1].rstrip(":-+"))
    if key.startswith(_KEY_PREFIX):
        yield Demand("key", key.removeprefix(_KEY_PREFIX))


def _code(text: str, codes: Container[int]) -> int | None:
    """The code that a text names; None when it is no number or not in the table."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        return None
    return int(text) if int(text) in codes else None
