"""One line of a table of measurements: what every subject did, round by round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, in which unit, and one value for each round of every subject.

    `against` names the subject that the others are divided by, each within its own round. `aim` says in words
    what was to be reached; `higher_is_better` tells throughput from time and memory.
    """

    what: str
    unit: str
    values: Mapping[str, Sequence[float]]
    against: str
    aim: str | None = None
    higher_is_better: bool = False

    def ratios(self, subject: str) -> list[float]:
        """What the subject did, divided by what the other did in the same round."""
        return [mine / other for mine, other in zip(self.values[subject], self.values[self.against], strict=True)]
