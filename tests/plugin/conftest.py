"""Lets the tests here run pytest in projects of their own."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def without_strangers(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out plugins of other tools that happen to be installed; one of them takes two seconds to load."""
    del pytester  # asked for only to come after it: it forgets the options of the run that it is part of
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:schemathesis -p no:hypothesispytest")
