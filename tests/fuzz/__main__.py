"""Fuzzing as a command: `python -m tests.fuzz --cases 200000 [--seed N] [--round N]`."""

from __future__ import annotations

import argparse
import faulthandler
import secrets
import sys
import time

from tests.fuzz.campaign import CASES_IN_A_ROUND, Campaign, Failure
from tests.fuzz.memory import growth

# A round takes a second or two; one that takes so long hangs, and its threads are shown.
HANGS_AFTER = 300


def main() -> int:
    """Plays rounds until there were enough cases; 1 when one was answered as it may not be, or memory grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="how many at least (default 20000)")
    parser.add_argument("--seed", type=int, default=None, help="repeats a run (default: a new one)")
    parser.add_argument("--round", type=int, default=None, help="only this round of it")
    options = parser.parse_args()
    seed = secrets.randbelow(10**9) if options.seed is None else options.seed
    campaign = Campaign(seed)
    measured = campaign.measured
    print(f"fuzzing: seed {seed}", flush=True)
    started, number = time.monotonic(), options.round or 0
    while number == options.round or (options.round is None and measured.cases < options.cases):
        faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
        try:
            campaign.play(number)
        except Failure as failure:
            print(f"{failure}\nagain: python -m tests.fuzz --seed {seed} --round {number}", file=sys.stderr)
            return 1
        measured.weigh()
        number += 1
        if number % 100 == 0:
            print(f"  {measured.cases} cases, round {number}, {measured.resident[-1] >> 20} MiB", flush=True)
    faulthandler.cancel_dump_traceback_later()
    seconds = time.monotonic() - started
    print(
        f"{measured.cases} cases in {number} rounds of {CASES_IN_A_ROUND}, {measured.cases / seconds:.0f} a second, seed {seed}"
    )
    print("by kind: " + ", ".join(f"{name} {count}" for name, count in measured.families.most_common()))
    print("by HTTP status: " + ", ".join(f"{status} {count}" for status, count in sorted(measured.statuses.items())))
    print(f"slowest answer: {measured.slowest:.2f} s")
    return growth(measured)


if __name__ == "__main__":
    sys.exit(main())
