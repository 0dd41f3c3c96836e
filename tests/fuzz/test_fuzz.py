"""A fixed set of the fuzzing, the same cases everywhere; `make nightly` puts 200,000 more, and `make fuzz` as many as you like."""

from __future__ import annotations

import pytest

from tests.fuzz.campaign import Campaign, Measured

SEED = 7
CASES = 150


@pytest.mark.parametrize("number", range(9))
def test_whatever_is_asked_is_answered_properly(number: int) -> None:
    """No fault of the mock, no hang, no traceback, the service's own shape, and no key in journal or log."""
    Campaign(SEED).play(number, CASES, over_socket=False)


@pytest.mark.parametrize("number", range(3))
def test_over_a_socket_too(number: int) -> None:
    """The same through the server."""
    Campaign(SEED).play(number, 40, over_socket=True)


def test_memory_of_a_short_run_has_thirds_too() -> None:
    """A round that is repeated by itself is measured once."""
    assert Measured().thirds([5]) == (5, 5, 5)
    assert Measured().thirds([1, 2, 3, 4, 5, 6]) == (1, 3, 5)
