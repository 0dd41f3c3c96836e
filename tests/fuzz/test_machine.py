"""A few hundred steps of the state machine, the same ones everywhere; `make nightly` takes many more, at random."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.machine import MockMachine, StateFileMachine

FIXED = settings(
    derandomize=True, database=None, deadline=None, max_examples=10, stateful_step_count=30, print_blob=False,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def test_the_mock_is_what_the_model_says() -> None:
    """Creates, queries, files, time, money, rules, resets and restarts in any order; twice asked, twice the same answers."""
    run_state_machine_as_test(MockMachine, settings=FIXED)


def test_a_mock_with_a_state_file_is_too() -> None:
    """After each restart everything is there that was acknowledged."""
    run_state_machine_as_test(StateFileMachine, settings=FIXED)
