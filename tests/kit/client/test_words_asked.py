"""Words about single calls, about what became of the input, and about what was told in return."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.client.observation import Mark, Observation
from contract_tests.client.vocabulary import look
from contract_tests.outcome import Seen
from contract_tests.plugs.documents import Invocation
from tests.kit.client.observed import (
    FILE_ID,
    KEY,
    TASK_ID,
    error,
    exchange,
    exit_code,
    invocation,
    observation,
    success,
)

_CALL = {
    "op": "generate",
    "input": {"duration": 6, "image_url": "https://example.com/a.jpg"},
    "out_file": "/nowhere/v.mp4",
}


def _calls(*outcomes: Invocation, creates: tuple[int, ...]) -> Observation:
    """So many calls, with so many creates each."""
    marks = [Mark(100.0 * number, 0) for number in range(len(outcomes))]
    made = [
        exchange("create", mark.at_ms + number)
        for mark, count in zip(marks, creates, strict=True)
        for number in range(count)
    ]
    return observation(*outcomes, exchanges=made, marks=marks)


def _create(**body: Any) -> Observation:
    return observation(invocation(call=_CALL), exchanges=[exchange("create", body=json.dumps(body).encode())])


@pytest.mark.parametrize(
    ("word", "seen", "expected"),
    [
        ("each_call", _calls(error("auth"), error("auth"), creates=(1, 1)), Seen.MET),
        ("each_call", _calls(error("auth"), error("auth"), creates=(1, 2)), Seen.BROKEN),
        ("each_call", _calls(error("server"), error("auth"), creates=(1, 1)), Seen.BROKEN),
        ("later_calls", _calls(error("server"), error("auth"), creates=(3, 1)), Seen.MET),
        ("later_calls", _calls(error("auth"), error("server"), creates=(1, 1)), Seen.BROKEN),
        ("later_calls", _calls(error("auth"), creates=(1,)), Seen.BROKEN),
        ("each_call", _calls(exit_code(1, call=_CALL), error("auth"), creates=(1, 1)), Seen.UNSEEN),
        ("each_call", _calls(exit_code(1, call=_CALL), error("server"), creates=(1, 1)), Seen.BROKEN),
    ],
)
def test_words_of_every_call(word: str, seen: Observation, expected: Seen) -> None:
    """Every call has to meet them alone; a broken call outweighs one that shows too little; no call is no pass."""
    finding = look(seen, word, {"creates": 1, "kind": "auth"})
    assert finding.seen is expected, finding


def test_a_broken_word_names_its_call() -> None:
    """Which of the calls it was stands in the text."""
    finding = look(_calls(error("auth"), error("auth"), creates=(1, 2)), "each_call", {"creates": 1})
    assert finding.expected.startswith("in call 2")


@pytest.mark.parametrize(
    ("body", "names", "expected"),
    [
        ({"duration": 6}, ["duration"], Seen.MET),
        ({"duration": "6"}, ["duration"], Seen.BROKEN),
        ({"duration": 6.0}, ["duration"], Seen.BROKEN),
        ({"duration": True}, ["duration"], Seen.BROKEN),
        ({}, ["duration"], Seen.BROKEN),
        ({"first_frame_image": "https://example.com/a.jpg"}, ["image_url"], Seen.MET),
        ({"first_frame_image": "https://example.com/A.jpg"}, ["image_url"], Seen.BROKEN),
        ({"duration": 6, "prompt": ""}, ["duration", "prompt"], Seen.BROKEN),
        ({"duration": 6}, ["duration", "prompt"], Seen.MET),
    ],
)
def test_options_arrive_as_given(body: dict[str, Any], names: list[str], expected: Seen) -> None:
    """Value and type are those of the caller; what the caller did not give is absent."""
    finding = look(_create(**body), "as_given", names)
    assert finding.seen is expected, finding


def test_options_cannot_arrive_without_a_create() -> None:
    """Nothing sent is nothing as given."""
    assert look(observation(invocation(call=_CALL)), "as_given", ["duration"]).seen is Seen.BROKEN


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (success(), Seen.MET),
        (success(result={"task_id": "1"}), Seen.BROKEN),
        (success(result={"task_id": None}), Seen.BROKEN),
        (exit_code(0, stdout=f"task {TASK_ID}\n"), Seen.MET),
        (exit_code(0), Seen.UNSEEN),
        (error(task_id=TASK_ID), Seen.BROKEN),
    ],
)
def test_the_id_of_a_success(last: Invocation, expected: Seen) -> None:
    """Success has to name the server's id; at level 0 it can only be seen where it is printed."""
    seen = observation(last, exchanges=[exchange("create", answer={"task_id": TASK_ID})])
    assert look(seen, "gives", "task_id").seen is expected


def test_the_file_id_of_a_success() -> None:
    """The same for the id of the file."""
    seen = observation(success(result={"file_id": FILE_ID}), exchanges=[exchange("query", answer={"file_id": FILE_ID})])
    assert look(seen, "gives", "file_id").seen is Seen.MET


@pytest.mark.parametrize(
    ("last", "tells", "never_says"),
    [
        (error(message="input is SENSITIVE"), Seen.MET, Seen.BROKEN),
        (error(message="rate limit"), Seen.BROKEN, Seen.MET),
        (exit_code(1, stderr="Sensitive content"), Seen.MET, Seen.BROKEN),
        (exit_code(1), Seen.BROKEN, Seen.MET),
        (success(result={"note": "sensitive"}), Seen.MET, Seen.BROKEN),
    ],
)
def test_what_is_said_and_what_is_not(last: Invocation, tells: Seen, never_says: Seen) -> None:
    """Texts are looked for in output and document, whatever their case; a success is no error that says nothing of it."""
    assert look(observation(last), "tells", ["sensitiv"]).seen is tells
    assert look(observation(last), "never_says", ["sensitiv"]).seen is never_says


def test_a_header_that_must_not_be_there() -> None:
    """Any request with it breaks the obligation, in whatever case it is written."""
    clean, smuggled = exchange("create"), exchange("query", headers=(("x-smuggled", "yes"),))
    assert look(observation(error(), exchanges=[clean]), "without_header", "X-Smuggled").seen is Seen.MET
    assert look(observation(error(), exchanges=[clean, smuggled]), "without_header", "X-Smuggled").seen is Seen.BROKEN


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([exchange("create", 100, ended_ms=1200.0)], Seen.MET),
        ([exchange("create", 100, ended_ms=3200.0)], Seen.BROKEN),
        ([exchange("create", 100, ended_ms=110.0, complete=False)], Seen.BROKEN),
        ([exchange("query", 100, ended_ms=110.0)], Seen.BROKEN),
    ],
)
def test_a_body_is_sent_soon(found: list[Any], expected: Seen) -> None:
    """It has to come, whole, and within the time."""
    assert look(observation(success(), exchanges=found), "sent_within", {"on": "create", "ms": 3000}).seen is expected


def test_a_header_with_another_key() -> None:
    """A place inside of the value is filled in."""
    seen = observation(success(), exchanges=[exchange("create")], places={"${other_key}": KEY})
    wanted = {"name": "Authorization", "on": "create", "value": "Bearer ${other_key}"}
    assert look(seen, "carries_header", wanted).seen is Seen.MET
    assert look(seen, "carries_header", {**wanted, "value": "Bearer sk-other"}).seen is Seen.BROKEN


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (error(trace_id="0640ba83"), "it reaches the caller"),
        (error(), "it is lost"),
        (exit_code(1, stderr="(0640ba83)"), "it reaches"),
    ],
)
def test_the_record_of_a_trace_id(last: Invocation, expected: str) -> None:
    """What is written down says whether the header of the last answer came through."""
    seen = observation(last, exchanges=[exchange("create", answer={}, answer_headers=(("Trace-Id", "0640ba83"),))])
    assert look(seen, "record", "trace_id").actual.startswith(expected)
