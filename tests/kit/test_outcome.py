"""From findings to verdicts, and from verdicts to exit codes."""

from __future__ import annotations

import itertools

import pytest

from contract_tests.outcome import Checked, Finding, Level, Outcome, Seen, broken, judge, met, unseen
from contract_tests.verdict import counts_against, exit_code

MUST, SHOULD = Level.MUST, Level.SHOULD


def checked(level: Level, finding: Finding, name: str = "check") -> Checked:
    """A check with a finding."""
    return Checked(name, level, finding)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ([(MUST, met())], Outcome.PASS),
        ([(MUST, met()), (SHOULD, broken("a", "b"))], Outcome.NON_STRICT),
        ([(MUST, broken("a", "b")), (SHOULD, broken("a", "b"))], Outcome.FAIL),
        ([(MUST, unseen("a", "b")), (SHOULD, met())], Outcome.NOT_OBSERVABLE),
        ([(MUST, met()), (SHOULD, unseen("a", "b"))], Outcome.NOT_OBSERVABLE),
        ([(MUST, unseen("a", "b")), (MUST, broken("a", "b"))], Outcome.FAIL),
        ([(MUST, unseen("a", "b")), (SHOULD, broken("a", "b"))], Outcome.NON_STRICT),
    ],
)
def test_what_is_broken_outweighs_what_is_unseen(found: list[tuple[Level, Finding]], outcome: Outcome) -> None:
    """And a MUST outweighs a SHOULD, in whatever order they were looked at."""
    for order in itertools.permutations(found):
        assert judge(MUST, [checked(*each) for each in order]).outcome is outcome


def test_reason_names_the_check_and_both_sides() -> None:
    """One line says what was expected and what came."""
    verdict = judge(MUST, [checked(MUST, met()), checked(MUST, broken("one create", "there were 2"), "creates")])
    assert verdict.reason == "creates: expected one create; there were 2"


def test_information_is_never_judged() -> None:
    """A case of level INFO tells what it saw, even where that is a break."""
    verdict = judge(Level.INFO, [checked(Level.INFO, broken("a", "it was 2"), "which")])
    assert (verdict.outcome, verdict.reason) == (Outcome.INFO, "which: it was 2")


def test_nothing_checked_is_no_pass() -> None:
    """A case that checks nothing is a fault of the kit."""
    assert judge(MUST, []).outcome is Outcome.ERROR


@pytest.mark.parametrize(
    ("outcomes", "must", "should", "everything"),
    [
        (["PASS", "INFO", "N/A", "XFAIL"], 0, 0, 0),
        (["PASS", "NON-STRICT"], 0, 1, 1),
        (["PASS", "NOT-OBSERVABLE"], 0, 0, 1),
        (["PASS", "FAIL"], 1, 1, 1),
        (["PASS", "STALE"], 1, 1, 1),
        (["FAIL", "ERROR"], 3, 3, 3),
        (["N/A", "N/A"], 4, 4, 4),
        ([], 4, 4, 4),
    ],
)
def test_exit_codes(outcomes: list[str], must: int, should: int, everything: int) -> None:
    """The level moves the exit code; a fault of the kit outweighs all, and without a judged case nothing is proven."""
    assert [exit_code(outcomes, level) for level in ("must", "should", "all")] == [must, should, everything]


def test_what_fails_a_test_is_what_fails_the_run() -> None:
    """At every level, the outcomes that fail their test are those that keep the exit code from 0."""
    for level, outcome in itertools.product(("must", "should", "all"), Outcome):
        alone = exit_code([outcome, Outcome.PASS], level)
        assert counts_against(outcome, level) == (alone != 0)


def test_findings_say_what_they_are() -> None:
    """The three makers of findings."""
    assert [each.seen for each in (met(), broken("a", "b"), unseen("a", "b"))] == list(Seen)
