"""Never more than four requests within a minute."""

from __future__ import annotations

import pytest

from contract_tests.live.pace import REQUESTS, WINDOW_SECONDS, Pace
from tests.kit.live.stage import Time


def most_within_a_minute(moments: list[float]) -> int:
    """How many requests any minute saw at most."""
    return max(sum(begin <= moment <= begin + 60 for moment in moments) for begin in moments)


@pytest.mark.parametrize("spent", [0.0, 0.4, 7.0, 20.0, 90.0])
def test_four_a_minute(spent: float) -> None:
    """Whatever the requests themselves take."""
    time, moments = Time(), []
    pace = Pace(time.clock, time.wait, limited=True)
    for _ in range(30):
        pace.await_turn()
        moments.append(time.now)
        time.now += spent
    assert most_within_a_minute(moments) == min(REQUESTS, int(60 / spent) + 1 if spent else REQUESTS)
    assert all(seconds > 0 for seconds in time.waited)


def test_a_wait_that_ends_early_is_waited_again() -> None:
    """An interrupted sleep is no turn."""
    time = Time()
    pace = Pace(time.clock, lambda seconds: time.wait(seconds / 2 if seconds > 1 else seconds), limited=True)
    for _ in range(REQUESTS + 1):
        pace.await_turn()
    assert time.now == pytest.approx(1000 + WINDOW_SECONDS)


def test_this_machine_makes_nobody_wait() -> None:
    """A mock has no limit that has to be kept."""
    time = Time()
    pace = Pace(time.clock, time.wait, limited=False)
    for _ in range(100):
        pace.await_turn()
    assert time.waited == []


@pytest.mark.parametrize(("requests", "minutes"), [(1, 1), (4, 1), (5, 2), (50, 13)])
def test_how_long_it_takes(requests: int, minutes: int) -> None:
    """In whole minutes, never too few."""
    assert Pace(Time().clock, Time().wait, limited=True).minutes(requests) == minutes
