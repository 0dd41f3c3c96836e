"""A mock with a manual clock, and the scenario that a test is named after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_server import MockServer, Settings
from mock_server.receiver import CallbackReceiver
from tests.over_http.scenarios.stage import Stage


@pytest.fixture(scope="module")
def theatre() -> Iterator[MockServer]:
    """The mock that the plays of a module use, each with an account of its own.

    It does not outlive them: other tests look at which threads are left.
    """
    with MockServer(Settings(port=0, clock="manual", seed=7)) as server:
        yield server


@pytest.fixture
def stage(theatre: MockServer, request: pytest.FixtureRequest) -> Stage:
    """The scenario `rate-limited-twice` in force for `test_rate_limited_twice`.

    The account is named after the test, so that chance falls in the same way each time.
    """
    scenario = request.function.__name__.removeprefix("test_").replace("_", "-")
    return Stage(theatre, request.node.name, scenario)


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    """A receiver that answers as it should until it is told otherwise."""
    with CallbackReceiver() as running:
        yield running
