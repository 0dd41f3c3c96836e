"""Runs the server suite in this process against a mock that has one fault, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import contract_tests
from contract_tests.server_cases import case_of
from tests.kit.server.breaking import Breaking, Variant

SUITE = Path(contract_tests.__file__).parent / "test_server.py"
# The plugins of the run outside stay out of the run inside.
_OPTIONS = (
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler", "-p", "no:xdist", "-p", "no:randomly",
    "-p", "no:random_order", "-p", "no:logging", "--capture=no", "-W", "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip


@dataclass(eq=False)
class Verdicts:
    """What the suite found: the cases that were judged and, of those, the ones that failed, each with the first words."""

    passed: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be read judges nothing."""
        if report.failed:
            self.errors.append(str(report.longrepr)[-500:])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Adds one test to its case; a test that breaks before or after its call is an error of the suite."""
        if report.when == "call":
            case = case_of(report.nodeid)
            self.passed.add(case)
            if report.failed:
                self.failed.setdefault(case, f"{report.nodeid.partition('::')[2]}: {str(report.longrepr)[-300:]}")
        elif report.failed:
            self.errors.append(f"{report.nodeid}: {str(report.longrepr)[-500:]}")


def judge(variant: Variant | None) -> Verdicts:
    """Runs the whole suite against a mock with that fault; without one against the mock as it is."""
    verdicts = Verdicts()
    with _broken(variant):
        ended = pytest.main([str(SUITE), *_OPTIONS], plugins=[verdicts])
    if ended not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        verdicts.errors.append(f"the suite did not run: exit code {ended}")
    verdicts.passed -= set(verdicts.failed)
    return verdicts


@contextmanager
def _broken(variant: Variant | None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if variant is not None:
            variant.break_it(Breaking(patch))
        yield
