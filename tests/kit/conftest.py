"""Fixtures of the kit's own tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_server import MockServer


@pytest.fixture(scope="module")
def minimax_mock_url() -> Iterator[str]:
    """A mock with the settings that a user has who starts one."""
    with MockServer() as mock:
        yield mock.url
