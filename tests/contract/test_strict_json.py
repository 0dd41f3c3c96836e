"""Long texts, which are parsed by themselves: the outcome is that of the whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_server.operations import strict_json
from mock_server.operations.long_texts import shorten
from mock_server.operations.strict_json import NotJson, parse
from mock_server.operations.turns import LARGE

LONG = "x" * LARGE
MARK = "\uffff"


def outcome(raw: bytes) -> tuple[Any, ...]:
    """The value and the names that stand twice, or what is said and where."""
    twice: list[str] = []
    try:
        return parse(raw, twice), twice
    except NotJson as error:
        return str(error), error.index, twice


TAKEN_OUT = {
    "a member": f'{{"a": "{LONG}"}}',
    "beside an emoji": f'{{"a": "🐈", "b": "{LONG}"}}',
    "an emoji in it": f'{{"a": "🐈{LONG}"}}',
    "escapes in it": f'{{"a": "{LONG}\\/\\n\\u00e9\\ud83d\\udc08"}}',
    "two of them": f'{{"a": "1{LONG}", "b": ["2{LONG}", "3{LONG}"]}}',
    "nothing but a text": f'"{LONG}"',
    "behind a quotation mark": f'["a\\"{LONG}"]',
    "a mark in it": f'["{MARK}0{MARK}{LONG}"]',
    "the same name twice": f'{{"a": 1, "a": "{LONG}"}}',
    "half a surrogate pair elsewhere": f'["{LONG}", "\\ud800"]',
    "half a surrogate pair in it": f'["{LONG}\\ud800"]',
    "too deep elsewhere": f'["{LONG}", {"[" * 101}{"]" * 101}]',
}
WHOLE = {
    "between quotation marks": f'["a\\"{LONG}\\"{LONG}2\\" "]',
    "the same name twice, the long one lost": f'{{"a": "{LONG}", "a": 1}}',
    "a name": f'{{"{LONG}": 1}}',
    "a name twice": f'{{"{LONG}": 1, "{LONG}": 2}}',
    "a mark elsewhere": f'["{LONG}", "{MARK}0{MARK}"]',
    "an escaped mark elsewhere": f'["{LONG}", "\\uFFFF0\\uffff"]',
    "a mark in a name": f'{{"{MARK}0{MARK}": 1, "b": "{LONG}"}}',
    "numbers between texts": f'["a", {"1, " * (LARGE // 3)} "b"]',
    "blanks between texts": f'["a", {" " * LARGE} "b"]',
    "a backslash before its end": f'["{LONG}\\", "b"]',
    "a line break in it": f'["{LONG}\n"]',
    "a bad escape in it": f'["{LONG}\\x"]',
    "something behind the end": f'["{LONG}"] x',
    "an error before it": f'[x, "{LONG}"]',
    "an error behind it": f'["{LONG}", x]',
    "an error behind the same name twice": f'[{{"a": 1, "a": 2}}, "{LONG}", x]',
    "no end": f'["{LONG}',
    "no quotation mark before it": f'{LONG}"]',
    "single quotation marks": f"['{LONG}']",
    "infinite": f'["{LONG}", 1e400]',
    "no number": f'["{LONG}", NaN]',
    "many quotation marks before it": "[" + '"",' * 600 + f'"{LONG}"]',
}  # fmt: skip


@pytest.mark.parametrize("text", [*TAKEN_OUT.values(), *WHOLE.values()], ids=[*TAKEN_OUT, *WHOLE])
def test_the_outcome_is_that_of_the_whole(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Value, words and place of an error, and the names that stand twice."""
    found = outcome(text.encode())
    monkeypatch.setattr(strict_json, "shorten", lambda _raw: None)
    assert found == outcome(text.encode())


@pytest.mark.parametrize("raw", [f'["{LONG}", "'.encode() + b'\xff"]', f'["{LONG}'.encode() + b'\xed\xa0\x80"]'])
def test_what_is_no_utf_8_is_told_with_its_place(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a long text and outside of it."""
    found = outcome(raw)
    monkeypatch.setattr(strict_json, "shorten", lambda _raw: None)
    assert found == outcome(raw)
    assert found[1] > LARGE


@pytest.mark.parametrize("text", TAKEN_OUT.values(), ids=TAKEN_OUT)
def test_long_texts_are_taken_out(text: str) -> None:
    """What the parser gets beside them is small, and they come back."""
    raw = text.encode()
    shortened = shorten(raw)
    assert shortened is not None
    assert len(shortened.raw) < 1000
    assert shortened.restored(json.loads(shortened.raw)) == json.loads(raw, object_pairs_hook=dict)


def test_values_are_counted_up_to_the_limit() -> None:
    """Whatever they are made of; signs in texts count as well."""
    most = strict_json.MAX_VALUES
    assert outcome(b"[" + b"1," * (most - 1) + b"1]")[0] == [1] * most
    assert outcome(b"[" + b"1," * most + b"1]")[0] == f"more than {most} values"
    assert outcome(b'["' + b"{" * most + b'"]')[0] == f"more than {most} values"
    assert outcome(b'["' + b"{" * (most - 1) + b'"]')[0] == ["{" * (most - 1)]
