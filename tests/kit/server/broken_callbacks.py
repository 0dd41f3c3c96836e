"""Mocks that prove receivers, or tell them of tasks, wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mock_server.callbacks import callbacks, courier, outbox
from mock_server.callbacks.attempt import Attempt
from mock_server.operations import create
from tests.kit.server.breaking import Breaking, Variant

FAILED_CHALLENGE = frozenset({"SV-CB-001", "SV-CB-002"})


def _not_challenged(breaking: Breaking) -> None:
    breaking.put(create, "prove_receiver", lambda account, _order, _call, _service: account)


def _any_echo(breaking: Breaking) -> None:
    breaking.put(callbacks, "why_not_proven", lambda attempt, _message: attempt.not_accepted)


def _any_status(breaking: Breaking) -> None:
    def make(why_not: Callable[..., Any]) -> Callable[..., Any]:
        def judged(attempt: Attempt, message: Any) -> Any:
            return why_not(replace(attempt, status=200) if attempt.status else attempt, message)

        return judged

    breaking.around(callbacks, "why_not_proven", make)


def _dead_is_fine(breaking: Breaking) -> None:
    def make(why_not: Callable[..., Any]) -> Callable[..., Any]:
        def judged(attempt: Attempt, message: Any) -> Any:
            refused = (attempt.reason or "").startswith("cannot connect")
            return None if refused else why_not(attempt, message)

        return judged

    breaking.around(callbacks, "why_not_proven", make)


def _patient(breaking: Breaking) -> None:
    def make(begin: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, **settings: begin(self, **(settings | {"timeout": 30.0}))

    breaking.around(courier.Courier, "__init__", make)


def _vague(breaking: Breaking) -> None:
    breaking.rules(lambda rows: rows["callback-challenge"].update(text="invalid params"))


def _second_try(breaking: Breaking) -> None:
    def make(challenge: Callable[..., Any]) -> Callable[..., Any]:
        def tried(self: Any, *arguments: Any) -> Any:
            first = challenge(self, *arguments)
            return first if first[-1].reason is None else challenge(self, *arguments)

        return tried

    breaking.around(callbacks.Callbacks, "challenge", make)


def _number_challenge(breaking: Breaking) -> None:
    breaking.put(callbacks, "challenge_message", lambda _value: {"challenge": 12345})


def _updates_changed(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Breaking], None]:
    def make(message: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: change(message(*arguments))

    return lambda breaking: breaking.around(outbox, "update_message", make)


def _v(name: str, fault: str, break_it: Callable[[Breaking], None], *caught_by: str) -> Variant:
    return Variant(name, fault, break_it, frozenset(caught_by))


CALLBACKS = (
    _v("not-challenged", "a receiver is believed without a challenge", _not_challenged, "SV-CB-000", *FAILED_CHALLENGE),
    _v("number-challenge", "the challenge is a number", _number_challenge, "SV-CB-000"),
    _v("any-echo", "any answer with a 2xx proves the receiver", _any_echo, "SV-CB-002"),
    _v("any-status", "the HTTP status of the echo is not looked at", _any_status, "SV-CB-002"),
    _v("dead-receiver", "a receiver where nobody listens is accepted", _dead_is_fine, "SV-CB-001"),
    _v("patient", "an echo may take as long as it likes", _patient, "SV-CB-002"),
    _v("vague", "a failed challenge is not named as the cause", _vague, *FAILED_CHALLENGE),
    _v("second-try", "a challenge that failed is sent again", _second_try, "SV-CB-002"),
    _v("update-words-of-query", "updates say Success as the query does",
       _updates_changed(lambda update: update | {"status": update["status"].title()}), "SV-LIFE-001"),
    _v("update-without-file", "updates do not name the file",
       _updates_changed(lambda update: update | {"file_id": ""}), "SV-LIFE-001"),
    _v("update-with-number", "updates carry the task's identifier as a number",
       _updates_changed(lambda update: update | {"task_id": int(update["task_id"])}), "SV-LIFE-001"),
)  # fmt: skip
