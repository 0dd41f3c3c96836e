"""Cases by subjects: several results side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract_tests.outcome import Outcome
from contract_tests.report.meaning import MEANINGS, Meaning, counted, section_of, section_title, verdict

_ALPHABET = 26


@dataclass(frozen=True, slots=True)
class Subject:
    """One column: whose results they are. `mark` is the letter that stands for it where there is little room."""

    mark: str
    name: str
    results: Mapping[str, Any]
    cases: Mapping[str, Mapping[str, Any]]

    @property
    def anchor(self) -> str:
        """Where its part of a case page begins."""
        return f"subject-{self.mark}"

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many of its cases came to each outcome."""
        return counted(self.results)

    @property
    def verdict(self) -> str:
        """The verdict on it in one sentence."""
        return verdict(self.results)

    @property
    def broken(self) -> list[tuple[Meaning, Mapping[str, Any]]]:
        """The cases that somebody has to look at, the worst first."""
        outcomes = [meaning for meaning in MEANINGS.values() if meaning.attention]
        cases = self.results["cases"]
        return [(each, case) for each in outcomes for case in cases if case["outcome"] == each.outcome]


@dataclass(frozen=True, slots=True)
class Row:
    """One case: what it is (as the first subject that has it tells), and each subject's outcome, None where it has no such case."""

    case: Mapping[str, Any]
    cells: tuple[Meaning | None, ...]

    @property
    def id(self) -> str:
        """Identifier of the case."""
        return str(self.case["id"])

    @property
    def attention(self) -> bool:
        """Whether any subject's outcome asks for somebody to act."""
        return any(cell is not None and cell.attention for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Section:
    """The cases of one part of the catalogue."""

    id: str
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """What it is about."""
        return section_title(self.id)

    @property
    def attention(self) -> bool:
        """Whether any of its rows asks for somebody to act."""
        return any(row.attention for row in self.rows)


@dataclass(frozen=True, slots=True)
class Matrix:
    """All of it."""

    subjects: tuple[Subject, ...]
    sections: tuple[Section, ...]

    @property
    def rows(self) -> list[Row]:
        """Every row, in the order of the page."""
        return [row for section in self.sections for row in section.rows]

    @property
    def suites(self) -> str:
        """What was judged, for titles: `client`, or `client and receiver`."""
        return " and ".join(dict.fromkeys(subject.results["suite"] for subject in self.subjects))


def matrix(several: Sequence[Mapping[str, Any]]) -> Matrix:
    """The matrix of some results, in their order. Subjects of one name are numbered."""
    subjects: list[Subject] = []
    for number, results in enumerate(several):
        taken = {subject.name for subject in subjects}
        name = _distinguished(results["subject"]["name"], taken)
        subjects.append(Subject(_letters(number), name, results, {case["id"]: case for case in results["cases"]}))
    first: dict[str, Mapping[str, Any]] = {}
    for subject in subjects:
        for case_id, case in subject.cases.items():
            first.setdefault(case_id, case)
    sections: dict[str, list[Row]] = {}
    for case_id, case in first.items():
        cells = tuple(_cell(subject, case_id) for subject in subjects)
        sections.setdefault(section_of(case_id), []).append(Row(case, cells))
    return Matrix(tuple(subjects), tuple(Section(each, tuple(rows)) for each, rows in sections.items()))


def _cell(subject: Subject, case_id: str) -> Meaning | None:
    case = subject.cases.get(case_id)
    return None if case is None else MEANINGS[Outcome(case["outcome"])]


def _distinguished(name: str, taken: set[str]) -> str:
    number = 1
    distinct = name
    while distinct in taken:
        number += 1
        distinct = f"{name} ({number})"
    return distinct


def _letters(number: int) -> str:
    """A, B, … Z, AA, AB, … as spreadsheets name columns."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, _ALPHABET)
        letters = chr(ord("A") + rest) + letters
    return letters
