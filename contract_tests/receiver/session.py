"""Judges one receiver, case by case."""

from __future__ import annotations

import json
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from contract_tests.outcome import Checked, Finding, Level, Outcome, Verdict, broken, judge, unseen
from contract_tests.receiver.case import Check, ReceiverCase
from contract_tests.receiver.effects import Effects, Habits
from contract_tests.receiver.messages import update_of
from contract_tests.receiver.mock import Mock, MockRefused
from contract_tests.receiver.plug import ReceiverPlug, UnusablePlug, open_receiver
from contract_tests.receiver.probes import ProbeFailed
from contract_tests.receiver.scene import Scene
from contract_tests.receiver.sender import Request, Sender
from contract_tests.receiver.tasks import Task, Tasks
from contract_tests.receiver.vocabulary import look
from contract_tests.wire.record import shown_wire
from mock_server import MockServer, Settings

# How long the first success is followed, to learn what the receiver does with it.
LEARN_SECONDS = 2.0
_AFTER_LAST_SECONDS = 0.3
_LOOK_SECONDS = 0.02
# Tasks end when the kit says so.
_TASK_SECONDS = 80_000.0
_MISSING = {
    "restart": "the kit cannot stop and start it: let the kit start it (wsgi:, asgi: or cmd:)",
    "fault": "its store cannot be taken away: give a hook for it (--minimax-receiver-fault)",
}


class ReceiverSession:
    """A receiver under judgement and a mock for it: a context manager.

    `plug`, `ready`, `state` and `fault` are as open_receiver takes them. `url` is a mock that already runs, and `key` the
    one with which the receiver asks it; else the session has a mock of its own. Files are kept below `folder`. Raises
    UnusablePlug or MockRefused when it cannot begin.
    """

    def __init__(
        self, plug: str, *, ready: str | None = None, state: str | None = None, fault: str | None = None,
        url: str | None = None, key: str | None = None, folder: Path,
    ) -> None:  # fmt: skip
        self._text, self._ready, self._state, self._fault = plug, ready, state, fault
        self._url, self._key, self._folder = url, key or f"receiver-{secrets.token_hex(8)}", folder
        self._ending = ExitStack()
        self.habits = Habits()

    @property
    def level(self) -> int:
        """How much the plug shows: 0 its answers, 1 what it asks of the mock, 2 its state."""
        if self._plug.state is not None:
            return 2
        return int(self.habits.queries or self.habits.fetches)

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._ending.close()
            raise
        return self

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Each session has a place of its own, so that those of several workers do not meet.
        place = Path(tempfile.mkdtemp(prefix="receiver-", dir=self._folder)).resolve()
        self._place = place
        if self._url is None:
            server = MockServer(Settings(port=0, clock="manual", task_seconds=_TASK_SECONDS))
            self._url = self._ending.enter_context(server).url
        self._mock = Mock(self._url, self._key)
        self._ending.callback(self._mock.close)
        self._mock.manual()  # or there is no control API
        self._plug: ReceiverPlug = open_receiver(
            self._text, ready=self._ready, state=self._state, fault=self._fault, folder=place
        )
        self._ending.callback(self._plug.stop)
        self._plug.start(base_url=self._url, api_key=self._key)
        try:
            self.habits = self._learn()
        except ProbeFailed as wrong:
            raise UnusablePlug(str(wrong)) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.close()

    def judge(self, case: ReceiverCase) -> dict[str, Any]:
        """The record of one case, as `results.json` has it."""
        self._plug.revive()
        return run_case(case, self._plug, self._mock, self.habits, self._place)

    def _learn(self) -> Habits:
        """Tells the receiver of one success and sees what it does; proves the state probe on the way."""
        sender = Sender(self._plug.host, self._plug.port, self._plug.path, begun := time.monotonic())
        effects, tasks = Effects(self._mock, sender.elapsed), Tasks(self._mock)
        tasks.make("video", end="success")
        task = tasks.one("video")
        sender.send(Request(json.dumps(update_of(task, "processing")).encode()))
        exchange = sender.send(Request(json.dumps(update_of(task)).encode()))
        if exchange.answer is None and not self._plug.restarts:
            raise UnusablePlug(f"{self._plug.label}: it does not answer ({exchange.end or 'closed'})")
        sent = last = time.monotonic()
        seen = 0
        while time.monotonic() < (last + _AFTER_LAST_SECONDS if seen else sent + LEARN_SECONDS):
            if (now := effects.look()) != seen:
                seen, last = now, time.monotonic()
            if effects.downloads(task.file_id):
                break
            threading.Event().wait(_LOOK_SECONDS)
        self._prove_state(task)
        return Habits(
            queries=effects.queries(task.task_id) > 0, retrieves=effects.retrieves(task.file_id) > 0,
            downloads=effects.downloads(task.file_id) > 0, seconds=max(last - max(begun, sent), 0.0),
        )  # fmt: skip

    def _prove_state(self, task: Task) -> None:
        if self._plug.state is not None:
            self._plug.state.ask(task.task_id, self._plug.places)


def run_case(case: ReceiverCase, plug: ReceiverPlug, mock: Mock, habits: Habits, folder: Path) -> dict[str, Any]:
    """Plays one case against a started receiver and judges it; the record is as `results.json` has it."""
    started = time.perf_counter()
    wire: list[dict[str, Any]] = []
    if case.offers == "secret" and plug.secret is None:
        verdict = Verdict(Outcome.NOT_APPLICABLE, "no part of its path is a secret; mark one with braces: /callback/{s3cret}")
    else:
        try:
            with Scene(plug, mock, habits, folder) as scene:
                scene.play(case.script)
                verdict = judge(case.level, list(_checked(case, scene)))
                scene.effects.look()
                wire = shown_wire([*(each.exchange for each in scene.sent), *scene.effects.exchanges()])
        except (MockRefused, ProbeFailed) as wrong:
            verdict = Verdict(Outcome.ERROR, f"the stage could not be set: {wrong}")
        except UnusablePlug as wrong:
            check = Checked("starts-again", Level.MUST, broken("it starts again", str(wrong)))
            verdict = judge(case.level, [check])
    return {
        "id": case.id, "title": case.title, "level": str(case.level), "basis": list(case.basis), "why": case.why,
        "server": case.kit, "obligation": case.obligation, "outcome": str(verdict.outcome), "reason": verdict.reason,
        "seconds": round(time.perf_counter() - started, 3), "baseline": None,
        "checks": [each.as_dict() for each in verdict.checks], "calls": [], "wire": wire,
    }  # fmt: skip


def _checked(case: ReceiverCase, scene: Scene) -> Iterator[Checked]:
    for check in case.checks:
        yield Checked(check.id, check.level, _found(check, scene))


def _found(check: Check, scene: Scene) -> Finding:
    if check.needs in scene.missing:
        return unseen(check.id.replace("-", " "), _MISSING[check.needs])
    return look(scene, check.word, scene.filled(check.argument))
