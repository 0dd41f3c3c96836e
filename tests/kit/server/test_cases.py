"""The catalogue of server cases and the tests that judge them belong together."""

from __future__ import annotations

import inspect

import pytest

from contract_tests import test_server
from contract_tests.server_cases import COSTS, case_of, server_cases

TESTS = {name: value for name, value in vars(test_server).items() if name.startswith("test_")}


def test_every_case_has_a_test_and_every_test_a_case() -> None:
    """None is listed without being judged, none is judged without being listed."""
    assert {case_of(name) for name in TESTS} == set(server_cases())


@pytest.mark.parametrize("name", TESTS)
def test_docstrings_begin_with_the_case(name: str) -> None:
    """A reader of a report finds the case in the first words."""
    assert (inspect.getdoc(TESTS[name]) or "").startswith(f"{case_of(name)}: ")


@pytest.mark.parametrize(
    "item",
    [
        "test_sv_req_004_wrong_duration",
        "test_sv_req_004_wrong_duration[7]",
        "contract_tests/test_server.py::test_sv_req_004_wrong_duration[a::b]",
        "test_sv_req_004",
    ],
)
def test_case_of_an_item(item: str) -> None:
    """Names and node ids, with and without parameters."""
    assert case_of(item) == "SV-REQ-004"


@pytest.mark.parametrize("item", ["test_server", "test_sv_req_4_x", "sv_req_004", "test_sv_req_0040_x", ""])
def test_no_case(item: str) -> None:
    """A test whose name says nothing is told."""
    with pytest.raises(ValueError, match="begins with its case"):
        case_of(item)


def test_rows_are_complete() -> None:
    """Each has its words, a cost, and evidence."""
    for case in server_cases().values():
        assert case.cost in COSTS, case.id
        assert all((case.title, case.server, case.why, case.basis)), case.id
