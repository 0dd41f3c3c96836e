"""The cases about transport, polling, downloads, cost and callbacks: all are there, and none passes for a client that does nothing."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from contract_tests.client.case import ClientCase, client_cases
from contract_tests.client.observation import Mark, Observation
from contract_tests.client.stage import USUAL
from contract_tests.client.vocabulary import look
from contract_tests.outcome import Checked, Level, Outcome, Seen, judge
from contract_tests.plugs.documents import Invocation
from tests.kit.client.observed import error, exit_code, observation, success

# The numbers of the cases of each level. Polling 14 and others of two levels have checks of both.
SECTIONS = {
    "CL-NET": {
        Level.MUST: (1, 3, 5, 6, 7, 8, 9, 11, 12, 18, 19, 20, 23, 27, 28, 29),
        Level.SHOULD: (2, 4, 10, 15, 16, 17, 21, 22, 24, 25),
        Level.INFO: (13, 14, 26, 30),
    },
    "CL-POLL": {
        Level.MUST: (1, 3, 4, 5, 6, 9, 11, 12, 13, 14, 15, 16),
        Level.SHOULD: (2, 7, 8, 10, 17, 19, 21, 22),
        Level.INFO: (18, 20),
    },
    "CL-DL": {Level.MUST: (1, 2, 4, 5, 9, 10, 11), Level.SHOULD: (3, 6, 7, 8, 12, 13, 14), Level.INFO: ()},
    "CL-COST": {Level.MUST: (1, 3), Level.SHOULD: (2,), Level.INFO: (4,)},
    "CL-CB": {Level.MUST: (1, 2, 4, 5), Level.SHOULD: (3, 6, 7, 8), Level.INFO: ()},
}
CASES = [case for case in client_cases() if case.section in SECTIONS]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_row_is_there(section: str) -> None:
    """Each case of the section stands in the catalogue, with its level, and no other."""
    wanted = {f"{section}-{n:03}": level for level, numbers in SECTIONS[section].items() for n in numbers}
    assert {case.id: case.level for case in CASES if case.section == section} == wanted


def test_polling_has_checks_of_two_levels() -> None:
    """That ten queries a second are too many is a MUST, that the default is one a second a SHOULD."""
    (pace,) = (case for case in CASES if case.id == "CL-POLL-014")
    assert {str(each.level) for each in pace.checks} == {"must", "should"}


def _observed(case: ClientCase, folder: Path, made: Invocation) -> Observation:
    """What is seen of a client that ends each call like that and sends nothing, whatever it is asked for."""
    op = case.ops[0]
    calls = [
        {"op": op, **USUAL, **changes, "input": {}, "out_file": str(folder / f"{n}.mp4")}
        for n, changes in enumerate(case.calls)
    ]
    invocations = [
        Invocation(call, made.outcome, made.level, made.result, made.exit_code, seconds=0.01) for call in calls
    ]
    marks = [Mark(float(n), 0) for n in range(len(calls))]
    before = {"out_file": b"before"}
    served: defaultdict[str, str] = defaultdict(lambda: "of the other host")
    return observation(
        *invocations, folder=folder, marks=marks, sent_before=before, served=served, video="of the mock",
        out_file=folder / "work" / "video.mp4",
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@pytest.mark.parametrize(
    "made",
    [exit_code(0), exit_code(1), success(), error("unclassified"), error("network", retryable=True, ambiguous=True)],
    ids=["exit 0", "exit 1", "success", "exception", "error"],
)
def test_none_passes_for_a_client_that_sends_nothing(case: ClientCase, made: Invocation, tmp_path: Path) -> None:
    """Whatever a client claims: without a request no case is passed, and each has a check that says so."""
    (tmp_path / "work").mkdir()
    seen = _observed(case, tmp_path, made)
    found = [Checked(each.id, each.level, look(seen, each.word, each.argument)) for each in case.checks]
    assert judge(case.level, found).outcome is not Outcome.PASS
    assert Seen.BROKEN in {each.finding.seen for each in found}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_case_says_what_it_is_for(case: ClientCase) -> None:
    """The texts are whole and short enough to be read."""
    assert 20 <= len(case.obligation) <= 300
    assert 80 <= len(case.why) <= 400, len(case.why)
    assert case.why.endswith(".")
