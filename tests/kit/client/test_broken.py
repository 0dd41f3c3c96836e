"""The client suite finds what is broken, and only that. All faults: `python -m tests.kit.client.matrix`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_server import MockServer, Settings
from tests.kit.client.broken import FAULTS
from tests.kit.client.broken.fault import judged
from tests.kit.client.judging import Found, deviations, judge
from tests.kit.client.matrix import idle

# Some of each kind of fault, each with cases that catch it and cases that do not; all of them are for the night.
SAMPLE = {
    "drops_what_is_false": "REQ-015 REQ-001 AUTH-001",
    "changes_the_picture": "REQ-008 REQ-011 REQ-001 REQ-007",
    "shows_the_key": "AUTH-005 AUTH-006 ERR-005",
    "trusts_http_200": "ERR-001 ERR-005 AUTH-006 ERR-000 ERR-019",
    "polls_none": "ERR-018 ERR-019 ERR-005 ERR-000",
    "repeats_after_a_reset": "NET-005 NET-006 NET-009 NET-007",
    "follows_to_other_hosts": "AUTH-009 AUTH-010 NET-025",
    "gives_up_at_the_limit": "POLL-013 NET-009 POLL-005",
    "keeps_ids_in_floats": "POLL-003 POLL-001 DL-002",
    "orders_again_after_a_failure": "COST-003 POLL-006 COST-001 POLL-022",
    "takes_the_key_to_the_download": "AUTH-010 DL-013 DL-003 AUTH-002",
    "listens_too_late": "CB-001 CB-005 ERR-008 COST-001",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A mock for all of them."""
    with MockServer(Settings(port=0, callback_timeout=3.0)) as server:
        yield server.url


@pytest.mark.parametrize("name", SAMPLE)
def test_a_broken_client_is_caught_by_exactly_the_declared_cases(name: str, url: str) -> None:
    """No case misses the fault, and none sees one where there is none."""
    cases = {f"CL-{each}" for each in SAMPLE[name].split()}
    assert cases & FAULTS[name].caught_by
    assert len(cases - FAULTS[name].caught_by) >= 2
    found = judge(name, cases, url=url)
    assert {*found.outcomes} == cases
    assert deviations(found) == []


def test_there_are_enough_and_each_has_a_story() -> None:
    """A fault without a story is one that nobody ever made."""
    assert len(FAULTS) >= 100
    assert len({fault.story for fault in FAULTS.values()}) == len(FAULTS)
    assert all(15 <= len(fault.story) <= 150 for fault in FAULTS.values())


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_declared_exists(name: str) -> None:
    """Every fault is caught by something, and every case that it names is one that can catch."""
    assert FAULTS[name].caught_by
    assert FAULTS[name].named <= judged()


def test_every_must_catches_something() -> None:
    """A MUST that no fault breaks would be one that nothing proves."""
    assert idle() == []


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ({"CL-REQ-015": "FAIL", "CL-REQ-001": "PASS"}, []),
        ({"CL-REQ-015": "PASS"}, ["not caught by CL-REQ-015"]),
        ({"CL-REQ-001": "NON-STRICT"}, ["also caught by CL-REQ-001 (why)"]),
        ({"CL-REQ-015": "ERROR"}, ["CL-REQ-015: ERROR (why)", "not caught by CL-REQ-015"]),
        ({"CL-REQ-001": "NOT-OBSERVABLE"}, ["CL-REQ-001: NOT-OBSERVABLE (why)"]),
    ],
)
def test_a_deviation_is_told(outcomes: dict[str, str], told: list[str]) -> None:
    """What was missed, what was found besides, and what could not be judged."""
    assert deviations(Found("drops_what_is_false", 1.0, outcomes, dict.fromkeys(outcomes, "why"))) == told


def test_a_client_that_does_nothing_must_pass_nothing() -> None:
    """Not to see whether it is right is no pass, and a pass is a deviation."""
    outcomes = {"CL-REQ-001": "PASS", "CL-REQ-015": "NOT-OBSERVABLE", "CL-POLL-019": "N/A"}
    found = Found("exits-0", 1.0, outcomes, dict.fromkeys(outcomes, ""))
    assert deviations(found) == ["it passes CL-REQ-001"]


def test_a_client_that_cannot_be_used_is_a_deviation() -> None:
    """It has not been judged, so nothing is known of it."""
    (told,) = deviations(Found("drops_what_is_false", 0.1, {}, {}, unusable="it does not start"))
    assert "it does not start" in told
