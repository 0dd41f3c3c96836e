"""Rows as tables of Markdown: ratios with their spread, what was to be reached, and whether it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from benchmarks.row import Limit, Row, Spread, spread


def figures(rows: Sequence[Row]) -> str:
    """The tables of one measurement; rows with the same columns share one."""
    tables = []
    for heads, group in groupby(rows, key=_heads):
        tables.append("\n".join([_line(heads), _line(["---"] * len(heads)), *(_line(_cells(row)) for row in group)]))
    notes = dict.fromkeys(note for row in rows for note in row.notes)
    return "\n\n".join([*tables, *(["\n".join(f"- {note}" for note in notes)] if notes else [])])


def aims(rows: Sequence[Row]) -> str:
    """One line for each thing that was to be reached, told as it came out."""
    lines = [line for row in rows for line in _aims_of(row)]
    return "\n".join([_line(["what", "aim", "measured", "reached"]), _line(["---"] * 4), *lines])


def number(value: float) -> str:
    """As many digits as a reader can use."""
    if value == 0:
        return "0"
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 20:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _told(found: Spread) -> str:
    if found.smallest == found.largest:
        return number(found.median)
    return f"{number(found.median)} ({number(found.smallest)}–{number(found.largest)})"


def _heads(row: Row) -> list[str]:
    shown = [row.subject] if row.subject is not None else []
    # Where one subject is compared with many its name stands once.
    ratios = [f"÷ {other}" if row.subject is not None else f"{mine} ÷ {other}" for mine, other in row.pairs()]
    return ["what", *shown, row.against, *ratios]


def _cells(row: Row) -> list[str]:
    shown = [row.subject, row.against] if row.subject is not None else [row.against]
    values = [number(spread(row.values[name]).median) for name in shown]
    return [f"{row.what}, {row.unit}", *values, *(_told(spread(row.ratios(*pair))) for pair in row.pairs())]


def _aims_of(row: Row) -> Iterator[str]:
    for limit in row.limits:
        measured = row.measured(limit)
        told = ["—", "not measured"]
        if measured is not None:
            told = [_told(spread(measured)), "yes" if limit.is_met(measured) else "**no**"]
        yield _line([row.what, _in_words(limit, row.unit), *told])
    if row.aim is not None and not row.limits:
        yield _line([row.what, row.aim, "see the figures", "—"])


def _in_words(limit: Limit, unit: str) -> str:
    of = f"{limit.subject} ÷ {limit.over}" if limit.over is not None else limit.subject
    bound = (
        f"at most {_bound(limit.at_most)}" if limit.at_most is not None else f"at least {_bound(limit.at_least or 0)}"
    )
    return f"{of} {bound}{'' if limit.over is not None else f' {unit}'}{f' ({limit.words})' if limit.words else ''}"


def _bound(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
