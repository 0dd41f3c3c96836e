"""The kit as a pytest plugin: what came of each case goes into one account of results, from every worker of a run."""

from __future__ import annotations

import datetime
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from contract_tests.baseline import Baseline, BaselineError, read_baseline
from contract_tests.outcome import Outcome
from contract_tests.report.redaction import redacted
from contract_tests.server_records import ServerRecords
from contract_tests.verdict import CONFORMANT, NOT_CONFORMANT, TROUBLE, UNUSABLE, USAGE, counts_against, exit_code
from mock_server import __version__

RECORD = "minimax_record"
LONGEST_NAME = 200  # as results.schema.json has it
_RECORD = pytest.StashKey[dict[str, Any]]()
# Of a pytest run that was interrupted, or could not be carried out, the exit code stays.
_KEPT_EXITS = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)


@dataclass
class Kit:
    """One run of one suite. Registered by `mock_server.pytest_plugin` when an option of the kit is given."""

    config: pytest.Config
    suite: str
    plug: str
    name: str
    required: str
    baseline: Baseline
    report: Path | None
    started: float = field(default_factory=time.time)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    server: ServerRecords = field(default_factory=ServerRecords)
    results: dict[str, Any] | None = None
    written: list[Path] = field(default_factory=list)
    # How much the plug shows, where the session knows; for clients the calls of the records tell it.
    level: int = 0
    report_fault: str = ""

    def settle(self, item: pytest.Item, record: dict[str, Any], secrets: list[str]) -> None:
        """Keeps the record of a case, and fails or skips its test as the verdict and `--level` want it."""
        settled = self.baseline.settle(record, datetime.datetime.now(tz=datetime.UTC).date())
        item.stash[_RECORD] = {**redacted(settled, secrets), "_level": self.level}
        outcome = Outcome(settled["outcome"])
        said = f"{outcome}: {settled['reason']}"
        if counts_against(outcome, self.required):
            pytest.fail(said, pytrace=False)
        if outcome is Outcome.XFAIL:
            raise pytest.xfail.Exception(said)
        if outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_OBSERVABLE):
            # Neither a pass nor a failure; the account of results says which.
            raise pytest.skip.Exception(said)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Any:
        """Lets the record travel with the report, also from the worker of another process."""
        report = yield
        if report.when == "call" and _RECORD in item.stash:
            setattr(report, RECORD, item.stash[_RECORD])
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes the record of a case, or what a test of the server suite came to."""
        record = getattr(report, RECORD, None)
        if record is not None:
            self.level = max(self.level, record.pop("_level", 0), *(call["level"] for call in record["calls"]), 0)
            self.records[record["id"]] = record
        elif self.suite == "server":
            self.server.add(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Closes the account, writes the report, and sets the exit code."""
        if hasattr(self.config, "workerinput"):
            return
        found = [*self.records.values(), *(self._settled_server() if self.suite == "server" else [])]
        found.sort(key=lambda record: str(record["id"]))
        code = exit_code((record["outcome"] for record in found), self.required)
        self.results = self._account(found, code)
        if self.report is not None and found:
            code = self._write(code)
        if exitstatus not in _KEPT_EXITS:
            session.exitstatus = code

    def _settled_server(self) -> list[dict[str, Any]]:
        today = datetime.datetime.now(tz=datetime.UTC).date()
        return [self.baseline.settle(record, today) for record in self.server.records()]

    def _write(self, code: int) -> int:
        from contract_tests.report import ReportError, write_report  # noqa: PLC0415 - templates, only if asked for

        assert self.report is not None
        assert self.results is not None
        try:
            self.written = write_report(self.results, self.report, environment=os.environ)
        except ReportError as error:
            self.report_fault = str(error)
            return USAGE
        return code

    def _account(self, found: list[dict[str, Any]], code: int) -> dict[str, Any]:
        return {
            "format": 1, "kit": {"name": "minimax-mock", "version": __version__}, "suite": self.suite,
            "subject": {"plug": self.plug, "name": self.name, "level": self.level},
            "started": datetime.datetime.fromtimestamp(round(self.started), tz=datetime.UTC).isoformat().replace("+00:00", "Z"),
            "seconds": round(time.time() - self.started, 1), "required": self.required,
            "conformant": code == CONFORMANT, "exit": code,
            "counts": dict(sorted(Counter(record["outcome"] for record in found).items())), "cases": found,
        }  # fmt: skip

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Says what came of it, in words that can be acted on."""
        if self.results is None:
            return
        from contract_tests.report.terminal import lines  # noqa: PLC0415

        terminalreporter.ensure_newline()
        for line in lines(self.results, self.written, self.report_fault):
            terminalreporter.write_line(line)


def kit_of(config: pytest.Config) -> Kit | None:
    """The kit of a run, None when no suite was asked for."""
    found = config.pluginmanager.get_plugin("minimax-kit")
    return found if isinstance(found, Kit) else None


def register(config: pytest.Config) -> None:
    """Makes a run with options of the kit one of the kit. Ends it at once for what cannot be meant."""
    options: Mapping[str, Any] = vars(config.option)
    suites = [name for name in ("client", "receiver") if options.get(f"minimax_{name}")]
    if not suites and not any(options.get(f"minimax_{name}") for name in ("report", "baseline", "suite")):
        return
    if len(suites) > 1:
        raise pytest.UsageError("--minimax-client and --minimax-receiver: one suite at a time")
    suite = suites[0] if suites else "server"
    plug = options.get(f"minimax_{suite}") or options.get("minimax_url") or "a mock of its own"
    try:
        baseline = _baseline(options.get("minimax_baseline"), suite)
    except BaselineError as error:
        _leave(f"--minimax-baseline: {error}", USAGE)
    kit = Kit(
        config=config, suite=suite, plug=plug, name=options.get("minimax_name") or shortened(plug),
        required=options.get("minimax_level") or "must", baseline=baseline,
        report=Path(options["minimax_report"]) if options.get("minimax_report") else None,
    )  # fmt: skip
    config.pluginmanager.register(kit, "minimax-kit")
    if suite == "client" and not hasattr(config, "workerinput"):
        _try_plug(plug, options.get("minimax_keep") or ())


def shortened(plug: str) -> str:
    """The plug as a name in the report, which has room for so much."""
    return plug if len(plug) <= LONGEST_NAME else f"{plug[: LONGEST_NAME - 1]}…"


def _try_plug(plug: str, keep: Sequence[str]) -> None:
    """A plug that cannot be used ends the run before any worker starts."""
    from contract_tests.plugs.plug import UnusablePlug, open_plug  # noqa: PLC0415 - only for clients

    try:
        open_plug(plug, folder=Path.cwd(), keep=keep).close()
    except UnusablePlug as error:
        _leave(str(error), UNUSABLE)


def _leave(reason: str, code: int) -> NoReturn:
    pytest.exit(f"minimax-mock: {reason}", returncode=code)


def _baseline(path: str | None, suite: str) -> Baseline:
    if path is None:
        return Baseline({})
    from contract_tests.catalogue import case_ids  # noqa: PLC0415 - reads every case

    return read_baseline(Path(path), case_ids(suite))


__all__ = ["CONFORMANT", "NOT_CONFORMANT", "TROUBLE", "Kit", "kit_of", "register"]
