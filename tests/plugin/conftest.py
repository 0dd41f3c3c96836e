"""Lets the tests here run pytest in projects of their own."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def without_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the plugins of other test tools that happen to be installed; one of them takes two seconds to load."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:schemathesis -p no:hypothesispytest")
