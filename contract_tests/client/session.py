"""Judges one client, case by case."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from contract_tests.client.case import ClientCase
from contract_tests.client.conformance import no_foreign_host, requests_as_documented, wrong_answer
from contract_tests.client.mock import Mock, MockRefused, conforming
from contract_tests.client.observation import Observation
from contract_tests.client.stage import Stage
from contract_tests.client.vocabulary import look
from contract_tests.outcome import Checked, Outcome, Verdict, judge
from contract_tests.plugs.documents import ClientPlug, Invocation
from contract_tests.plugs.plug import open_plug
from contract_tests.wire.record import shown_wire
from contract_tests.wire.tap import Switchboard
from mock_server import MockServer, Settings


class ClientSession:
    """A client under judgement, a mock and the listeners between them: a context manager.

    `plug` is the client as the user wrote it, `url` a mock that already runs, else the session has one of its own.
    `patience` multiplies the deadlines of calls, `keep` names environment variables that the client may see. Raises UnusablePlug or MockRefused when it cannot begin.
    """

    def __init__(
        self, plug: str, *, folder: Path, url: str | None = None, patience: float = 1.0, keep: Sequence[str] = ()
    ) -> None:
        self._text, self._folder, self._url, self._patience, self._keep = plug, folder, url, patience, keep
        self._ending = ExitStack()
        self._not_offered: set[str] = set()
        self._offered: set[str] = set()
        # How much the plug was seen to show: 0 exit codes, 1 result documents.
        self.level = 0
        self.secrets: list[str] = []

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._ending.close()
            raise
        return self

    def _open(self) -> None:
        if self._url is None:
            server = self._ending.enter_context(MockServer(Settings(port=0)))
            self._url = server.url
        self._mock = Mock(self._url)
        self._ending.callback(self._mock.close)
        self._mock.ready()
        self._switchboard = self._ending.enter_context(Switchboard())
        self._rooms = Path(self._ending.enter_context(tempfile.TemporaryDirectory(prefix="minimax-contract-")))
        self._plug: ClientPlug = open_plug(self._text, folder=self._folder, keep=self._keep)
        self._ending.callback(self._plug.close)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.close()

    @property
    def url(self) -> str | None:
        """The mock; None before the session has begun without one."""
        return self._url

    def judge(self, case: ClientCase) -> dict[str, Any]:
        """The record of one case, as `results.json` has it."""
        started = time.perf_counter()
        ops = [op for op in case.ops if op not in self._not_offered]
        record: dict[str, Any] = {"calls": [], "wire": []}
        options = f" with {', '.join(case.options)}" if case.options else ""
        verdict = Verdict(Outcome.NOT_APPLICABLE, f"the client does not offer {' or '.join(case.ops)}{options}")
        for op in ops:
            try:
                tried = self._play(case, op, record)
            except MockRefused as refused:
                tried = Verdict(Outcome.ERROR, f"the stage could not be set: {refused}")
            except Exception as error:  # a case in which the kit fails is no pass, and no reason to judge no other
                tried = Verdict(Outcome.ERROR, f"the kit failed: {type(error).__name__}: {error}")
            if tried is not None:
                verdict = tried
                break
            if not case.options:  # with them it is perhaps the option that is not offered
                self._not_offered.add(op)
        return {
            "id": case.id, "title": case.title, "level": str(case.level), "basis": list(case.basis), "why": case.why,
            "server": case.server, "obligation": case.obligation, "outcome": str(verdict.outcome), "reason": verdict.reason,
            "seconds": round(time.perf_counter() - started, 3), "baseline": None,
            "checks": [each.as_dict() for each in verdict.checks], **record,
        }  # fmt: skip

    def _play(self, case: ClientCase, op: str, record: dict[str, Any]) -> Verdict | None:
        """The verdict on one case played with one operation; None when the client does not offer it."""
        folder = Path(tempfile.mkdtemp(prefix=f"{case.id}-", dir=self._rooms))
        with Stage(case, self._mock, self._switchboard, folder, self._patience) as stage:
            self.secrets.append(stage.key)
            invocations: list[Invocation] = []
            for changes in case.calls:
                invocation = self._plug.call(stage.call(op, changes), stop=stage.stop())
                invocations.append(invocation)
                if invocation.trouble or invocation.outcome == "unsupported":
                    break
            seen = stage.observe(invocations)
        record["calls"] = [_shown_call(each) for each in invocations]
        record["wire"] = shown_wire([*seen.exchanges, *seen.elsewhere])
        self.level = max(self.level, *(each.level for each in invocations))
        return self._verdict(case, seen)

    def _verdict(self, case: ClientCase, seen: Observation) -> Verdict | None:
        trouble = next((each.trouble for each in seen.invocations if each.trouble), "")
        if trouble:
            return Verdict(Outcome.ERROR, f"the adapter: {trouble}")
        if any(each.outcome == "unsupported" for each in seen.invocations):
            op = seen.last.call["op"]
            if seen.during(len(seen.invocations)).exchanges:
                return Verdict(Outcome.ERROR, "the adapter: it says `unsupported`, and yet it sent a request")
            if op in self._offered and not case.options:
                return Verdict(Outcome.ERROR, f"the adapter: it says `unsupported` for {op}, which it did before")
            return None
        self._offered.add(seen.last.call["op"])
        untold = {name for each in seen.invocations for name in each.untold} & {*case.options}
        if untold:
            return Verdict(Outcome.NOT_APPLICABLE, f"the command line has no place for {', '.join(sorted(untold))}")
        if conforming(case.every_rule) and "responses" not in case.stage and (wrong := wrong_answer(seen)):
            return Verdict(Outcome.ERROR, wrong)
        return judge(case.level, list(_checked(case, seen)))


def _checked(case: ClientCase, seen: Observation) -> Iterator[Checked]:
    for check in case.checks:
        yield Checked(check.id, check.level, look(seen, check.word, check.argument))
    if "requests" not in case.stage:
        yield from requests_as_documented(seen)
    yield from no_foreign_host(seen)


def _shown_call(invocation: Invocation) -> dict[str, Any]:
    return {
        "call": dict(invocation.call), "outcome": invocation.outcome, "level": invocation.level,
        "result": dict(invocation.result), "exit_code": invocation.exit_code, "stdout": invocation.stdout,
        "stderr": invocation.stderr, "seconds": round(invocation.seconds, 3),
    }  # fmt: skip
