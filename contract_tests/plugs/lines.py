"""The plugs `jsonl:` and `py:`, a child that goes on running and answers one call document after the other."""

from __future__ import annotations

import json
import os
import signal
import site
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from contract_tests.plugs import host, memory
from contract_tests.plugs.child import Child, Output, Stopping
from contract_tests.plugs.documents import Call, Invocation, Stop
from contract_tests.plugs.results import BrokenResult, quoted, read_result
from contract_tests.plugs.surroundings import Home, Surroundings

# A line longer than this is output, whatever it looks like.
_LONGEST_LINE = 8_000_000
# Once its stdin is closed a child has so long to end by itself.
_PATIENCE_SECONDS = 0.5
# A child that answers after a signal has so long to end by itself as well.
_AFTER_STOP_SECONDS = 1.0
_REMEMBERED_CALLS = 1000


class Lines:
    """Splits what a child says into lines: documents of the protocol, and everything else, which is output."""

    def __init__(self, output: Output) -> None:
        self.call_id = ""
        self.answer: Mapping[str, Any] | None = None
        self.trouble = ""
        self.unusable = ""
        self.contacts: list[str] = []
        self._past: deque[str] = deque(maxlen=_REMEMBERED_CALLS)
        self._output = output
        self._begun = bytearray()
        self._too_long = False

    def expect(self, call_id: str) -> None:
        """From now on an answer to this call is awaited, and one to an earlier call is none."""
        self._past.append(self.call_id)
        self.call_id, self.answer, self.trouble = call_id, None, ""

    def hear(self, data: bytes) -> None:
        """Takes what came on stdout."""
        *whole, rest = data.split(b"\n")
        for part in whole:
            self._begun += part
            if self._too_long:
                self._output.add(bytes(self._begun) + b"\n")
            else:
                self._line(bytes(self._begun))
            self._begun.clear()
            self._too_long = False
        self._begun += rest
        if len(self._begun) > _LONGEST_LINE:
            self._too_long = True
        if self._too_long:
            self._output.add(bytes(self._begun))
            self._begun.clear()

    def flush(self) -> None:
        """Takes what was begun and will never end as a line."""
        if self._begun:
            self.hear(b"\n")

    def _line(self, line: bytes) -> None:
        document = self._document(line)
        if document is None:
            self._output.add(line + b"\n")
        elif "contact" in document:
            self.contacts.append(str(document["contact"]))
        elif "unusable" in document:
            self.unusable = str(document["unusable"])
        else:
            self._take(document)

    def _take(self, document: dict[str, Any]) -> None:
        name = document.get("id")
        if name == self.call_id and self.answer is None and not self.trouble:
            if "trouble" in document:
                self.trouble = str(document["trouble"])
            else:
                self.answer = document
        elif name == self.call_id or name in self._past:
            # Too late: the call is over, and what it says has nothing to do with the one that is waited for.
            self._output.add(json.dumps(document).encode() + b"\n")
        elif not self.trouble:
            self.trouble = f"a result document has the id {quoted(name)}, the call has {quoted(self.call_id)}"

    def _document(self, line: bytes) -> dict[str, Any] | None:
        """The document that a line is; None for output, and for what was meant to be one and is not, which is trouble."""
        if not line.lstrip().startswith(b"{"):
            return None
        try:
            document: dict[str, Any] = json.loads(line)
        except (ValueError, RecursionError):
            if b"protocol" in line[:1000]:
                text = line[:100].decode("utf-8", "replace")
                self.trouble = self.trouble or f"a line looks like a result document and is no JSON: {text}"
            return None
        if "protocol" in document:
            return document
        if "outcome" in document and self.call_id:
            self.trouble = self.trouble or 'a result document in a line needs "protocol": 1, and the "id" of its call'
        return None


class Talker:
    """A client that is a running child. It is started at the first call, and again when it has ended.

    A start is over when the child has refused the call that `greeting` makes; a child that does not is in trouble. The time
    for it, `start_seconds`, is its own, and no call's.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        surroundings: Surroundings,
        greeting: Callable[[], Call],
        judged: Callable[[Invocation], str],
        extra: Mapping[str, str] | None = None,
        start_seconds: float = 20.0,
    ) -> None:
        self._argv = argv
        self._folder = folder
        self._surroundings = surroundings
        self._extra = extra or {}
        self._greeting, self._judged = greeting, judged
        self._start_seconds = start_seconds
        self._child: Child | None = None
        self._home: Home | None = None
        self._contacts: list[str] = []
        self.lines = Lines(Output())

    def start(self) -> Invocation:
        """Starts the child and lets it refuse a call; gives what came of it, with `trouble` when it did not refuse."""
        self.close()
        call = self._greeting()
        out = Output()
        self.lines = Lines(out)
        self._home = Home()
        try:
            self._child = Child(
                self._argv, environment=self._surroundings.of(self._home, self._extra), folder=self._folder, talks=True,
                heard=self.lines.hear,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            self.close()
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return Invocation(call, "error", 0, trouble=f"the child cannot be started: {reason}")
        self._child.out = out
        began = self._ask(self._child, call, self._start_seconds, None)
        trouble = self.lines.unusable or began.trouble or _silent(began) or self._judged(began)
        if not trouble:
            return began
        self.close()
        return _troubled(began, trouble)

    def invoke(self, call: Call, *, seconds: float, stop: Stop | None = None) -> Invocation:
        """Has the child answer one call, for so many seconds at most."""
        if self._child is not None:
            self._child.look()
        if self._child is None or self._child.ended:
            began = self.start()
            if began.trouble:
                return _troubled(began, f"the client cannot be started: {began.trouble}", call)
        assert self._child is not None
        return self._ask(self._child, call, seconds, stop)

    def take_contacts(self) -> tuple[str, ...]:
        """The foreign hosts that the child has told of since the last time."""
        told, self._contacts = [*self._contacts, *self.lines.contacts], []
        self.lines.contacts.clear()
        return tuple(told)

    def close(self) -> None:
        """Ends the child and removes its home."""
        if self._child is not None:
            self._child.close(_PATIENCE_SECONDS)
            self._contacts = list(self.take_contacts())
            self._child = None
        if self._home is not None:
            self._home.remove()
            self._home = None

    def _ask(self, child: Child, call: Call, seconds: float, stop: Stop | None) -> Invocation:
        lines = self.lines
        lines.expect(str(call["id"]))
        measured = memory.begin(child.pid)
        began = time.monotonic()
        child.send(json.dumps(call).encode() + b"\n")
        with Stopping(child, stop, seconds) as stopping:
            in_time = child.pump(lambda: bool(lines.answer or lines.trouble or child.ended), began + seconds)
        peak = memory.peak(child.pid) if measured and not child.ended else None
        stopped = stopping.sent_at is not None
        if stopped and in_time:  # it may have answered first, and end by itself now
            child.pump(lambda: child.ended, time.monotonic() + _AFTER_STOP_SECONDS)
        ended_at = time.monotonic()
        if stopped or not in_time or lines.trouble:
            child.end()
        if child.ended:
            child.rest()
            lines.flush()
        outcome, result, trouble = self._outcome(child, call, in_time=in_time, stopped=stopped)
        return Invocation(
            call, outcome, int(bool(result)), result, child.exit_code, child.out.take(), child.err.take(),
            ended_at - began, peak, trouble=trouble,
            after_stop=None if stopping.sent_at is None else ended_at - stopping.sent_at,
        )  # fmt: skip

    def _outcome(self, child: Child, call: Call, *, in_time: bool, stopped: bool) -> tuple[str, dict[str, Any], str]:
        """The outcome, the result document and the trouble."""
        result: dict[str, Any] = {}
        trouble = self.lines.trouble
        if self.lines.answer is not None and not trouble:
            try:
                result = read_result(self.lines.answer, call)
            except BrokenResult as error:
                trouble = str(error)
        if not in_time or stopped:
            return ("stopped" if in_time else "killed"), result, ""
        if trouble or result:
            return result.get("outcome", "error"), result, trouble
        if child.exit_code == 0:
            return "error", {}, "the client ended with exit code 0 in place of an answer"
        return "error", {}, ""  # it crashed, which is what its users would see too


def python_client(target: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command line of the child for `py:module:factory`, and what its environment needs besides."""
    extra = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    if site.ENABLE_USER_SITE:  # packages of the user are found by HOME, which is another one there
        extra["PYTHONUSERBASE"] = site.getuserbase()
    return [sys.executable, "-P", host.__file__, target, str(folder)], extra


def _silent(began: Invocation) -> str:
    """What is wrong with a child that ended, or said nothing, instead of answering its first call."""
    said = (began.stderr.strip() or began.stdout.strip()).rsplit("\n", 1)[-1][:200]
    last = f"; the last that it said: {said}" if said else ""
    if began.outcome == "killed":
        return (
            f"it did not answer its first call within {began.seconds:.0f} s{last}; one call document comes as a line on "
            f"stdin, and one result document must go as a line to stdout, flushed"
        )
    if not began.level:
        how = _by_signal(began.exit_code) if (began.exit_code or 0) < 0 else f"with exit code {began.exit_code}"
        return f"it ended {how} before its first answer{last}"
    return ""


def _by_signal(code: int | None) -> str:
    with suppress(ValueError):
        return f"by {signal.Signals(-(code or 0)).name}"
    return f"by signal {-(code or 0)}"


def _troubled(began: Invocation, trouble: str, call: Call | None = None) -> Invocation:
    return Invocation(
        call or began.call, "error", 0, exit_code=began.exit_code, stdout=began.stdout, stderr=began.stderr,
        seconds=began.seconds, trouble=trouble,
    )  # fmt: skip
