"""What a case can come to, and how it follows from what its checks found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How binding a case or a check is: a break fails, is reported, or is only written down."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"


class Seen(StrEnum):
    """What a check found: the obligation was met, broken, or cannot be seen at the level of the plug."""

    MET = "met"
    BROKEN = "broken"
    UNSEEN = "unseen"


class Outcome(StrEnum):
    """The verdict on one case."""

    PASS = "PASS"
    NON_STRICT = "NON-STRICT"  # a SHOULD is broken
    FAIL = "FAIL"  # a MUST is broken
    INFO = "INFO"  # written down, judged by nobody
    NOT_APPLICABLE = "N/A"  # the subject does not offer what the case is about
    NOT_OBSERVABLE = "NOT-OBSERVABLE"  # the plug shows too little; never a pass
    ERROR = "ERROR"  # the kit or the adapter is at fault
    XFAIL = "XFAIL"  # broken, and declared so in the baseline
    STALE = "STALE"  # declared as broken in the baseline, and is not


# Why a case was not judged at all, instead of findings.
NOT_RUN = (Outcome.NOT_APPLICABLE, Outcome.ERROR)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `expected` and `actual` are for people: whole, short sentences or values."""

    seen: Seen
    expected: str = ""
    actual: str = ""


def met(expected: str = "", actual: str = "") -> Finding:
    """The obligation was met."""
    return Finding(Seen.MET, expected, actual)


def broken(expected: str, actual: str) -> Finding:
    """The obligation was broken."""
    return Finding(Seen.BROKEN, expected, actual)


def unseen(expected: str, why: str) -> Finding:
    """Whether the obligation was met cannot be seen; `why` says what would make it visible."""
    return Finding(Seen.UNSEEN, expected, why)


@dataclass(frozen=True, slots=True)
class Checked:
    """A check with its name and level, and what it found."""

    id: str
    level: Level
    finding: Finding

    def as_dict(self) -> dict[str, Any]:
        """As `results.json` has it."""
        return {
            "id": self.id, "level": str(self.level), "outcome": str(self.finding.seen),
            "expected": self.finding.expected, "actual": self.finding.actual,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a case and the one line that says why."""

    outcome: Outcome
    reason: str
    checks: tuple[Checked, ...] = field(default=())


def judge(level: Level, checks: Sequence[Checked]) -> Verdict:
    """The verdict that findings make: what is broken outweighs what is unseen, and a MUST a SHOULD.

    A case of level INFO is never judged, only written down. Without a single check nothing was proven: ERROR.
    """
    kept = tuple(checks)
    if not kept:
        return Verdict(Outcome.ERROR, "the case checks nothing")
    if level is Level.INFO:
        said = [f"{each.id}: {each.finding.actual or each.finding.seen}" for each in kept]
        return Verdict(Outcome.INFO, "; ".join(said), kept)
    ranked = (
        (Outcome.FAIL, Seen.BROKEN, Level.MUST),
        (Outcome.NON_STRICT, Seen.BROKEN, Level.SHOULD),
        (Outcome.NOT_OBSERVABLE, Seen.UNSEEN, Level.MUST),
        (Outcome.NOT_OBSERVABLE, Seen.UNSEEN, Level.SHOULD),
    )
    for outcome, seen, binding in ranked:
        first = next((each for each in kept if each.finding.seen is seen and each.level is binding), None)
        if first is not None:
            return Verdict(outcome, _reason(first), kept)
    return Verdict(Outcome.PASS, "", kept)


def _reason(checked: Checked) -> str:
    finding = checked.finding
    return f"{checked.id}: expected {finding.expected}; {finding.actual}" if finding.actual else finding.expected
