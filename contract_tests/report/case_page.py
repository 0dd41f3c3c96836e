"""The page of one case: everything that a template needs, in the order in which a person wants to know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract_tests.outcome import Level, Outcome
from contract_tests.report.matrix import Matrix, Row, Subject
from contract_tests.report.meaning import LEVELS, MEANINGS, Meaning
from contract_tests.report.plain import cut
from contract_tests.report.wire_log import Body, Moment, document, in_short, left_out, moments

_OUTPUT_LIMIT = 6_000  # characters of stdout or stderr; the end tells more than the beginning
_WORST_FIRST = {"broken": 0, "unseen": 1, "met": 2}
_FEW_EXCHANGES = 8


@dataclass(frozen=True, slots=True)
class CallPart:
    """One call of the client: what it was asked for, what it said, and what it wrote."""

    outcome: str
    said: str
    seconds: float
    exit_code: int | None
    call: Body
    result: Body | None
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Part:
    """One subject's part of the page."""

    subject: Subject
    meaning: Meaning
    reason: str
    baseline: Mapping[str, Any] | None
    seconds: float
    checks: Sequence[Mapping[str, Any]]
    short: list[tuple[str, str, int]]
    moments: list[Moment]
    left_out: int
    calls: list[CallPart]

    @property
    def broken(self) -> Sequence[Mapping[str, Any]]:
        """The checks that were broken, or when there is none those that could not be seen."""
        for outcome in ("broken", "unseen"):
            found = [check for check in self.checks if check["outcome"] == outcome]
            if found:
                return found
        return []

    @property
    def open_bodies(self) -> bool:
        """Whether the bodies of the log stand open; of a long log each would hide the next."""
        return len(self.moments) <= 2 * _FEW_EXCHANGES


@dataclass(frozen=True, slots=True)
class CasePage:
    """The page. `before` and `after` are its neighbours, `trouble` the next case that somebody has to look at."""

    row: Row
    level: str
    parts: list[Part]
    before: Row | None
    after: Row | None
    trouble: Row | None

    @property
    def suite(self) -> str:
        """What is judged: client, receiver or server."""
        return str(self.parts[0].subject.results["suite"])

    @property
    def attention(self) -> bool:
        """Whether the page has to say what to do."""
        return any(part.meaning.attention or part.meaning.outcome is Outcome.XFAIL for part in self.parts)


def case_pages(matrix: Matrix) -> list[CasePage]:
    """The pages of every case, in the order of the matrix."""
    rows = matrix.rows
    return [_page(matrix, rows, number) for number in range(len(rows))]


def _page(matrix: Matrix, rows: list[Row], number: int) -> CasePage:
    row = rows[number]
    having = [(subject, subject.cases[row.id]) for subject in matrix.subjects if row.id in subject.cases]
    return CasePage(
        row=row,
        level=LEVELS[Level(row.case["level"])],
        parts=[_part(subject, case) for subject, case in having],
        before=rows[number - 1] if number else None,
        after=rows[number + 1] if number + 1 < len(rows) else None,
        trouble=next((each for each in rows[number + 1 :] if each.attention), None),
    )


def _part(subject: Subject, case: Mapping[str, Any]) -> Part:
    return Part(
        subject=subject,
        meaning=MEANINGS[Outcome(case["outcome"])],
        reason=case["reason"],
        baseline=case["baseline"],
        seconds=case["seconds"],
        checks=sorted(case["checks"], key=lambda check: _WORST_FIRST[check["outcome"]]),
        short=in_short(case["wire"]),
        moments=moments(case["wire"]),
        left_out=left_out(case["wire"]),
        calls=[_call(each) for each in case["calls"]],
    )


def _call(call: Mapping[str, Any]) -> CallPart:
    return CallPart(
        outcome=call["outcome"],
        said=_said(call),
        seconds=call["seconds"],
        exit_code=call["exit_code"],
        call=document(call["call"]),
        result=document(call["result"]) if call["result"] else None,
        stdout=_tail(call["stdout"]),
        stderr=_tail(call["stderr"]),
    )


def _said(call: Mapping[str, Any]) -> str:
    """What the client reported, in a few words."""
    error = call["result"].get("error")
    if call["outcome"] != "error" or not isinstance(error, Mapping):
        ids = [f"{name} {call['result'][name]}" for name in ("task_id", "file_id") if call["result"].get(name)]
        code = [f"exit code {call['exit_code']}"] if call["exit_code"] is not None and not ids else []
        return cut(", ".join([call["outcome"], *ids, *code]), 200)
    named = [f"{name} {error[name]}" for name in ("kind", "code") if error.get(name) is not None]
    message = f": “{cut(str(error['message']), 200)}”" if error.get("message") else ""
    return cut(f"error, {', '.join(named)}{message}", 400)


def _tail(text: str) -> str:
    if len(text) <= _OUTPUT_LIMIT:
        return text
    return f"({len(text) - _OUTPUT_LIMIT:,} characters before this)\n{text[-_OUTPUT_LIMIT:]}"
