"""A mock whose clock the tests turn, and a fresh account for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from contract_tests.api import Api
from mock_server import MockServer, Settings
from mock_server.clock import ManualClock
from mock_server.serving.tls import ThrowAwayCertificate


class Clocks:
    """Hands out manual clocks, and finds that of an account again."""

    def advance(self, mock: MockServer, key: str, seconds: float) -> None:
        """Moves the clock of one account on."""
        clock = mock.service.world.account(key).clock
        assert isinstance(clock, ManualClock)
        clock.advance(seconds)


@pytest.fixture(scope="session")
def mock() -> Iterator[MockServer]:
    """A mock with default settings and manual clocks."""
    with MockServer(Settings(port=0, seed=7), new_clock=ManualClock) as server:
        yield server


@pytest.fixture
def api(mock: MockServer) -> Api:
    """The mock, called with a key that no other test uses."""
    return Api(mock.url, f"test-{secrets.token_hex(8)}")


@pytest.fixture
def clocks() -> Clocks:
    """What turns the clocks."""
    return Clocks()


@pytest.fixture(params=["plain", "tls"])
def certificate(request: pytest.FixtureRequest) -> Iterator[ThrowAwayCertificate | None]:
    """What the server speaks TLS with: nothing, and a certificate."""
    if request.param == "plain":
        yield None
        return
    certificate = ThrowAwayCertificate(())
    yield certificate
    certificate.remove()
