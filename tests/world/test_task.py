"""The timeline of a task: by time and by the client's queries, and the early verdict on the input."""

from __future__ import annotations

import random

import pytest

from mock_server.clock import ManualClock
from mock_server.world.task import Plan, State, Status
from tests.world.make import ORDER, account, task

ORDERED: list[Status] = ["Preparing", "Queueing", "Processing", "Success", "Fail"]
LETTERS: dict[str, Status] = {status[0]: status for status in ORDERED if status != "Processing"} | {"R": "Processing"}


@pytest.mark.parametrize(
    ("after", "status", "since"),
    [
        (0.0, "Preparing", 0.0), (0.999, "Preparing", 0.0), (1.0, "Queueing", 1.0), (2.999, "Queueing", 1.0),
        (3.0, "Processing", 3.0), (9.999, "Processing", 3.0), (10.0, "Success", 10.0), (1e9, "Success", 10.0),
    ],
)  # fmt: skip
def test_states_follow_each_other_in_time(after: float, status: Status, since: float) -> None:
    """Each state begins at its share of the timeline, and the end is reached exactly at its time."""
    assert task(Plan(10.0)).state(1000.0 + after) == State(status, 0, 1000.0 + since)


@pytest.mark.parametrize("code", [0, 1027, 2013])
def test_failing_task_runs_through_all_states(code: int) -> None:
    """A task that fails is seen in Processing first and ends with its code, which no state before it has."""
    failing = task(Plan(10.0, fail_code=code))
    assert failing.state(1009.9) == State("Processing", 0, 1003.0)
    assert failing.state(1010.0) == State("Fail", code, 1010.0)


def test_verdict_on_the_input_comes_instead_of_processing() -> None:
    """A task whose input is judged sensitive fails where Processing would have begun, and is never seen there."""
    judged = task(Plan(10.0, fail_code=1026))
    assert judged.state(1002.9).status == "Queueing"
    assert judged.state(1003.0) == State("Fail", 1026, 1003.0)
    assert judged.ends_at() == 1003.0
    assert all(judged.state(1000 + tenth / 10).status != "Processing" for tenth in range(200))


@pytest.mark.parametrize("fail_code", [None, 0, 1026, 1027])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 2.0, 86_400.0])
def test_time_never_leads_back(fail_code: int | None, seconds: float) -> None:
    """States only go forward, end at the promised time, and stay what they are."""
    one = task(Plan(seconds, fail_code=fail_code))
    end = one.ends_at()
    assert end is not None
    moments = [1000.0 + seconds * step / 100 for step in range(150)]
    ranks = [ORDERED.index(one.state(now).status) for now in moments]
    assert ranks == sorted(ranks)
    assert all(one.state(now).ended == (now >= end) for now in moments)
    assert one.state(end).since == end


def test_state_is_a_pure_function_of_time() -> None:
    """Asking often and in any order changes nothing: a moment always has the same state."""
    one = task(Plan(10.0))
    moments = [1000.0 + step / 7 for step in range(100)]
    expected = {now: one.state(now) for now in moments}
    random.Random(8026).shuffle(moments)
    assert {now: one.state(now) for now in moments} == expected
    assert (one.polls_seen, one.last_poll) == (0, 0.0)


@pytest.mark.parametrize(
    ("polls", "seen"),
    [(1, "S"), (2, "RS"), (3, "QRS"), (4, "PQRS"), (5, "PPQRS"), (6, "PPQQRS"), (7, "PPQQRRS")],
)
def test_query_number_n_sees_the_end(polls: int, seen: str) -> None:
    """With polls:N the N-th query sees the end, and the running states share those before it."""
    clock = ManualClock()
    mine = account(clock)
    made = mine.open_task(ORDER, Plan(10.0, polls=polls))
    states = []
    for _ in range(polls + 2):
        found = mine.query(made.id)
        assert found is not None
        states.append(found[1].status)
    assert states == [LETTERS[letter] for letter in seen + "SS"]


@pytest.mark.parametrize("polls", range(1, 13))
@pytest.mark.parametrize("fail_code", [None, 1026, 1027])
def test_queries_never_lead_back(polls: int, fail_code: int | None) -> None:
    """However many queries a task takes, states only go forward, and an early verdict is never seen in Processing."""
    mine = account(ManualClock())
    made = mine.open_task(ORDER, Plan(10.0, polls=polls, fail_code=fail_code))
    found = [mine.query(made.id) for _ in range(polls)]
    states = [each[1] for each in found if each is not None]
    ranks = [ORDERED.index(state.status) for state in states]
    assert ranks == sorted(ranks)
    assert (states[-1].status, states[-1].code) == (("Success", 0) if fail_code is None else ("Fail", fail_code))
    if fail_code == 1026:
        assert "Processing" not in [state.status for state in states]
    else:
        assert not any(state.ended for state in states[:-1])


def test_with_polls_time_moves_nothing() -> None:
    """A task that goes by queries waits for them for ever, and looking without a query does not count."""
    clock = ManualClock()
    mine = account(clock)
    made = mine.open_task(ORDER, Plan(10.0, polls=2))
    clock.advance(1e6)
    assert [state.status for _, state in mine.tasks() + mine.tasks()] == ["Preparing"] * 2
    assert made.ends_at() is None


def test_end_by_polls_keeps_its_moment() -> None:
    """The end happened when the query saw it, and later queries do not move it."""
    clock = ManualClock(500.0)
    mine = account(clock)
    made = mine.open_task(ORDER, Plan(10.0, polls=1))
    assert mine.query(made.id) == (made, State("Success", 0, 500.0))
    clock.advance(50)
    assert mine.query(made.id) == (made, State("Success", 0, 500.0))
    assert made.polls_seen == 1
