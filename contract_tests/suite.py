"""The kit as a pytest plugin: what came of each case goes into one account of results, from every worker of a run."""

from __future__ import annotations

import datetime
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from contract_tests.api import why_silent
from contract_tests.baseline import Baseline, BaselineError, read_baseline
from contract_tests.outcome import Outcome
from contract_tests.report.redaction import redacted
from contract_tests.report.terminal import lines, mark
from contract_tests.server_records import ServerRecords, last_line
from contract_tests.verdict import CONFORMANT, UNUSABLE, USAGE, counts_against, exit_code
from mock_server import __version__

RECORD = "minimax_record"
LONGEST_NAME = 200  # as results.schema.json has it
_RECORD = pytest.StashKey[dict[str, Any]]()
_TEST = re.compile(r"test_(?:client|receiver)\.py::test_(?:client|receiver)\[((?:CL|RC)-[A-Z0-9]+-[0-9]{3})\]$")
# Of a pytest run that was interrupted, or could not be carried out, the exit code stays.
_KEPT_EXITS = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)


@dataclass(eq=False)
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
    # Why the run cannot go on, or its report not be written, with the exit code of that.
    fault: str = ""
    fault_code: int = USAGE
    # Whether the run came to its end, and the exit code is the kit's.
    had_last_word: bool = False
    # The cases of this run, and what went wrong with those that got no record.
    chosen: set[str] = field(default_factory=set)
    lost: dict[str, str] = field(default_factory=dict)
    # Whether a test that is none of the kit's has failed in the same run.
    others_failed: bool = False
    listened_to: bool = True

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
        if self.own_voice and (sign := mark(report, record)):
            self._speak(sign)
        if record is not None:
            self.level = max(self.level, record.pop("_level", 0), *(call["level"] for call in record["calls"]), 0)
            self.records[record["id"]] = record
        elif self.suite == "server" and self.server.takes(report):
            self.server.add(report)
        elif report.failed and (case := case_in(report.nodeid)):
            self.lost[case] = last_line(report)
        elif report.failed:
            self.others_failed = True

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learns which cases the run has."""
        self.chosen |= {case for item in session.items if (case := case_in(item.nodeid))}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The same, where workers have them."""
        self.chosen |= {case for nodeid in ids if (case := case_in(nodeid))}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Ends a run that cannot be meant before a case is looked for, and before any worker has one."""
        if hasattr(self.config, "workerinput"):
            return
        if not self.fault and self.suite == "client":
            self._try_plug()
        elif not self.fault and self.suite == "server":
            self._try_server()
        if self.fault:
            self.leave(self.fault, self.fault_code)

    def _try_plug(self) -> None:
        from contract_tests.plugs.plug import UnusablePlug, open_plug

        try:
            open_plug(self.plug, folder=Path.cwd(), keep=self.config.option.minimax_keep).close()
        except UnusablePlug as error:
            self.fault, self.fault_code = str(error), UNUSABLE

    def _try_server(self) -> None:
        url = self.config.option.minimax_url
        if url is not None and (silence := why_silent(url)):
            self.fault, self.fault_code = silence, UNUSABLE

    def leave(self, reason: str, code: int) -> NoReturn:
        """Ends the run with one line and an exit code."""
        self.fault, self.fault_code = reason, code
        pytest.exit(f"minimax-mock: {reason}", returncode=code)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Closes the account, writes the report, and sets the exit code."""
        if hasattr(self.config, "workerinput") or (exitstatus == pytest.ExitCode.USAGE_ERROR and not self.fault):
            return
        self.had_last_word = bool(self.fault) or exitstatus not in _KEPT_EXITS
        if not self.fault and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            self.fault = "no case is asked for: look at -k"
        if self.own_voice and (self.records or self.server.records()):
            self._speak("\n")  # after the marks; annotations begin a line
        if self.fault:
            session.exitstatus = self.fault_code
        elif exitstatus not in _KEPT_EXITS:
            if not (session.shouldstop or session.shouldfail):
                self._add_lost()
            code = self._close_account()
            session.exitstatus = code or int(self.others_failed)
        if self.own_voice and self.had_last_word:
            self._speak("".join(f"{line}\n" for line in self._account_told()))
            if self.fault:
                sys.stderr.write(f"minimax-mock: {self.fault}\n")

    def _add_lost(self) -> None:
        """A case that was chosen and has no record was not judged: the kit's fault, and never a pass."""
        for case in sorted(self.chosen - {*self.records}):
            why = self.lost.get(case, "its test came to no end")
            self.records[case] = {
                "id": case, "title": "not judged", "level": "must", "basis": [], "why": "", "server": "", "obligation": "",
                "outcome": str(Outcome.ERROR), "reason": f"the kit failed: {why}", "seconds": 0.0, "baseline": None,
                "checks": [], "calls": [], "wire": [],
            }  # fmt: skip

    def _close_account(self) -> int:
        found = [*self.records.values(), *(self._settled_server() if self.suite == "server" else [])]
        found.sort(key=lambda record: str(record["id"]))
        self.results = self._account(found, exit_code((record["outcome"] for record in found), self.required))
        if self.report is not None and found:
            self._write()
        return self.fault_code if self.fault else int(self.results["exit"])

    def _settled_server(self) -> list[dict[str, Any]]:
        today = datetime.datetime.now(tz=datetime.UTC).date()
        return [self.baseline.settle(record, today) for record in self.server.records()]

    def _write(self) -> None:
        from contract_tests.report import ReportError, write_report

        assert self.report is not None
        assert self.results is not None
        try:
            self.written = write_report(self.results, self.report, environment=os.environ)
        except ReportError as error:
            self.fault = f"no report: {error}"

    def _account(self, found: list[dict[str, Any]], code: int) -> dict[str, Any]:
        return {
            "format": 1, "kit": {"name": "minimax-mock", "version": __version__}, "suite": self.suite,
            "subject": {"plug": self.plug, "name": self.name, "level": self.level},
            "started": datetime.datetime.fromtimestamp(round(self.started), tz=datetime.UTC).isoformat().replace("+00:00", "Z"),
            "seconds": round(time.time() - self.started, 1), "required": self.required,
            "conformant": code == CONFORMANT, "exit": code,
            "counts": dict(sorted(Counter(record["outcome"] for record in found).items())), "cases": found,
        }  # fmt: skip

    @property
    def own_voice(self) -> bool:
        """Whether the kit speaks for itself, as under `minimax-mock check`, and not in pytest's summary."""
        return not self.config.pluginmanager.has_plugin("terminalreporter") and not hasattr(self.config, "workerinput")

    def _speak(self, text: str) -> None:
        """Says something; that nobody listens any more, as in `check … | head`, changes no verdict."""
        if self.listened_to:
            try:
                print(text, end="", file=sys.__stdout__, flush=True)
            except BrokenPipeError:
                self.listened_to = False
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what is flushed at the very end

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Says what came of it, in words that can be acted on."""
        terminalreporter.ensure_newline()
        for line in [*self._account_told(), *([f"minimax-mock: {self.fault}"] if self.fault else [])]:
            terminalreporter.write_line(line)

    def _account_told(self) -> list[str]:
        return list(lines(self.results, self.written)) if self.results is not None else []


def case_in(nodeid: str) -> str:
    """The case that a test of the client or receiver suite is about; empty for any other test."""
    found = _TEST.search(nodeid)
    return found[1] if found is not None else ""


def kit_of(config: pytest.Config) -> Kit | None:
    """The kit of a run, None when no suite was asked for."""
    found = config.pluginmanager.get_plugin("minimax-kit")
    return found if isinstance(found, Kit) else None


def shortened(plug: str) -> str:
    """The plug as a name in the report, which has room for so much."""
    return plug if len(plug) <= LONGEST_NAME else f"{plug[: LONGEST_NAME - 1]}…"


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
    fault = ""
    try:
        baseline = _baseline(options.get("minimax_baseline"), suite)
    except BaselineError as error:
        baseline, fault = Baseline({}), f"--baseline: {error}"
    kit = Kit(
        config=config,
        suite=suite,
        plug=plug,
        name=options.get("minimax_name") or shortened(plug),
        required=options.get("minimax_level") or "must",
        baseline=baseline,
        report=Path(options["minimax_report"]) if options.get("minimax_report") else None,
        fault=fault,
    )
    config.pluginmanager.register(kit, "minimax-kit")


def _baseline(path: str | None, suite: str) -> Baseline:
    if path is None:
        return Baseline({})
    from contract_tests.catalogue import case_ids

    return read_baseline(Path(path), case_ids(suite))
