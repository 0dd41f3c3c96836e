"""One stage for all golden exchanges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wire.stage import Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """Servers for every combination of settings, started when they are first needed."""
    with Stage() as opened:
        yield opened
