"""One case as it is played: the steps of its script, and everything that is known afterwards."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from contract_tests.receiver.canary import Canary
from contract_tests.receiver.effects import Effects, Habits, delivered
from contract_tests.receiver.messages import KINDS, Composer, Message, Sent
from contract_tests.receiver.mock import Mock
from contract_tests.receiver.probes import State
from contract_tests.receiver.sender import Request, Sender
from contract_tests.receiver.subject import ReceiverPlug
from contract_tests.receiver.tasks import NoTask, Task, Tasks
from contract_tests.wire.exchange import Exchange
from mock_server.receiver import CallbackReceiver

_LATE_SECONDS = 3.5
# Steps in which the mock sends challenges and updates.
_MOCK_SPEAKS = ("create", "end", "advance", "replay")
# How long something that a receiver does on its own is waited for.
OUTCOME_SECONDS = 6.0
_AFTER_GIVING_UP = 0.3
_LOOK_SECONDS = 0.02
_SLOW_PATIENCE = 120.0


class Scene:
    """A case that is played: a context manager. `missing` has what steps asked for and the plug cannot do."""

    def __init__(self, plug: ReceiverPlug, mock: Mock, habits: Habits, folder: Path, *, patience: float = 1.0) -> None:
        self.plug, self.mock, self.habits, self._patience = plug, mock, habits, patience
        begun = time.monotonic()
        self.sender = Sender(plug.host, plug.port, plug.path, begun)
        self.effects = Effects(mock, self.sender.elapsed)
        self.tasks = Tasks(mock)
        self.sent: list[Sent] = []
        # What the mock sent.
        self.pushed: list[Exchange] = []
        self._heard = {each["id"] for each in mock.deliveries()}
        self.creates: dict[str, Mapping[str, Any]] = {}
        self.missing: set[str] = set()
        self.canary = Canary()
        self.outside = folder / f"outside-{secrets.token_hex(6)}"
        self.nonce = secrets.token_hex(12)
        self.memory_before: int | None = None
        self._settled = self._gave_up = self._down = False
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        self.outside.mkdir(parents=True)
        self._ending.callback(self.canary.close)
        self._ending.callback(self._give_back)
        places = {
            "canary": self.canary.url, "outside": str(self.outside), "nonce": self.nonce,
            "four_kilobytes": (self.nonce * 200)[:4096],
        }  # fmt: skip
        self._composer = Composer(self.tasks, places, self.plug.path, self.plug.secret)
        self.memory_before = self.plug.peak_memory() if self.plug.forget_peak() else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.close()

    # Steps

    def play(self, script: Sequence[Mapping[str, Any]]) -> None:
        """Plays every step. Raises MockRefused, ProbeFailed or UnusablePlug when one cannot be played."""
        for step in script:
            ((name, argument),) = step.items()
            with suppress(NoTask):  # a check says so
                self._play(name, argument)

    def _play(self, name: str, argument: Any) -> None:
        if name not in KINDS:
            getattr(self, f"_do_{name}")(argument)
            if name in _MOCK_SPEAKS:
                self._hear_mock()
            return
        for message in self._composer.compose(name, argument):
            self._keep(message, self.sender.send(message.request))

    def _keep(self, message: Message, exchange: Any) -> None:
        self.sent.append(Sent(message, exchange))

    def _hear_mock(self) -> None:
        """Notes what the mock itself has sent to the receiver since the last time."""
        for delivery in self.mock.deliveries():
            if delivery["id"] not in self._heard and delivery["answer"] is not None:
                self.pushed.append(delivered(delivery, self.plug.path, self.sender.elapsed()))
            self._heard.add(delivery["id"])

    def _compose(self, steps: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
        for step in steps:
            ((name, argument),) = step.items()
            yield from self._composer.compose(name, argument)

    def _do_task(self, step: Mapping[str, Any]) -> None:
        self.tasks.make(
            step.get("name", "video"), end=step["end"], code=step.get("code", 0), count=step.get("count", 1)
        )

    def _do_end(self, step: Mapping[str, Any]) -> None:
        task = self.tasks.one(step.get("task", "video"))
        self.tasks.finish(task, end=step["in"], code=step.get("code", 0))

    def _do_rule(self, rule: Mapping[str, Any]) -> None:
        """A rule of the mock for as long as the case lasts."""
        added = self.mock.rule(self._composer.filled(rule))
        self._ending.callback(self.mock.drop_rule, added)

    def _do_create(self, step: Mapping[str, Any]) -> None:
        name = step.get("name", "video")
        if step.get("through") == "late":
            with CallbackReceiver() as relay:
                relay.answers(self._late)
                answer = self.mock.create(relay.url)
        else:
            answer = self.mock.create(self.plug.url, stays=not step.get("ruled", False))
        self.creates[name] = answer
        self.tasks.created(name, str(answer.get("task_id") or ""))

    def _late(self, data: Any) -> bytes:
        """Hands a challenge on to the receiver, and its answer back when it is too late."""
        request = Request(json.dumps(data).encode())
        exchange = self.sender.send(request)
        self._keep(Message("late", request, data), exchange)
        threading.Event().wait(_LATE_SECONDS)
        return exchange.answer.body if exchange.answer is not None else b""

    def _do_at_once(self, steps: Sequence[Mapping[str, Any]]) -> None:
        messages = list(self._compose(steps))
        gate = threading.Barrier(len(messages))

        def send(message: Message) -> Sent:
            gate.wait()
            return Sent(message, self.sender.send(message.request))

        with ThreadPoolExecutor(len(messages)) as pool:
            self.sent += pool.map(send, messages)

    def _do_on_one_connection(self, steps: Sequence[Mapping[str, Any]]) -> None:
        with self.sender.connection() as connection:
            for message in self._compose(steps):
                self._keep(message, connection.send(message.request))

    def _do_slow_bodies(self, step: Mapping[str, Any]) -> None:
        """Connections on which a body comes byte by byte until the case ends."""
        request = Request(json.dumps({"padding": "x" * 500}).encode(), rate=step["rate"], patience=_SLOW_PATIENCE)
        for _ in range(step["connections"]):
            connection = self.sender.connection()
            thread = threading.Thread(target=connection.send, args=(request,), daemon=True)
            thread.start()
            self._ending.callback(thread.join, 1.0)
            self._ending.callback(connection.abort)

    def _do_restart(self, _: Any) -> None:
        self._do_stop(None)
        self._do_start(None)

    def _do_stop(self, _: Any) -> None:
        if not self.plug.restarts:
            self.missing.add("restart")
            return
        self.plug.stop()

    def _do_start(self, _: Any) -> None:
        if self.plug.restarts:
            self.plug.restart()

    def _do_advance(self, seconds: float) -> None:
        """Moves the mock's clock, where it can be moved."""
        if self.mock.manual():
            self.mock.advance(seconds)

    def _do_replay(self, step: Mapping[str, Any]) -> None:
        self.mock.replay(self.tasks.one(step.get("task", "video")).task_id, step["status"])

    def _do_fault(self, action: str) -> None:
        if self.plug.fault is None:
            self.missing.add("fault")
            return
        self.plug.fault.do(action, self.plug.places)
        self._down = action == "down"

    def _give_back(self) -> None:
        """The store, where a case ended without doing so."""
        if self._down and self.plug.fault is not None:
            self.plug.fault.do("up", self.plug.places)

    def _do_settle(self, _: Any) -> None:
        """Waits until the receiver has done what it does on its own by now."""
        self.effects.settle(self.habits.quiet)

    def _do_wait_for(self, step: Mapping[str, Any]) -> None:
        """Waits until a task has ended for the receiver too, as far as that can be seen."""
        task = self.tasks.one(step.get("task", "video"))
        if self.plug.state is not None:
            self.until(lambda: self.state(task).status == task.end)
        elif self.habits.fetches and task.end == "success":
            self.until(lambda: self.fetched(task) > 0)

    # What is known afterwards

    def filled(self, data: Any) -> Any:
        """The data with every ${…} replaced."""
        return self._composer.filled(data)

    def of(self, label: str | None) -> list[Sent]:
        """What was sent under a label, or everything."""
        return [each for each in self.sent if label in (None, each.message.label)]

    def exchanges(self) -> list[Exchange]:
        """Everything that was said: by the kit, by the mock, and by the receiver to the mock."""
        self.effects.look()
        return [*(each.exchange for each in self.sent), *self.pushed, *self.effects.exchanges()]

    def state(self, task: Task) -> State:
        """What the receiver knows of a task; needs a state probe. Raises ProbeFailed."""
        assert self.plug.state is not None
        return self.plug.state.ask(task.task_id, self.plug.places)

    def fetched(self, task: Task) -> int:
        """How often the receiver asked for the link of the file, or, if it never asks for links, for the file."""
        if not self._settled:
            self.effects.look()
        return max(self.effects.retrieves(task.file_id), self.effects.downloads(task.file_id))

    def fetched_whole(self, task: Task) -> bool:
        """Whether the receiver has asked for the file in every way in which it asks for files."""
        if not self.fetched(task):
            return False
        return not self.habits.downloads or self.effects.downloads(task.file_id) > 0

    def until(self, condition: Callable[[], bool], seconds: float = OUTCOME_SECONDS) -> bool:
        """Waits for something that the receiver does on its own; gives whether it happened.

        Once something has not happened in time, the rest of the case has had its time too.
        """
        end = time.monotonic() + self._patience * (min(seconds, _AFTER_GIVING_UP) if self._gave_up else seconds)
        while not (happened := condition()) and time.monotonic() < end:
            threading.Event().wait(_LOOK_SECONDS)
        self._gave_up = self._gave_up or not happened
        return happened

    def settle(self) -> None:
        """Waits, once, until the receiver has done what it does on its own."""
        if not self._settled:
            self.effects.settle(self.habits.quiet)
            self._settled = True
