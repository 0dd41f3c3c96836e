"""Whether what happened is what was expected, and if not, what came nearest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mock_server.control.matching import Expected, Seen, nearest
from mock_server.errors import Mistake, Problem
from mock_server.world.pattern import Patience
from mock_server.world.signal import Signal

MANY_IDS = 100
# Real seconds that a wait takes unless somebody says otherwise; `control.yaml` says so too.
TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was seen, and how much more there was that is no longer kept."""

    seen: Sequence[Seen]
    dropped: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome: how many matched, which, and, when it is not as expected, why not and what came nearest."""

    count: int
    ids: tuple[str, ...]
    of: int
    dropped: int
    fault: str | None = None
    nearest: list[dict[str, Any]] = field(default_factory=list)


class Expectation:
    """What has to have happened, how often, and in which order. Raises Mistake for one that contradicts itself."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = {name: value for name, value in data.items() if name != "timeout"}
        times, at_least, at_most = data.get("times"), data.get("atLeast"), data.get("atMost")
        if times is not None and (at_least is not None or at_most is not None):
            raise Mistake("/times", "says exactly how often, so atLeast and atMost have no place")
        if at_least is not None and at_most is not None and at_least > at_most:
            raise Mistake("/atMost", f"{at_most} is less than atLeast {at_least}")
        counted = any(value is not None for value in (times, at_least, at_most))
        self._low = times if times is not None else at_least if counted else None if "order" in data else 1
        self._high = times if times is not None else at_most
        self._match = Expected(data.get("match", {}))
        self._order = [Expected({**data.get("match", {}), **step}) for step in data.get("order", [])]

    def judge(self, evidence: Evidence) -> Verdict:
        """Compares with what was seen. What is no longer kept speaks against every claim that it may have broken."""
        patience = Patience()
        matched = [seen for seen in evidence.seen if not self._match.differences(seen, patience)]
        count = len(matched)
        fault, near = self._count_fault(count, evidence), self._match
        if fault is None and (step := self._first_out_of_order(evidence.seen, patience)) is not None:
            fault, near = (
                f"{_in_words(self._order[step].data)} is missing as number {step + 1} of the order",
                self._order[step],
            )
        return Verdict(
            count, tuple(seen.id for seen in matched[-MANY_IDS:]), len(evidence.seen), evidence.dropped, fault,
            nearest(near, evidence.seen, patience) if fault is not None else [],
        )  # fmt: skip

    def _count_fault(self, count: int, evidence: Evidence) -> str | None:
        expected = f"{_in_words(self._match.data)} {self._times_in_words()}"
        if (self._low is not None and count < self._low) or (self._high is not None and count > self._high):
            gone = f"; {evidence.dropped} more {_are(evidence.dropped)} no longer kept" if evidence.dropped else ""
            among = _counted(len(evidence.seen), evidence.what)
            return f"expected {expected}, seen {_times(count)} among {among}{gone}"
        if self._high is not None and evidence.dropped:
            return (
                f"cannot say whether {expected} holds: {count} {_are(count, 'was', 'were')} seen, but "
                f"{_counted(evidence.dropped, evidence.what)} {_are(evidence.dropped)} no longer kept (--journal-max, --journal-bytes)"
            )
        return None

    def _first_out_of_order(self, seen: Sequence[Seen], patience: Patience) -> int | None:
        left = iter(seen)
        for step, expected in enumerate(self._order):
            if not any(not expected.differences(each, patience) for each in left):
                return step
        return None

    def _times_in_words(self) -> str:
        if self._low is not None and self._low == self._high:
            return "never" if self._low == 0 else f"exactly {_times(self._low)}"
        words = [f"at least {_times(self._low)}"] if self._low is not None else []
        return " and ".join(words + ([f"at most {_times(self._high)}"] if self._high is not None else []))


def verify(expectation: Expectation, evidence: Evidence) -> dict[str, Any]:
    """The count, when it is as expected. Raises Problem 409 with what was seen instead."""
    verdict = expectation.judge(evidence)
    if verdict.fault is None:
        return {"count": verdict.count, "ids": list(verdict.ids)}
    raise Problem(
        409, "Not as expected", detail=verdict.fault, expected=expectation.data, count=verdict.count, of=verdict.of,
        ids=list(verdict.ids), dropped=verdict.dropped, nearest=verdict.nearest,
    )  # fmt: skip


def wait(expectation: Expectation, look: Callable[[], Evidence], signal: Signal, seconds: float) -> dict[str, Any]:
    """Waits until it is as expected, at most so many real seconds. Raises Problem 409 when the time is up."""
    signal.wait_until(lambda: expectation.judge(look()).fault is None, seconds)
    return verify(expectation, look())


def _in_words(match: Mapping[str, Any]) -> str:
    return json.dumps(match, ensure_ascii=False) if match else "anything"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _counted(count: int, what: str) -> str:
    """A number of things; `what` is their name in the plural."""
    return f"{count} {what.removesuffix('s') if count == 1 else what}"


def _are(count: int, one: str = "is", many: str = "are") -> str:
    return one if count == 1 else many
