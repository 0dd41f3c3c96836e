"""`python -m benchmarks [MODULE …] [--rounds N]`: all measurements into docs/benchmarks.md, or some on the screen."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import signal
import sys
import time
import traceback
from types import FrameType

from benchmarks.contestants import versions
from benchmarks.page import PAGE, Outcome, generated, put_into
from benchmarks.tools import tell

# In the order of the page.
MEASUREMENTS = (
    "start", "sequential", "connections", "journey", "memory", "granian", "images", "tasks", "callbacks", "state",
    "verify", "plugin", "shares",
)  # fmt: skip
# What explains a choice and is measured only by name.
BY_NAME = ("servers",)
ROUNDS = 3


def main() -> int:
    """Measures; 1 when a measurement could not be made."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures the mock beside its peers.")
    there = [name for name in MEASUREMENTS if importlib.util.find_spec(f"benchmarks.{name}")]
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="MODULE",
        help=f"{', '.join(there)} (default: all of these, into {PAGE.name}), {', '.join(BY_NAME)}",
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"rounds of each (default: {ROUNDS})")
    chosen = parser.parse_args()
    if unknown := set(chosen.modules) - {*there, *BY_NAME}:
        parser.error(f"there is no {', '.join(sorted(unknown))}; choose from {', '.join((*there, *BY_NAME))}")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    if (busy := os.getloadavg()[0]) > (os.cpu_count() or 1):
        tell(f"the machine is busy (load {busy:.1f}); expect wide spreads")
    outcomes = [_outcome(name, max(1, chosen.rounds)) for name in chosen.modules or there]
    measured = {name for outcome in outcomes for row in outcome.rows for name in row.values}
    text = generated(outcomes, max(1, chosen.rounds), versions(measured))
    if chosen.modules:
        print(text)
    else:
        put_into(PAGE, text)
        tell(f"{PAGE} is written")
    return 1 if any(outcome.fault for outcome in outcomes) else 0


def _outcome(name: str, rounds: int) -> Outcome:
    """One measurement. A failure of one costs its own figures and not those of all others."""
    module = importlib.import_module(f"benchmarks.{name}")
    started = time.monotonic()
    tell(f"{name} …")
    summary = (module.__doc__ or name).splitlines()[0]
    try:
        rows, fault = module.measure(rounds), ""
    except Exception as error:  # whatever it is, it is told, and counts
        traceback.print_exc()
        rows, fault = [], f"{type(error).__name__}: {error}".splitlines()[0]
    tell(f"{name}: {time.monotonic() - started:.0f} s")
    return Outcome(name, summary, rows, fault)


def _stop(number: int, frame: FrameType | None) -> None:
    """Ends everything once; further signals would only keep the servers from being ended."""
    del number, frame
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    tell("stopping")
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
