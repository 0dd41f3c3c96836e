"""A few hundred steps of the state machine, the same ones everywhere; `make nightly` takes many more, at random."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.machine import MockMachine


def test_the_mock_is_what_the_model_says() -> None:
    """Creates, queries, files, time, money, rules, resets and restarts in any order; twice asked, twice the same answers."""
    fixed = settings(
        derandomize=True, database=None, deadline=None, max_examples=12, stateful_step_count=30, print_blob=False,
        phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(MockMachine, settings=fixed)
