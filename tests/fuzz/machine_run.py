"""The state machine as a command, at random: `python -m tests.fuzz.machine_run --examples 300 [--seed N]`."""

from __future__ import annotations

import argparse
import secrets
import sys
import time

import hypothesis
from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.machine import MockMachine, StateFileMachine

STEPS = 50


def main() -> int:
    """Plays so many runs of the machine; hypothesis shows the shortest one that fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.machine_run", description=__doc__)
    parser.add_argument("--examples", type=int, default=100, help="how many runs (default 100)")
    parser.add_argument("--seed", type=int, default=None, help="repeats a run (default: a new one)")
    options = parser.parse_args()
    seed = secrets.randbelow(10**9) if options.seed is None else options.seed
    print(
        f"state machine: seed {seed}; again: python -m tests.fuzz.machine_run --examples {options.examples} --seed {seed}"
    )
    started = time.monotonic()
    chosen = hypothesis.settings(
        database=None, deadline=None, max_examples=options.examples, stateful_step_count=STEPS,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    for machine in (MockMachine, StateFileMachine):
        run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=chosen)
    print(
        f"twice {options.examples} runs of up to {STEPS} steps in {time.monotonic() - started:.0f} s, all as the model says"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
