"""A mock for each test of live runs, and stages on which it is near or far."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.api import Api
from mock_server import MockServer
from tests.kit.live.stage import REAL, Stage, journal, mock


@pytest.fixture(scope="package")
def running() -> Iterator[MockServer]:
    """One mock for all of them."""
    with mock() as server:
        yield server


@pytest.fixture
def server(running: MockServer) -> MockServer:
    """The mock, which knows of no test before this one."""
    assert Api(running.url, None).send("POST", "/__mock/reset").status == 200
    assert journal(running) == []
    return running


@pytest.fixture
def near(server: MockServer, tmp_path: Path) -> Stage:
    """The mock as what it is."""
    return Stage(server.url, tmp_path, server.url)


@pytest.fixture
def far(server: MockServer, tmp_path: Path) -> Stage:
    """The mock in the place of the real service."""
    return Stage(REAL, tmp_path, server.url)
