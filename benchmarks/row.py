"""One line of a table of measurements: what every subject did, round by round, and what was to be reached."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# How the mock itself is called wherever it stands beside others.
MOCK = "minimax-mock"
FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Limit:
    """What one subject was to reach: a ratio to another one (`over`), or without it a plain value in the row's unit.

    The median is judged, or with `always` each round.
    """

    subject: str
    over: str | None = None
    at_most: float | None = None
    at_least: float | None = None
    words: str = ""
    always: bool = False

    def is_met(self, values: Sequence[float]) -> bool:
        """Whether what was measured, round by round, keeps it."""
        return all(self._allows(value) for value in (values if self.always else [statistics.median(values)]))

    def _allows(self, value: float) -> bool:
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, in which unit, and one value for each round of every subject.

    `against` names the subject that the others are divided by, each within its own round. Where `subject` is given it is
    the other way round: that one is divided by each of the others, and its absolute value stands beside that of `against`,
    the floor. `aim` says in words what was to be reached where no `limits` say it in numbers; `higher_is_better` tells
    throughput from time and memory; `notes` are what a reader has to know, errors for example.
    """

    what: str
    unit: str
    values: Mapping[str, Sequence[float]]
    against: str
    aim: str | None = None
    higher_is_better: bool = False
    subject: str | None = None
    limits: Sequence[Limit] = ()
    notes: Sequence[str] = ()

    def ratios(self, subject: str, over: str | None = None) -> list[float]:
        """What the subject did, divided by what the other (`against`, if none is named) did in the same round."""
        pairs = zip(self.values[subject], self.values[over or self.against], strict=True)
        return [_quotient(mine, other) for mine, other in pairs]

    def pairs(self) -> list[tuple[str, str]]:
        """Which subject is divided by which one, in the order of the values."""
        if self.subject is not None:
            return [(self.subject, other) for other in self.values if other != self.subject]
        return [(other, self.against) for other in self.values if other != self.against]

    def measured(self, limit: Limit) -> list[float] | None:
        """What a limit is about, round by round; None where a subject was left out."""
        if limit.subject not in self.values or (limit.over is not None and limit.over not in self.values):
            return None
        return list(self.values[limit.subject]) if limit.over is None else self.ratios(limit.subject, limit.over)


def _quotient(mine: float, other: float) -> float:
    """Nothing is as much as nothing; anything is infinitely more."""
    if other == 0:
        return 1.0 if mine == 0 else math.inf
    return mine / other


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, and the smallest and the largest of them."""

    median: float
    smallest: float
    largest: float


def spread(values: Sequence[float]) -> Spread:
    """The median and the ends. Raises StatisticsError for no values at all."""
    return Spread(statistics.median(values), min(values), max(values))
