"""A switchboard, and bare ends of connections that lead over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.wire.tap import Switchboard
from mock_server import MockServer, Settings
from tests.kit.wire.ends import Ends


@pytest.fixture
def switchboard() -> Iterator[Switchboard]:
    """A switchboard that ends with the test."""
    with Switchboard() as opened:
        yield opened


@pytest.fixture
def ends(switchboard: Switchboard) -> Iterator[Ends]:
    """A server's port, and a tap before it."""
    with Ends(switchboard) as opened:
        yield opened


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A real mock, on which every test has an account of its own."""
    with MockServer(Settings(port=0, clock="manual", seed=7)) as mock:
        yield mock
