"""summary.md: the verdict on one screen, as Markdown for the summary page of a CI run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from contract_tests.outcome import Outcome
from contract_tests.report.meaning import MEANINGS, counted, verdict
from contract_tests.report.shown import one_line

# A summary page takes a megabyte, and nobody reads more than this.
_LISTED = 60
_REASON_LIMIT = 300
# Written by number these mean nothing to Markdown, nor to what makes links, mentions and formulas of plain text.
_SPEAKING = re.compile(r"[&<>\\`*\[\]|~@#!$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=/)|(?<=www)\.", re.IGNORECASE)


def summary_text(results: Mapping[str, Any]) -> str:
    """Verdict, counts, failing cases with their reasons, and folded below them what is not strict."""
    counts = counted(results)
    occurring = [each for each in MEANINGS.values() if counts[each.outcome]]
    subject = results["subject"]
    lines = [
        f"## Contract of the {results['suite']}: <code>{_inert(subject['name'])}</code>",
        "",
        f"**{_inert(verdict(results))}**",
        "",
        "| outcome | cases | meaning |",
        "|---|---:|---|",
        *(f"| {each.outcome.value} | {counts[each.outcome]} | {each.words} |" for each in occurring),
        "",
    ]
    for each in occurring:
        if each.attention:
            lines += _listed(each.outcome, [case for case in results["cases"] if case["outcome"] == each.outcome])
    kit = f"{_inert(results['kit']['name'])} {_inert(results['kit']['version'])}"
    lines.append(f"{kit}, plug <code>{_inert(subject['plug'])}</code>")
    return "\n".join(lines) + "\n"


def _listed(outcome: Outcome, cases: Sequence[Mapping[str, Any]]) -> list[str]:
    items = [_item(case) for case in cases[:_LISTED]]
    if len(cases) > _LISTED:
        items.append(f"- … and {len(cases) - _LISTED} more")
    if outcome is not Outcome.NON_STRICT:
        return [f"### {outcome.value}", "", *items, ""]
    return ["<details>", f"<summary>{outcome.value} ({len(cases)})</summary>", "", *items, "", "</details>", ""]


def _item(case: Mapping[str, Any]) -> str:
    reason = _inert(case["reason"], _REASON_LIMIT)
    return f"- **{case['id']}** {_inert(case['title'])}" + (f"<br><code>{reason}</code>" if reason else "")


def _inert(text: str, limit: int = 200) -> str:
    """The text on one line, as nothing but text: no Markdown, no HTML, no link, no mention."""
    return _SPEAKING.sub(lambda match: f"&#{ord(match[0])};", one_line(text, limit))
