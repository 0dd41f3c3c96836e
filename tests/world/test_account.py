"""An account: rate window, money, tasks and files of one key."""

from __future__ import annotations

import tracemalloc

import pytest

from mock_server.clock import ManualClock
from mock_server.world.task import Plan, Task
from tests.world.make import ORDER, PRICE, QUICK, account


def test_rate_window_is_sixty_seconds_to_the_moment() -> None:
    """A create counts for exactly sixty seconds, and the window rolls with each one."""
    clock = ManualClock(0.0)
    mine = account(clock, rpm=2)
    assert mine.admit()
    clock.advance(10)
    assert mine.admit()
    assert not mine.admit()
    clock.advance(49.75)
    assert not mine.admit()
    clock.advance(0.25)
    assert [mine.admit(), mine.admit()] == [True, False]
    clock.advance(10)
    assert [mine.admit(), mine.admit()] == [True, False]


def test_refused_calls_do_not_count_against_the_window() -> None:
    """Who keeps asking while the window is full is let in as soon as who waits."""
    clock = ManualClock(0.0)
    mine = account(clock, rpm=1)
    assert mine.admit()
    for _ in range(59):
        clock.advance(1)
        assert not mine.admit()
    clock.advance(1)
    assert mine.admit()


def test_account_without_limits_admits_and_pays_everything() -> None:
    """Without a rate every call is admitted; without a balance every price is covered."""
    mine = account(ManualClock())
    assert all(mine.admit() for _ in range(500))
    assert mine.reserve(10**9) is None
    assert mine.balance() is None


def test_money_is_held_back_until_it_does_not_suffice() -> None:
    """Each task holds its price; a price that is not covered is told the balance and takes nothing."""
    mine = account(ManualClock(), balance=3 * PRICE + 100)
    assert [mine.reserve(PRICE) for _ in range(4)] == [None, None, None, 100]
    assert mine.balance() == 100
    assert mine.reserve(100) is None
    assert mine.balance() == 0
    assert mine.reserve(1) == 0
    mine.release(PRICE)
    assert mine.balance() == PRICE


@pytest.mark.parametrize(("code", "seconds"), [(1027, 10.0), (0, 10.0), (1026, 3.0)])
def test_failed_task_gives_its_money_back_when_it_ends(code: int, seconds: float) -> None:
    """The price of a task that fails comes back once, at its end and not before."""
    clock = ManualClock(0.0)
    mine = account(clock, balance=PRICE)
    assert mine.reserve(PRICE) is None
    mine.open_task(ORDER, Plan(10.0, fail_code=code))
    clock.advance(seconds - 0.25)
    assert mine.balance() == 0
    clock.advance(0.25)
    assert [mine.balance(), mine.balance()] == [PRICE, PRICE]
    assert mine.reserve(PRICE) is None


def test_failed_task_by_polls_gives_its_money_back_when_it_is_seen() -> None:
    """Where queries move a task, the query that sees the failure brings the money back."""
    mine = account(ManualClock(), balance=PRICE)
    assert mine.reserve(PRICE) is None
    made = mine.open_task(ORDER, Plan(10.0, polls=2, fail_code=1027))
    mine.query(made.id)
    assert mine.balance() == 0
    mine.query(made.id)
    assert mine.balance() == PRICE


def test_finished_video_stays_paid() -> None:
    """The price of a task that succeeded does not come back."""
    clock = ManualClock()
    mine = account(clock, balance=PRICE)
    assert mine.reserve(PRICE) is None
    mine.open_task(ORDER, QUICK)
    clock.advance(1000)
    assert mine.balance() == 0


def test_failed_task_that_was_forgotten_still_gives_its_money_back() -> None:
    """Money does not get lost with the task that it was held for."""
    clock = ManualClock(0.0)
    mine = account(clock, balance=2 * PRICE, max_tasks=1)
    for plan in (Plan(10.0, fail_code=1027), QUICK):
        assert mine.reserve(PRICE) is None
        mine.open_task(ORDER, plan)
    clock.advance(10)
    assert mine.balance() == PRICE


def test_task_ended_by_hand_pays_by_how_it_ended() -> None:
    """Success by hand keeps the price of a task that was to fail; failure by hand brings back that of one that was not."""
    clock = ManualClock(0.0)
    mine = account(clock, balance=2 * PRICE)
    made = []
    for plan in (Plan(10.0, fail_code=1027), QUICK):
        assert mine.reserve(PRICE) is None
        made.append(mine.open_task(ORDER, plan))
    mine.end_task(made[0].id, None)
    assert mine.balance() == 0
    mine.end_task(made[1].id, 1026)
    assert mine.balance() == PRICE
    clock.advance(20)
    assert mine.balance() == PRICE


def test_create_looks_at_no_other_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many tasks are under way, those that will fail included, one more asks none of them how it stands."""
    mine = account(ManualClock(), balance=100 * PRICE)
    for code in [1027, None] * 20:
        mine.reserve(PRICE)
        mine.open_task(ORDER, Plan(10.0, fail_code=code))
    monkeypatch.setattr(Task, "state", lambda *_: pytest.fail("somebody looked"))
    assert mine.reserve(PRICE) is None
    mine.open_task(ORDER, QUICK)


def test_account_does_not_grow_with_tasks_that_were_forgotten() -> None:
    """Of tasks that had to go nothing stays, even when they were to fail at a later time."""
    mine = account(ManualClock(), max_tasks=10)
    mine.open_task(ORDER, Plan(10.0, fail_code=1027))
    tracemalloc.start()
    for _ in range(5000):
        mine.reserve(PRICE)
        mine.open_task(ORDER, Plan(10.0, fail_code=1027))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 100_000
    assert mine.ledger().failed == 4991


def test_oldest_task_is_forgotten_with_its_file() -> None:
    """With more tasks than are kept, the oldest is gone, and its file too; the others stay."""
    clock = ManualClock()
    mine = account(clock, max_tasks=3)
    made = [mine.open_task(ORDER, QUICK) for _ in range(5)]
    clock.advance(10)
    assert [mine.query(task.id) is not None for task in made] == [False, False, True, True, True]
    assert [mine.file(task.file_id) is not None for task in made] == [False, False, True, True, True]
    assert [task for task, _ in mine.tasks()] == made[2:]


def test_task_and_file_of_another_account_are_unknown() -> None:
    """Nobody sees the task or the file of somebody else, nor one that never was."""
    clock = ManualClock()
    mine, other = account(clock, key="mine"), account(clock, key="other")
    made = mine.open_task(ORDER, QUICK)
    clock.advance(10)
    assert (mine.query(made.id), mine.file(made.file_id)) != (None, None)
    assert (other.query(made.id), other.file(made.file_id)) == (None, None)
    assert (mine.query(made.file_id), mine.file(made.id), mine.query(0)) == (None, None, None)


def test_file_is_there_from_success_on() -> None:
    """There is no file while the task runs, and never one of a task that failed."""
    clock = ManualClock(0.0)
    mine = account(clock)
    good, bad = mine.open_task(ORDER, QUICK), mine.open_task(ORDER, Plan(10.0, fail_code=1027))
    clock.advance(9.75)
    assert mine.file(good.file_id) is None
    clock.advance(0.25)
    found = mine.file(good.file_id)
    assert found is not None
    assert found[0] is good
    assert mine.file(bad.file_id) is None


def test_only_queries_of_the_client_count() -> None:
    """Listing the tasks or asking for a file is no query."""
    mine = account(ManualClock())
    made = mine.open_task(ORDER, Plan(10.0, polls=3))
    mine.tasks()
    mine.file(made.file_id)
    assert made.polls_seen == 0
    mine.query(made.id)
    assert made.polls_seen == 1


def test_task_holds_what_was_ordered() -> None:
    """The order goes into the task unchanged, with the time of the clock."""
    made = account(ManualClock(5000.0)).open_task(ORDER, QUICK)
    assert (made.model, made.resolution, made.duration) == (ORDER.model, ORDER.resolution, ORDER.duration)
    assert (made.prompt, made.price, made.plan, made.created_at) == (ORDER.prompt, PRICE, QUICK, 5000.0)


def test_handle_does_not_show_the_key() -> None:
    """The name in download links is made from key and seed, is the same each time, and does not hold the key."""
    clock = ManualClock()
    handles = [account(clock, key=key, seed=seed).handle for key, seed in (("abcd", 1), ("abcd", 1), ("abcd", 2))]
    assert handles[0] == handles[1] != handles[2]
    assert len(handles[0]) == 16
    assert "abcd" not in handles[0]


def test_key_outside_ascii_opens_an_account() -> None:
    """Any text is a key, and two texts are two accounts."""
    assert account(ManualClock(), key="ключ").handle != account(ManualClock(), key="?").handle
