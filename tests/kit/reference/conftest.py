"""A mock whose clock the client's pauses move, and another host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server import MockServer, Settings
from tests.kit.reference.desk import Desk, Shelf


@pytest.fixture(scope="session")
def mock() -> Iterator[MockServer]:
    """One mock for all; every test has an account of its own on it."""
    with MockServer(Settings(port=0, clock="manual", seed=7)) as server:
        yield server


@pytest.fixture
def desk(mock: MockServer, tmp_path: Path) -> Desk:
    """An account and clients of it."""
    return Desk(mock, tmp_path)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Another host."""
    with Shelf().open() as opened:
        yield opened
