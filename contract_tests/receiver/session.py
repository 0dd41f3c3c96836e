"""Judges one receiver, case by case."""

from __future__ import annotations

import json
import secrets
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from contract_tests.plugs.documents import UnusablePlug
from contract_tests.receiver.case import ReceiverCase
from contract_tests.receiver.effects import Effects, Habits
from contract_tests.receiver.messages import update_of
from contract_tests.receiver.mock import Mock
from contract_tests.receiver.plug import open_receiver
from contract_tests.receiver.probes import ProbeFailed
from contract_tests.receiver.sender import Request, Sender
from contract_tests.receiver.subject import ReceiverPlug
from contract_tests.receiver.suite import run_case
from contract_tests.receiver.tasks import Task, Tasks
from mock_server import MockServer, Settings

# How long the first success is followed, to learn what the receiver does with it.
LEARN_SECONDS = 2.0
_AFTER_LAST_SECONDS, _AFTER_DOWNLOAD_SECONDS = 1.0, 0.3
_LOOK_SECONDS = 0.02
_NOT_FOUND = 404


class ReceiverSession:
    """A receiver under judgement and a mock for it: a context manager.

    `plug`, `ready`, `state` and `fault` are as open_receiver takes them. `url` is a mock that already runs, and `key` the
    one with which the receiver asks it; else the session has a mock of its own. Files are kept below `folder`. `patience`
    multiplies how long the receiver is waited for where it works on its own. Raises UnusablePlug or MockRefused when it
    cannot begin.
    """

    def __init__(
        self, plug: str, *, ready: str | None = None, state: str | None = None, fault: str | None = None,
        url: str | None = None, key: str | None = None, folder: Path, patience: float = 1.0,
    ) -> None:  # fmt: skip
        self._text, self._ready, self._state, self._fault = plug, ready, state, fault
        self._url, self._key, self._folder = url, key or f"receiver-{secrets.token_hex(8)}", folder
        self._patience = patience
        self._ending = ExitStack()
        self.habits = Habits()
        # What must not stand in a report.
        self.secrets: list[str] = [self._key]

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
            server = MockServer(Settings(port=0, clock="manual"))
            self._url = self._ending.enter_context(server).url
        self._mock = Mock(self._url, self._key)
        self._ending.callback(self._mock.close)
        self._ending.callback(self._mock.drop_rule, self._mock.keep_tasks_open())
        self._plug: ReceiverPlug = open_receiver(
            self._text, ready=self._ready, state=self._state, fault=self._fault, folder=place
        )
        self._ending.callback(self._plug.close)
        self.secrets += [self._plug.secret] if self._plug.secret is not None else []
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
        return run_case(case, self._plug, self._mock, self.habits, self._place, patience=self._patience)

    def _learn(self) -> Habits:
        """Tells the receiver of one task as the service would, and sees what it does; proves the state probe on the way."""
        sender, tasks = Sender(self._plug.host, self._plug.port, self._plug.path, time.monotonic()), Tasks(self._mock)
        effects = Effects(self._mock, sender.elapsed)
        tasks.make("video", end="open")
        task = tasks.one("video")
        self._tell(sender, task)
        effects.settle(_AFTER_DOWNLOAD_SECONDS)
        tasks.finish(task, end="success", code=0)
        asked_before = effects.look()
        self._tell(sender, task)
        seconds = self._follow(effects, task, asked_before)
        if self._plug.state is not None:
            self._plug.state.ask(task.task_id, self._plug.places)
        return Habits(
            queries=effects.queries(task.task_id) > 0, retrieves=effects.retrieves(task.file_id) > 0,
            downloads=effects.downloads(task.file_id) > 0, seconds=seconds,
        )  # fmt: skip

    def _tell(self, sender: Sender, task: Task) -> None:
        answer = sender.send(Request(json.dumps(update_of(task)).encode())).answer
        if answer is None and not self._plug.restarts:
            raise UnusablePlug(f"{self._plug.label}: it does not answer HTTP")
        if answer is not None and answer.status == _NOT_FOUND:
            raise UnusablePlug(
                f"{self._plug.label}: POST {self._plug.path} is answered 404; which path takes callbacks?"
            )

    def _follow(self, effects: Effects, task: Task, seen: int) -> float:
        """Waits until the receiver has done what it does with a success; gives how long that took, in seconds."""
        begun = last = time.monotonic()
        wait = LEARN_SECONDS * self._patience
        while time.monotonic() < last + wait:
            if (now := effects.look()) != seen:
                seen, last = now, time.monotonic()
                # After the download nothing much is to be expected.
                wait = self._patience * (
                    _AFTER_DOWNLOAD_SECONDS if effects.downloads(task.file_id) else _AFTER_LAST_SECONDS
                )
            threading.Event().wait(_LOOK_SECONDS)
        return last - begun
