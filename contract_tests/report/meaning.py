"""What each outcome means, how it is marked, and what it counts for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.outcome import Level, Outcome
from contract_tests.verdict import counts_against

NOT_RUN = "–"  # stands where a subject has no such case


@dataclass(frozen=True, slots=True)
class Meaning:
    """`mark` is the outcome in one or two letters, `style` the name of its colours, `attention` whether somebody has to act."""

    outcome: Outcome
    mark: str
    words: str
    attention: bool

    @property
    def style(self) -> str:
        """The name as style sheets and addresses of pages have it."""
        return self.outcome.value.lower().replace("/", "")


# In the order in which people want to see them.
MEANINGS = {
    each.outcome: each
    for each in (
        Meaning(Outcome.FAIL, "F", "something that must hold is broken", attention=True),
        Meaning(
            Outcome.ERROR, "E", "trouble in the kit or in the adapter; says nothing of the subject", attention=True
        ),
        Meaning(Outcome.STALE, "ST", "the baseline expects a failure, and there is none any more", attention=True),
        Meaning(Outcome.NON_STRICT, "NS", "something that should hold is broken", attention=True),
        Meaning(Outcome.XFAIL, "XF", "broken, and declared so in the baseline", attention=False),
        Meaning(Outcome.NOT_OBSERVABLE, "NO", "the plug shows too little to tell; never a pass", attention=False),
        Meaning(Outcome.PASS, "P", "all that was checked is kept", attention=False),
        Meaning(Outcome.INFO, "I", "written down, not judged", attention=False),
        Meaning(Outcome.NOT_APPLICABLE, "NA", "the subject does not offer what the case is about", attention=False),
    )
}
LEVELS = {
    Level.MUST: "MUST: a break fails the case",
    Level.SHOULD: "SHOULD: a break is reported",
    Level.INFO: "INFO: written down only",
}
_SECTIONS = {
    "CL-REQ": "What is sent", "CL-AUTH": "Keys", "CL-ERR": "Codes in the body", "CL-NET": "Transport and parsing",
    "CL-POLL": "Polling", "CL-DL": "Download", "CL-COST": "Money", "CL-CB": "Callbacks",
    "RC-CHAL": "Challenges", "RC-UPD": "Updates", "RC-BAD": "Broken requests", "RC-SEC": "Security", "RC-E2E": "The whole way",
    "SV-AUTH": "Keys", "SV-REQ": "Requests", "SV-CB": "Callbacks", "SV-Q": "Queries", "SV-F": "Files", "SV-LIM": "Limits",
    "SV-HDR": "Headers", "SV-LIFE": "The whole way",
}  # fmt: skip


def section_of(case_id: str) -> str:
    """The section of a case: the first two parts of its id."""
    return "-".join(case_id.split("-")[:2])


def section_title(section: str) -> str:
    """What a section is about; empty for one that this version does not know."""
    return _SECTIONS.get(section, "")


def counted(results: Mapping[str, Any]) -> dict[Outcome, int]:
    """How many cases came to each outcome, in the order of `MEANINGS`; counted anew from the cases."""
    outcomes = [case["outcome"] for case in results["cases"]]
    return {outcome: outcomes.count(outcome.value) for outcome in MEANINGS}


def fails(outcome: Outcome, required: str) -> bool:
    """Whether an outcome is a failure of the subject, under what was required."""
    return counts_against(outcome, required) and outcome not in (Outcome.ERROR, Outcome.STALE)


def verdict(results: Mapping[str, Any]) -> str:
    """The verdict on a subject in one sentence."""
    counts = counted(results)
    occurring = [each.outcome for each in MEANINGS.values() if each.attention and counts[each.outcome]]
    listed = ", ".join(f"{counts[outcome]} {outcome}" for outcome in occurring) or "nothing broken"
    total = f"{len(results['cases'])} case{'' if len(results['cases']) == 1 else 's'}"
    return f"{_verdict_word(results)} (required: {results['required']}): {listed} of {total}"


def _verdict_word(results: Mapping[str, Any]) -> str:
    match results["exit"]:
        case 3 if not results["conformant"] and counted(results)[Outcome.FAIL]:
            return "Not conformant, and trouble in the kit or the adapter"
        case 3:
            return "No verdict, trouble in the kit or the adapter"
        case 4:
            return "No verdict, the plug is unusable"
        case _:
            return "Conformant" if results["conformant"] else "Not conformant"
