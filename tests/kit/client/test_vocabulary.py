"""Words made of words."""

from __future__ import annotations

import pytest

from contract_tests.client.vocabulary import inner_words, known, look
from contract_tests.outcome import Seen
from tests.kit.client.observed import error, exchange, exit_code, observation, success


@pytest.mark.parametrize(
    ("ways", "seen"),
    [
        ([{"kind": "auth"}, {"kind": "server", "creates": 1}], Seen.MET),
        ([{"kind": "auth"}, {"kind": "server", "creates": 2}], Seen.BROKEN),
        ([{"kind": "auth"}, {"kind": "network"}], Seen.BROKEN),
    ],
)
def test_any_of(ways: object, seen: Seen) -> None:
    """One way has to be right in all its words."""
    assert look(observation(error("server"), exchanges=[exchange("create")]), "any_of", ways).seen is seen


def test_any_of_what_cannot_be_seen() -> None:
    """A way that may have been met makes it unseen, not broken; one that was met makes it met."""
    seen = observation(exit_code(1), exchanges=[exchange("create")])
    assert look(seen, "any_of", [{"kind": "auth"}, {"succeeds": {}}]).seen is Seen.UNSEEN
    assert look(seen, "any_of", [{"kind": "auth", "creates": 2}, {"succeeds": {}}]).seen is Seen.BROKEN
    assert look(seen, "any_of", [{"kind": "auth"}, {"fails": "typed"}]).seen is Seen.MET


def test_conditions() -> None:
    """What counts only after a success, or only after an error, counts only then."""
    assert look(observation(success()), "if_fails", {"kind": "auth"}).seen is Seen.MET
    assert look(observation(error("server")), "if_fails", {"kind": "auth"}).seen is Seen.BROKEN
    assert look(observation(error()), "if_succeeds", {"creates": 1}).seen is Seen.MET
    assert look(observation(success()), "if_succeeds", {"creates": 1}).seen is Seen.BROKEN


def test_every_word_says_what_it_is() -> None:
    """Each word has a docstring, and those that take words are known to the reader of cases."""
    assert not [name for name, function in known().items() if not function.__doc__]
    assert inner_words("of_call", {"call": 1, "words": {"creates": 1}}) == [{"creates": 1}]
    assert inner_words("any_of", [{"creates": 1}, {"ends": {}}]) == [{"creates": 1}, {"ends": {}}]
    assert inner_words("creates", 1) == []
