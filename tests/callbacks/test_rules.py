"""Rules about callbacks where several meet, or where a message is no ordinary one."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from mock_server.receiver import CallbackReceiver


def control(api: Api, path: str, body: Any) -> Any:
    """A call of the control API about the account."""
    assert api.key is not None
    return api.send("POST", f"/__mock/{path}", query={"account": api.key}, body=json.dumps(body).encode()).json


@pytest.mark.parametrize("then", [{"delay": 5}, {"repeat": 2}, {"delay": 5, "repeat": 2}])
def test_a_message_that_is_held_back_follows_the_next_one(then: dict[str, Any]) -> None:
    """However late and however often the next one is sent, the one before it comes after."""
    with MockServer(Settings(port=0, clock="manual")) as mock, CallbackReceiver() as receiver:
        api = Api(mock.url, f"test-{secrets.token_hex(8)}")
        control(api, "rules", {"match": {"operation": "push", "status": "processing"}, "then": {"reorder": True}})
        control(api, "rules", {"match": {"operation": "push", "status": "success"}, "then": then})
        api.create(MINIMAL | {"callback_url": receiver.url})
        control(api, "clock/advance", {"seconds": 60})
        assert [each["status"] for each in receiver.updates] == [*["success"] * then.get("repeat", 1), "processing"]


@pytest.mark.parametrize("value", ["", 42, 4.5, None, True, [1, {"a": None}], {"b": ["c"]}])
def test_a_challenge_of_any_type_is_proven_by_the_same_value(value: Any) -> None:
    """What a rule makes of the challenge has to come back as it was sent; the same in another type does not do."""
    with MockServer(Settings(port=0)) as mock, CallbackReceiver() as receiver:
        api = Api(mock.url, f"test-{secrets.token_hex(8)}")
        control(api, "rules", {"match": {"operation": "challenge"}, "then": {"change": {"/challenge": value}}})
        assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 0
        assert receiver.challenges == [value]
        receiver.answers(lambda message: {"challenge": json.dumps(message["challenge"])})
        assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 2013


def test_true_is_not_the_number_one() -> None:
    """A number that equals a truth value is another challenge."""
    with MockServer(Settings(port=0)) as mock, CallbackReceiver() as receiver:
        api = Api(mock.url, f"test-{secrets.token_hex(8)}")
        control(api, "rules", {"match": {"operation": "challenge"}, "then": {"change": {"/challenge": True}}})
        receiver.answers(lambda _message: {"challenge": 1})
        assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 2013


def test_a_challenge_that_was_left_out_cannot_come_back() -> None:
    """A message without the member proves nobody, not even by null."""
    with MockServer(Settings(port=0)) as mock, CallbackReceiver() as receiver:
        api = Api(mock.url, f"test-{secrets.token_hex(8)}")
        control(api, "rules", {"match": {"operation": "challenge"}, "then": {"remove": ["/challenge"]}})
        for member in ("challenge", "status"):
            receiver.answers(lambda message, member=member: {member: message.get("challenge")})  # type: ignore[misc]
            assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 2013
