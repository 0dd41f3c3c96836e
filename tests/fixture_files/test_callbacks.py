"""The payloads of callbacks, against the document, the mock itself and a receiver that does what it should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema.protocols import Validator
from werkzeug.test import Client

from contract_tests.api import MINIMAL, Api
from examples.reference_receiver import Receiver
from mock_server import Fixture, MockServer, Settings, fixtures
from mock_server.contract.contract import load_contract
from mock_server.receiver import CallbackReceiver

CASES = fixtures("callbacks")
STATUS = {"2xx": range(200, 300), "4xx": range(400, 500), "not 5xx": range(200, 500)}
MEANINGS = {"challenge", "processing", "success", "failed", "ask", "nothing"}
SCHEMAS = "/components/schemas"


def _validators() -> dict[str, Validator]:
    judge = load_contract().judge
    return {
        "challenge": judge.validator(f"{SCHEMAS}/CallbackChallenge"),
        "update": judge.validator(f"{SCHEMAS}/CallbackUpdate"),
    }


VALIDATORS = _validators()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_payload_keeps_or_breaks_the_schema_of_its_kind(case: Fixture) -> None:
    """Those under valid/ keep it, those under invalid/ do not, or are no JSON object at all."""
    assert case.means in MEANINGS
    kind = case.name.partition("__")[0]
    if kind == "body":
        assert not case.valid
        try:
            assert not isinstance(case.json(), dict)
        except (ValueError, RecursionError):
            return
    else:
        assert VALIDATORS[kind].is_valid(case.json()) == case.valid


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The receiver of the examples, which asks a mock about every task it hears of."""
    with MockServer(Settings(port=0)) as mock:
        yield Client(Receiver(Path(tmp_path_factory.mktemp("receiver")), mock.url, "sk-receiver"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_good_receiver_answers_so(receiver: Client, case: Fixture) -> None:
    """With the status that the list promises; a challenge comes back as it was."""
    answer = receiver.post("/callback", data=case.data, content_type=case.media_type)
    assert case.status is not None
    assert answer.status_code in STATUS[case.status]
    if case.means == "challenge":
        assert answer.json == {"challenge": case.json()["challenge"]}


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("", ["processing", "success"]),
        ("mock:fail:1027", ["processing", "failed"]),
        ("mock:fail:1026", ["failed-input"]),  # whose input is refused is never processed
    ],
)
def test_the_mock_sends_the_same(prompt: str, names: list[str]) -> None:
    """Members, their order, their types and words, but for the ids."""
    payloads = {case.name: case.json() for case in CASES if case.valid}
    with MockServer(Settings(port=0, task_seconds=0)) as mock, CallbackReceiver() as listening:
        api = Api(mock.url, "sk-sender")
        assert api.create({**MINIMAL, "prompt": prompt, "callback_url": listening.url}).code == 0
        updates = listening.wait_for_updates(len(names))
        assert list(listening.messages[0]) == ["challenge"]
    expected = [payloads[f"update__{name}"] for name in names]
    assert [_without_ids(update) for update in updates] == [_without_ids(update) for update in expected]


def _without_ids(update: dict[str, Any]) -> list[tuple[str, Any]]:
    """The members in their order, each id as so many digits."""
    return [(name, len(value) if name in ("task_id", "file_id") else value) for name, value in update.items()]
