"""What tests over HTTP have in common: a mock, an account, a receiver. A module may put another mock in their place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_server import MockServer, Settings
from mock_server.receiver import CallbackReceiver
from tests.over_http.controlling import User


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A mock with a manual clock, on which every test has an account of its own."""
    with MockServer(Settings(port=0, clock="manual", seed=7)) as mock:
        yield mock


@pytest.fixture
def user(server: MockServer) -> User:
    """An account that no other test uses."""
    return User(server)


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    """A receiver that answers as it should."""
    with CallbackReceiver() as listening:
        yield listening
