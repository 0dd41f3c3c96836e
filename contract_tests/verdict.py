"""From the outcomes of cases to the one of a run: what counts against the subject, and the exit code."""

from __future__ import annotations

from collections.abc import Iterable

from contract_tests.outcome import Outcome

CONFORMANT = 0
NOT_CONFORMANT = 1
USAGE = 2
TROUBLE = 3
UNUSABLE = 4
# What must not happen, by what `--level` asks for. An ERROR is the kit's or the adapter's and has an exit code of its own.
LEVELS: dict[str, frozenset[Outcome]] = {
    "must": frozenset({Outcome.FAIL, Outcome.STALE}),
    "should": frozenset({Outcome.FAIL, Outcome.STALE, Outcome.NON_STRICT}),
    "all": frozenset({Outcome.FAIL, Outcome.STALE, Outcome.NON_STRICT, Outcome.NOT_OBSERVABLE}),
}

NOTHING_PROVEN = {Outcome.NOT_APPLICABLE, Outcome.INFO, Outcome.NOT_OBSERVABLE}


def counts_against(outcome: Outcome, required: str) -> bool:
    """Whether an outcome fails the test of its case at that level."""
    return outcome is Outcome.ERROR or outcome in LEVELS[required]


def exit_code(outcomes: Iterable[str], required: str) -> int:
    """The exit code of a run. One in which nothing was proven either way says nothing: the plug is unusable."""
    found = {Outcome(each) for each in outcomes}
    if Outcome.ERROR in found:
        return TROUBLE
    if found & LEVELS[required]:
        return NOT_CONFORMANT
    return CONFORMANT if found - NOTHING_PROVEN else UNUSABLE
