"""One served mock for the bombs of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from contract_tests.api import Api
from tests.bombs.child import MB, Child
from tests.command_line.test_serve import serving


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """A mock with default settings."""
    with serving() as (process, ready):
        yield Child(Api(str(ready["url"]), "bombs"), process.pid)


@pytest.fixture(autouse=True)
def figures(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Iterator[None]:
    """What SECURITY.md tells of the bombs."""
    child: Child | None = request.getfixturevalue("child") if "child" in request.fixturenames else None
    yield
    if child is not None:
        record_property("slowest answer to a bomb (s)", round(child.slowest, 2))
        record_property("most memory that one took (MB)", child.largest // MB)
