"""A mock for each test of live runs, and stages on which it is near or far."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server import MockServer
from tests.kit.live.stage import REAL, Stage, mock


@pytest.fixture
def server() -> Iterator[MockServer]:
    """A mock."""
    with mock() as running:
        yield running


@pytest.fixture
def near(server: MockServer, tmp_path: Path) -> Stage:
    """The mock as what it is."""
    return Stage(server.url, tmp_path, server.url)


@pytest.fixture
def far(server: MockServer, tmp_path: Path) -> Stage:
    """The mock in the place of the real service."""
    return Stage(REAL, tmp_path, server.url)
