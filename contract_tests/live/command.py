"""The flags of `minimax-mock check server URL --live`, and what they start."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from contract_tests.live.options import KEY_VARIABLE, Options

USAGE, INTERRUPTED = 2, 130
MOST_DOLLARS = 1000
_DEFAULTS = Options()


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of a live run; without `--live` the others mean nothing."""
    group = parser.add_argument_group(
        "live", f"asks a server that runs somewhere, at most four times a minute, with the key in {KEY_VARIABLE}"
    )
    group.add_argument("--live", action="store_true", help="gather facts instead of judging; costs nothing by itself")
    group.add_argument(
        "--yes",
        action="store_true",
        help="the plan is known and may run, and without --budget the account has balance 0",
    )
    group.add_argument("--budget", metavar="USD", help="also make the cheapest video, if the ledger leaves room for it")
    group.add_argument("--facts", metavar="FILE", help=f"where the facts go (default: {_DEFAULTS.facts})")
    group.add_argument("--ledger", metavar="FILE", help=f"what was spent so far (default: {_DEFAULTS.ledger})")
    group.add_argument("--probe", metavar="ID,...", help="only probes whose id begins so (default: all)")


def run(
    url: str,
    chosen: argparse.Namespace,
    environment: Mapping[str, str],
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """A live run; its exit code. What is refused is one line on stderr and 2."""
    from contract_tests.live.address import Refused
    from contract_tests.live.run import Outside, run_live

    source, sink, errors = stdin or sys.stdin, stdout or sys.stdout, stderr or sys.stderr

    def say(line: str) -> None:
        # A pipe that is closed, or a terminal that lacks a letter, ends no run that may have spent money.
        with suppress(BrokenPipeError):
            try:
                sink.write(line + "\n")
            except UnicodeEncodeError:
                sink.write(ascii(line) + "\n")
            sink.flush()

    def ask(question: str) -> str:
        sink.write(question)
        sink.flush()
        return source.readline()

    try:
        return run_live(url, options(chosen), Outside(environment, say, ask if source.isatty() else None))
    except Refused as refused:
        errors.write(f"minimax-mock: {refused}\n")
        return USAGE
    except KeyboardInterrupt:
        errors.write("minimax-mock: interrupted; nothing was sent\n")
        return INTERRUPTED


def options(chosen: argparse.Namespace) -> Options:
    """What the flags say. Raises Refused for a budget that is none."""
    only = tuple(part for part in (chosen.probe or "").split(",") if part)
    return Options(
        chosen.yes,
        _milli(chosen.budget),
        Path(chosen.facts or _DEFAULTS.facts),
        Path(chosen.ledger or _DEFAULTS.ledger),
        only,
    )


def _milli(text: str | None) -> int | None:
    """A sum of dollars in thousandths, rounded down."""
    from contract_tests.live.address import Refused

    if text is None:
        return None
    try:
        dollars = Decimal(text)
    except InvalidOperation:
        dollars = Decimal("NaN")
    if not (dollars.is_finite() and 0 < dollars <= MOST_DOLLARS):
        raise Refused(
            f"--budget {text[:40]!r}: expected US dollars, more than 0 and at most {MOST_DOLLARS}, such as 0.10"
        )
    return int(dollars * 1000)
