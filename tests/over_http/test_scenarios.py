"""The catalogue as a whole, over HTTP. Each scenario is played in `scenarios/`, by a test that has its name."""

from __future__ import annotations

import importlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from mock_server.errors import StartupError
from mock_server.resources import folder

PLAYS = Path(__file__).parent / "scenarios"
NAMES = sorted(path.stem for path in (folder("fixtures") / "scenarios").iterdir())
MINE = "title: Mine\nwhy: because\nclient: waits\nrules:\n  - match: {operation: create}\n    then: {code: 1041}\n"


def played() -> Iterator[str]:
    """The names of the scenarios that have a test."""
    for path in PLAYS.glob("test_*.py"):
        module = importlib.import_module(f"tests.over_http.scenarios.{path.stem}")
        for name in vars(module):
            if name.startswith("test_"):
                yield name.removeprefix("test_").replace("_", "-")


def test_no_scenario_is_forgotten() -> None:
    """Each file has exactly one test of its name, and each test has a file."""
    assert sorted(played()) == NAMES


def control(mock: MockServer, method: str, path: str, name: str | None = None, **query: str) -> tuple[int, object]:
    """Status and JSON of a call of the control API."""
    body = f'{{"name": "{name}"}}'.encode() if name is not None else None
    reply = Api(mock.url, None).send(method, f"/__mock/{path}", query=query, body=body)
    return reply.status, reply.json


def test_the_list_has_every_scenario(mock: MockServer) -> None:
    """The control API tells all of them, with why they are there, what a client does, and their rules."""
    status, listed = control(mock, "GET", "scenarios")
    assert status == 200
    assert isinstance(listed, dict)
    assert [each["name"] for each in listed["scenarios"]] == NAMES
    (shown,) = [each for each in listed["scenarios"] if each["name"] == "rate-limited-twice"]
    assert shown["rules"] == [{"match": {"operation": "create"}, "then": {"code": 1002}, "times": 2}]
    assert shown["chaos"] is False


def test_a_scenario_of_an_account_is_nobody_elses(mock: MockServer) -> None:
    """It is in force for its account alone, until it is dropped."""
    mine, other = (Api(mock.url, f"test-{secrets.token_hex(8)}") for _ in range(2))
    assert control(mock, "POST", "scenario", "balance-empty", account=mine.key or "") == (200, {"name": "balance-empty"})  # fmt: skip
    assert control(mock, "GET", "scenario", account=mine.key or "") == (200, {"name": "balance-empty"})
    assert (mine.create(MINIMAL).code, other.create(MINIMAL).code) == (1008, 0)
    assert control(mock, "DELETE", "scenario", account=mine.key or "") == (200, {"name": None})
    assert mine.create(MINIMAL).code == 0


def test_a_scenario_counts_anew_when_it_is_chosen_again(mock: MockServer) -> None:
    """Its two refusals come again."""
    api = Api(mock.url, f"test-{secrets.token_hex(8)}")
    for _ in range(2):
        control(mock, "POST", "scenario", "rate-limited-twice", account=api.key or "")
        assert [api.create(MINIMAL).code for _ in range(3)] == [1002, 1002, 0]


def test_a_scenario_for_the_account_and_for_all_counts_each_for_itself() -> None:
    """In force twice, it lets two creates pass and not one; its rules are told as those of the account and the server."""
    with MockServer(Settings(port=0)) as mock:
        api = Api(mock.url, "k-1")
        for query in ({"account": "k-1"}, {}):
            control(mock, "POST", "scenario", "quota-after-two-videos", **query)
        assert [api.create(MINIMAL).code for _ in range(4)] == [0, 0, 1028, 1028]
        _, listed = control(mock, "GET", "rules", account="k-1")
        assert isinstance(listed, dict)
        assert [(each["scope"], each["matched"], each["acted"]) for each in listed["rules"]] == [
            ("account", 4, 2), ("server", 4, 0),
        ]  # fmt: skip


def test_a_wrong_name_is_told_with_the_right_ones(mock: MockServer) -> None:
    """404 with the nearest name and all of them."""
    status, problem = control(mock, "POST", "scenario", "balance-emty")
    assert status == 404
    assert isinstance(problem, dict)
    assert "did you mean 'balance-empty'?" in problem["detail"]
    assert problem["allowed"] == NAMES


def test_a_scenario_of_the_start_holds_for_every_account(tmp_path: Path) -> None:
    """`--scenario` with a file of the user's: every account has it, and a reset brings it back."""
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    with MockServer(Settings(port=0, scenario="mine", scenario_file=(str(path),))) as mock:
        for _ in range(2):
            assert [Api(mock.url, key).create(MINIMAL).code for key in ("k-1", "k-2")] == [1041, 1041]
            assert control(mock, "POST", "scenario", "slow-drip") == (200, {"name": "slow-drip"})
            assert Api(mock.url, "k-1").create(MINIMAL).code == 0
            control(mock, "POST", "reset")


@pytest.mark.parametrize(
    ("setting", "words"), [("scenario", "there is no scenario"), ("scenario_file", "No such file")]
)
def test_a_wrong_setting_stops_the_start(setting: str, words: str) -> None:
    """A name or file that is not there is one line, before anything listens."""
    value: object = "none" if setting == "scenario" else ("none.yaml",)
    with pytest.raises(StartupError, match=words):
        MockServer(Settings(port=0, **{setting: value})).start()  # type: ignore[arg-type]
