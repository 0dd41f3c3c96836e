"""An observation can be narrowed to one call."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.client.observation import Mark
from contract_tests.client.vocabulary import look
from contract_tests.outcome import Seen
from tests.kit.client.observed import error, exchange, invocation, observation, success, task

_TWO = observation(
    success(call={"op": "create", "out_file": "/nowhere/work/1.mp4"}, result={"task_id": "2"}),
    invocation(outcome="error", result={"error": {"kind": "auth"}}, call={"op": "create", "out_file": "/nowhere/work/2.mp4"}),
    exchanges=[
        exchange("create", 10, {"task_id": "2"}), exchange("query", 20), exchange("create", 120, {"task_id": "3"}),
    ],
    elsewhere=[exchange("download", 130)],
    tasks=[task("1"), task("2"), task("3")],
    prepared=1,
    videos={"1": "one", "2": "two", "3": "three"},
    marks=[Mark(5, 1), Mark(100, 2)],
)  # fmt: skip


def test_each_call_has_its_own_exchanges_tasks_and_file() -> None:
    """What was sent, made and saved during a call is seen with this call and with no other."""
    first, second = _TWO.during(1), _TWO.during(2)
    assert [each.operation for each in first.exchanges] == ["create", "query"]
    assert [each.operation for each in second.exchanges] == ["create"]
    assert [len(each.elsewhere) for each in (first, second)] == [0, 1]
    assert [[task["task_id"] for task in each.tasks] for each in (first, second)] == [["1", "2"], ["1", "3"]]
    assert [each.video for each in (first, second)] == ["two", "three"]
    assert [each.out_file for each in (first, second)] == [Path("/nowhere/work/1.mp4"), Path("/nowhere/work/2.mp4")]
    assert first.last.outcome == "success"


def test_a_narrowed_observation_is_its_own_first_call() -> None:
    """Narrowed twice it stays the same, so that words can be nested."""
    second = _TWO.during(2)
    assert second.during(1).exchanges == second.exchanges
    assert second.during(1).tasks == second.tasks


@pytest.mark.parametrize(
    ("argument", "seen"),
    [
        ({"call": 1, "words": {"creates": 1, "queries": 1, "succeeds": {"file": False}}}, Seen.MET),
        ({"call": 2, "words": {"creates": 1, "kind": "auth"}}, Seen.MET),
        ({"call": 2, "words": {"creates": 0}}, Seen.BROKEN),
        ({"call": 2, "words": {"queries": 1}}, Seen.BROKEN),
        ({"call": 1, "words": {"kind": "auth"}}, Seen.BROKEN),
        ({"call": 2, "words": {"accepted": 1}}, Seen.MET),
        ({"call": 3, "words": {"creates": 0}}, Seen.BROKEN),
    ],
)
def test_words_of_one_call(argument: object, seen: Seen) -> None:
    """`of_call` asks its words about one call alone, and a call that never was is no pass."""
    finding = look(_TWO, "of_call", argument)
    assert finding.seen is seen, finding
    assert "call" in finding.expected


def test_a_task_of_the_kit_is_no_accepted_create() -> None:
    """Nobody pays for what the kit made itself."""
    seen = observation(error(), tasks=[task()], prepared=1)
    assert look(seen, "accepted", 0).seen is Seen.MET
    assert look(seen, "accepted", 1).seen is Seen.BROKEN
