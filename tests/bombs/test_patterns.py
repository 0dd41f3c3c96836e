"""Regular expressions of users that would search for ever, in rules, filters and scenarios."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server import MockServer, Settings
from mock_server.world.pattern import PATIENCE_SECONDS
from tests.bombs.child import DEADLINE
from tests.command_line.test_serve import run
from tests.over_http.controlling import User

ENDLESS = ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*)*b", "(?:(?:a*)*)*$", "(?=(a+)+$)b", "^(\\w+\\s?)*$", "(a?){40}a{40}", "(?R)|b", "(a*)*\\1b"]  # fmt: skip
TOO_MANY = ["(?:(?:a{99}){99}){99}", "a{2001}", "(?:a{1,2000}){1,2000}", "((a{50}){50}){50}"]
PROMPT = "a" * 1999 + "!"


@pytest.fixture
def user(mock: MockServer) -> User:
    """A fresh account."""
    return User(mock)


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """A mock of this module."""
    with MockServer(Settings(port=0)) as server:
        yield server


@pytest.mark.parametrize("pattern", ENDLESS)
def test_a_call_is_answered_whatever_is_searched_for(user: User, pattern: str) -> None:
    """Thirty such rules take together no longer than one."""
    for _ in range(30):
        user.rule({"code": 1002}, {"prompt": pattern})
    begin = time.monotonic()
    assert user.create(PROMPT).code in (0, 1002)
    assert time.monotonic() - begin < DEADLINE


@pytest.mark.parametrize("call", ["verify", "wait"])
@pytest.mark.parametrize("pattern", ENDLESS)
def test_a_filter_is_answered_whatever_it_searches_for(user: User, call: str, pattern: str) -> None:
    """Over many entries of the journal, each with a prompt of its own."""
    for number in range(12):
        user.create(f"{PROMPT[:1990]}{number:03}!")
    begin = time.monotonic()
    reply = user.control(
        "POST",
        f"requests/{call}",
        {"match": {"prompt": pattern}, "timeout": 1} if call == "wait" else {"match": {"prompt": pattern}},
    )
    assert reply.status in (200, 400, 409), reply.content
    assert time.monotonic() - begin < DEADLINE


@pytest.mark.parametrize("pattern", TOO_MANY)
def test_a_pattern_that_would_take_gigabytes_is_refused(user: User, pattern: str) -> None:
    """Before it is compiled."""
    assert "at most 2000 in all" in user.refused({"match": {"prompt": pattern}, "then": {"code": 1002}})["detail"]


@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 5000 + ")" * 5000,
        "[" * 20_000,
        "a|" * 200_000,
        "(?<n>a)" * 20_000,
        "\\" * 99_999,
        "(?:a?){2000}" + "a" * 2000,
    ],
)
def test_a_long_pattern_is_compiled_or_refused_soon(user: User, pattern: str) -> None:
    """Nothing fails in the mock over it."""
    begin = time.monotonic()
    reply = user.control("POST", "rules", {"match": {"prompt": pattern}, "then": {"code": 1002}})
    assert reply.status in (201, 400), reply.content
    assert user.create(PROMPT).code in (0, 1002)
    assert time.monotonic() - begin < DEADLINE


def test_a_scenario_file_is_bounded_as_well(tmp_path: Path) -> None:
    """It does not start with what a rule may not have."""
    rules = [{"match": {"prompt": TOO_MANY[0]}, "then": {"code": 1002}}]
    file = tmp_path / "bomb.yaml"
    file.write_text(json.dumps({"name": "bomb", "description": "x", "rules": rules}))
    ended = run("serve", "--port", "0", "--scenario", str(file))
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)


def test_patience_is_short() -> None:
    """What a call may wait for all its searches is far below the deadline here."""
    assert PATIENCE_SECONDS * 4 < DEADLINE
