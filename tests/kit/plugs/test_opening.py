"""Plugs that cannot be used: one line that says what is wrong and what is allowed."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.plugs.plug import UnusablePlug, open_plug
from tests.kit.plugs.calls import STRANGERS, TALKER, call, children

PYTHON = shlex.quote(sys.executable)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() <= before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing is no client plug; allowed: py:module:factory, jsonl:COMMAND or cmd:COMMAND"),
        ("http://127.0.0.1", "http://127.0.0.1 is no client plug; allowed: py:module:factory"),
        ("PY:a:b", "PY:a:b is no client plug"),
        ("py:", "py: names no factory; write py:module:factory"),
        ("py:python_clients", "py:python_clients names no factory"),
        ("py:a b:c", "py:a b:c names no factory"),
        ("py:no_such:make", f"there is no module no_such in {STRANGERS} or among the installed packages"),
        ("py:no_such.below:make", "there is no module no_such.below in"),
        ("py:python_clients:mak", "the module python_clients has no mak; did you mean make?"),
        ("py:python_clients:VERSION", "python_clients:VERSION is no callable, but of type str"),
        ("py:python_clients:make_nothing", "make_nothing() gave a NoneType; it has to give a callable(call) -> result"),
        ("py:python_clients:make_trouble", "make_trouble() failed: RuntimeError: no licence"),
        ("py:python_clients:make_with", "make_with() failed: TypeError: make_with() missing 1 required positional"),
        ("jsonl:", "jsonl: a command line is needed"),
        ("jsonl:'", "jsonl: the command line cannot be read: no closing quotation"),
        ("jsonl:no-such-program --serve", "jsonl: there is no program no-such-program on the PATH"),
        ("jsonl:./no-such-file", f"jsonl: there is no program ./no-such-file in {STRANGERS}"),
        ("cmd:./talker.py", "cmd: the file ./talker.py is not executable; chmod +x it, or name its interpreter"),
        ("cmd:", "cmd: a command line is needed"),
        ("cmd:echo {promt}", "cmd: there is no placeholder {promt}; did you mean {prompt}? There are {op} {base_url}"),
        ("cmd:{prompt}", "cmd: the program must be named, not left to a placeholder: {prompt}"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    """In one line, before any call."""
    with pytest.raises(UnusablePlug) as raised:
        open_plug(text, folder=STRANGERS)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_module_that_cannot_be_imported(tmp_path: Path) -> None:
    """Whether it is broken itself or needs something that is not there."""
    (tmp_path / "broken.py").write_text("def make(:\n", encoding="utf-8")
    (tmp_path / "needy.py").write_text("import no_such_thing\n", encoding="utf-8")
    with pytest.raises(
        UnusablePlug, match="the module broken cannot be imported: SyntaxError: invalid syntax"
    ) as raised:
        open_plug("py:broken:make", folder=tmp_path)
    assert "def make(:" in raised.value.output
    with pytest.raises(UnusablePlug, match="the module needy cannot be imported: ModuleNotFoundError: No module named"):
        open_plug("py:needy:make", folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("py:python_clients:make_braggart", "claims success for an operation that does not exist, frobnicate_"),
        (f"{TALKER} boastful", "an operation that it does not know must be answered with unsupported"),
        ("cmd:true {op}", "claims success for an operation that does not exist, frobnicate_"),
        ("cmd:true {call_file}", "(exit code 0)"),
        (f"{TALKER} silent", "it did not answer its first call within 1 s; the last that it said: listening"),
        (
            f"{TALKER} broken",
            "it ended with exit code 1 before its first answer; the last that it said: cannot find my",
        ),
        ("jsonl:sh -c 'kill -9 $$'", "it ended by SIGKILL before its first answer"),
        ("jsonl:true", "the client ended with exit code 0 in place of an answer"),
        ("jsonl:cat", "'outcome' is a required property"),
        ("cmd:sh -c 'sleep 1000' {op}", "it gave no answer to an operation that does not exist"),
    ],
)
def test_client_that_does_not_refuse_what_does_not_exist(
    text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that makes things up, or says nothing, cannot be judged."""
    monkeypatch.setattr("contract_tests.plugs.invented._DEADLINE_MS", 900)
    with pytest.raises(UnusablePlug) as raised:
        open_plug(text, folder=STRANGERS, start_seconds=1.0 if "silent" in text or "sleep" in text else 20.0, grace=0.1)
    assert words in str(raised.value)
    assert str(raised.value).startswith(f"{text} cannot be used: ")


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("py:python_clients:make_crude", "kind unclassified"),
        (f"{TALKER} crude", "kind usage"),
        (f"cmd:{PYTHON} -c 'raise SystemExit(2)' {{op}}", "exit code 2"),
    ],
)
def test_error_is_a_refusal_too(text: str, how: str) -> None:
    """But it is remembered that the word was another one."""
    with open_plug(text, folder=STRANGERS) as plug:
        assert plug.notes == [
            f"an operation that does not exist is answered with an error ({how}) in place of unsupported"
        ]


def test_client_that_ignores_the_operation_is_noted() -> None:
    """It sends a create for anything, and only the closed door makes it err."""
    url = "{base_url}/v1/video_generation"
    with open_plug(f"cmd:curl -sSf --json {{}} -H 'X-Op: {{op}}' {url}") as plug:
        assert plug.notes[1:] == ["for an operation that does not exist it sent POST /v1/video_generation"]


def test_label_is_the_text_or_a_name() -> None:
    """A column of the report can have a name of its own."""
    with open_plug("cmd:true") as plug:
        assert (plug.label, plug.notes) == ("cmd:true", [])
    with open_plug("cmd:true", label="yes-man 1.0") as plug:
        assert plug.label == "yes-man 1.0"


def test_call_that_is_none_is_our_own_mistake() -> None:
    """The kit holds itself to the schema that it publishes."""
    with open_plug("cmd:true") as plug, pytest.raises(ValueError, match='/deadline_ms is "soon"; allowed: number'):
        plug.call(call() | {"deadline_ms": "soon"})
