"""Reports that several tests read and none changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract_tests.report import write_report
from tests.kit.report import sample


@pytest.fixture(scope="package")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report about one client that gets much wrong."""
    folder = tmp_path_factory.mktemp("alone") / "report"
    write_report(sample.vendor(), folder, environment={})
    return folder


@pytest.fixture(scope="package")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report about that client with the reference beside it."""
    folder = tmp_path_factory.mktemp("together")
    other = folder / "reference.json"
    other.write_text(json.dumps(sample.reference()), encoding="utf-8")
    write_report(sample.vendor(), folder / "report", environment={}, others=[other])
    return folder / "report"
