"""Outcomes on demand: where a call may ask for a code, which way wins, and what is not understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mock_server.contract.contract import load_contract
from mock_server.world.forcing import Demand, asked_for, is_code_key
from mock_server.world.rule import RANK

CODES = load_contract().codes


@dataclass
class Forced:
    """What the first rules of a call amount to: its code, and a task that fails."""

    code: int | None = None
    source: str = ""
    task_fails: bool = False
    task_code: int = 0
    ignored: list[Demand] = field(default_factory=list)


def forced(
    parameter: str | None = None, header: str | None = None, prompt: str | None = None, key: str = "k"
) -> Forced:
    """What the rules that a call brings with it ask for, the nearest scope first."""
    query = {} if parameter is None else {"__code": parameter}
    headers = {} if header is None else {"Prefer": header}
    asked = asked_for(CODES, query=query, headers=headers, prompt=prompt, key=key)
    rules = sorted(asked.rules, key=lambda rule: RANK[rule.scope])
    result = Forced(ignored=asked.ignored)
    for rule in rules:
        if rule.then.code is not None and result.code is None:
            result.code, result.source = rule.then.code, rule.source
        if rule.then.task is not None and not result.task_fails:
            result.task_fails, result.task_code = rule.then.task.end == "Fail", rule.then.task.code
    return result


WAYS: list[tuple[str, dict[str, Any]]] = [
    ("__code", {"parameter": "1001"}), ("Prefer", {"header": "code=1002"}), ("prompt", {"prompt": "mock:1024"}),
    ("key", {"key": "mock-1033"}),
]  # fmt: skip
VALUES = [1001, 1002, 1024, 1033]
SOURCES = ["?__code=1001", "Prefer: code=1002", "mock:1024 in the prompt", "the key mock-1033"]


@pytest.mark.parametrize("nearest", range(4))
@pytest.mark.parametrize("furthest", range(4))
def test_nearest_way_wins(nearest: int, furthest: int) -> None:
    """Parameter comes before header, header before prompt, prompt before key, whichever of them are used."""
    used = WAYS[nearest : max(nearest, furthest) + 1]
    asked: dict[str, Any] = {name: value for _, way in used for name, value in way.items()}
    outcome = forced(**asked)
    assert (outcome.code, outcome.source) == (VALUES[nearest], SOURCES[nearest])
    assert outcome.ignored == []


def test_call_that_asks_for_nothing_gets_nothing() -> None:
    """An ordinary call has no forced outcome and nothing that was ignored."""
    assert forced(prompt="A fox runs.", header="respond-async", key="sk-api-1002") == Forced()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("way", ["parameter", "header", "prompt", "key"])
def test_every_code_can_be_asked_for_in_every_way(way: str, code: int) -> None:
    """Each code of the table is reached by each way."""
    text = {"parameter": "{}", "header": "code={}", "prompt": "mock:{}", "key": "mock-{}"}[way].format(code)
    asked: dict[str, Any] = {way: text}
    assert forced(**asked).code == code


@pytest.mark.parametrize(
    "asked",
    [{"parameter": "0", "header": "code=1002"}, {"header": "code=0", "key": "mock-1002"}, {"prompt": "mock:0", "key": "mock-1002"}],
)  # fmt: skip
def test_code_zero_overrides_what_is_further_away(asked: dict[str, Any]) -> None:
    """Asking for 0 nearby switches off what a header, prompt or key asks for."""
    assert forced(**asked).code == 0


@pytest.mark.parametrize(
    ("asked", "ignored"),
    [
        ({"parameter": "9999"}, Demand("__code", "9999")),
        ({"parameter": ""}, Demand("__code", "")),
        ({"parameter": "abc"}, Demand("__code", "abc")),
        ({"parameter": "-1002"}, Demand("__code", "-1002")),
        ({"parameter": "1002.0"}, Demand("__code", "1002.0")),
        ({"parameter": "１００２"}, Demand("__code", "１００２")),
        ({"parameter": "fail"}, Demand("__code", "fail")),
        ({"header": "code=9999"}, Demand("Prefer", "9999")),
        ({"header": "code="}, Demand("Prefer", "")),
        ({"header": 'code="x y"'}, Demand("Prefer", "x y")),
        ({"prompt": "mock:9999"}, Demand("prompt", "9999")),
        ({"prompt": "mock:rabbit"}, Demand("prompt", "rabbit")),
        ({"prompt": "mock:1026x"}, Demand("prompt", "1026x")),
        ({"prompt": "mock:fail:9999"}, Demand("prompt", "fail:9999")),
        ({"prompt": "mock:fail:x"}, Demand("prompt", "fail:x")),
        ({"prompt": "mock:fail:1026:1027"}, Demand("prompt", "fail:1026:1027")),
        ({"prompt": "mock:failure"}, Demand("prompt", "failure")),
        ({"key": "mock-9999"}, Demand("key", "9999")),
    ],
)
def test_what_is_not_understood_is_ignored_and_told(asked: dict[str, Any], ignored: Demand) -> None:
    """A code that is malformed or not in the table forces nothing, and the call is told about it."""
    outcome = forced(**asked)
    assert (outcome.code, outcome.task_fails, outcome.ignored) == (None, False, [ignored])


def test_ignored_demand_leaves_the_place_to_the_next() -> None:
    """A way that is not understood does not hide one that is further away."""
    outcome = forced(parameter="9999", header="code=1002")
    assert (outcome.code, outcome.ignored) == (1002, [Demand("__code", "9999")])


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("mock:1026", 1026), ("A fox. mock:1026", 1026), ("mock:1026, then run", 1026), ("Run mock:1026.", 1026),
        ("(mock:1026)", 1026), ("mock:1026\nA fox.", 1026), ("mock:1026: a fox", 1026), ("mock:1026-", 1026),
        ("mock:1026 mock:1027", 1026), ("mock:9999 mock:1027", 1027), ("[mock:1026]", 1026),
        ("xmock:1026", None), ("hammock:1026", None), ("mock :1026", None), ("mock: 1026", None), ("mock", None),
        ("MOCK:1026", None), ("mock:", None), ("a:mock:1026", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_token_in_a_prompt_is_a_word_of_its_own(prompt: str | None, code: int | None) -> None:
    """The token may stand anywhere in the prompt and before any punctuation, but not inside another word."""
    assert forced(prompt=prompt).code == code


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("mock:fail", 0), ("mock:fail.", 0), ("A fox, mock:fail, runs", 0), ("mock:fail:1027", 1027),
        ("mock:fail:1026!", 1026), ("mock:fail:0", 0), ("mock:fail:1027 mock:fail:1026", 1027),
    ],
)  # fmt: skip
def test_prompt_can_ask_for_a_task_that_fails(prompt: str, code: int) -> None:
    """mock:fail lets create succeed and the task end in failure, with the code behind it; the first one counts."""
    outcome = forced(prompt=prompt)
    assert (outcome.code, outcome.task_fails, outcome.task_code, outcome.ignored) == (None, True, code, [])


def test_failing_task_and_code_do_not_exclude_each_other() -> None:
    """A call may ask for a failing task and, further away or beside it, for a code of its own."""
    outcome = forced(prompt="mock:fail:1027", parameter="0", key="mock-1008")
    assert (outcome.code, outcome.task_fails, outcome.task_code) == (0, True, 1027)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("code=1002", 1002), ('code="1002"', 1002), ("code = 1002", 1002), ("CODE=1002", 1002),
        ("respond-async, code=1002", 1002), ("code=1002; foo=bar", 1002), ("code=9999, code=1002", 1002),
        ("wait=10", None), ("", None),
    ],
)  # fmt: skip
def test_preference_stands_among_others(header: str, code: int | None) -> None:
    """The preference is found beside others, quoted or not, in any case of its letters (RFC 7240)."""
    assert forced(header=header).code == code


@pytest.mark.parametrize(
    ("key", "known"),
    [("mock-1008", True), ("mock-0", True), ("mock-9999", False), ("mock-", False), ("Mock-1008", False),
     ("mock-1008x", False), ("xmock-1008", False), ("mock-1008\n", False), ("sk-api-1008", False)],
)  # fmt: skip
def test_only_keys_of_known_codes_ask_for_one(key: str, known: bool) -> None:
    """A key asks for a code when it is exactly mock- and a code of the table."""
    assert is_code_key(key, CODES) == known
    assert (forced(key=key).code is not None) == known
