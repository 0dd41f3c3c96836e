"""A receiver for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_server.receiver import CallbackReceiver


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    """A receiver that listens."""
    with CallbackReceiver() as running:
        yield running
