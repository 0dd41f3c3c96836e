"""One served mock for the bombs of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.api import Api
from tests.bombs.child import Child
from tests.command_line.test_serve import serving


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """A mock with default settings."""
    with serving() as (process, ready):
        yield Child(Api(str(ready["url"]), "bombs"), process.pid)
