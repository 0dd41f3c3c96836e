"""The server suite finds what is broken, and only that. All variants: `python -m tests.kit.server.matrix`."""

from __future__ import annotations

import pytest

from contract_tests.outcome import Level
from contract_tests.server_cases import server_cases
from tests.kit.server.matrix import deviation, kills
from tests.kit.server.suite import Verdicts, judge
from tests.kit.server.variants import VARIANTS

# One of the contract, one of an operation, one of callbacks; the others have a night.
SAMPLE = ("null-is-absent", "unknown-is-preparing", "dead-receiver")


def test_the_whole_mock_passes_everything() -> None:
    """Every case is judged, and none fails."""
    assert deviation(None, judge(None)) == ""


@pytest.mark.parametrize("name", SAMPLE)
def test_a_broken_mock_is_caught_by_exactly_the_declared_cases(name: str) -> None:
    """No case misses the fault, and none sees one where there is none."""
    variant = VARIANTS[name]
    assert deviation(variant, judge(variant)) == ""


def test_every_case_catches_something() -> None:
    """A MUST that no variant breaks would be one that nothing proves."""
    assert {case for case, number in kills().items() if number == 0} == set()
    assert all(case.level is not Level.SHOULD for case in server_cases().values())


def test_names_are_used_once_and_cases_exist() -> None:
    """A variant that is declared twice would hide another; a case that is not in the catalogue catches nothing."""
    assert len(VARIANTS) >= 60
    assert {case for each in VARIANTS.values() for case in each.caught_by} <= set(server_cases())
    assert all(each.caught_by for each in VARIANTS.values())


def test_a_deviation_is_told() -> None:
    """What is missed, what is found besides, and what was not judged at all."""
    verdicts = Verdicts(passed=set(server_cases()) - {"SV-F-001", "SV-Q-001"}, failed={"SV-Q-001": "status"})
    assert deviation(VARIANTS["keyless"], verdicts) == (
        "not caught by SV-AUTH-001; also caught by SV-Q-001 (status); not judged: SV-F-001"
    )
