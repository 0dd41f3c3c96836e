"""Opens a client plug as the user wrote it, and calls it: contained, judged, and no more once its adapter has failed for good."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from contract_tests.plugs.command import Command, program_of
from contract_tests.plugs.documents import Call, Invocation, Stop, UnusablePlug
from contract_tests.plugs.invented import invented_call, noted, refused
from contract_tests.plugs.lines import Talker, python_client
from contract_tests.plugs.results import check_call
from contract_tests.plugs.sink import Reach, Sink
from contract_tests.plugs.surroundings import Surroundings
from contract_tests.plugs.template import words_of

__all__ = ["FAILURES_ALLOWED", "Plug", "UnusablePlug", "open_plug"]

# So many failures of the adapter in a row, and it is not called any more.
FAILURES_ALLOWED = 3
GRACE_SECONDS = 3.0
START_SECONDS = 20.0
_SCHEMES = "py:module:factory, jsonl:COMMAND or cmd:COMMAND"
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class _Adapter(Protocol):
    def invoke(self, call: Call, *, seconds: float, stop: Stop | None = None) -> Invocation: ...
    def take_contacts(self) -> tuple[str, ...]: ...
    def close(self) -> None: ...


class Plug:
    """A client under test, opened. Made by `open_plug`; a context manager that ends every process of the client.

    `label` is the plug as the user wrote it, or the name given for it. `notes` are remarks of the opening for the report.
    """

    def __init__(self, label: str, adapter: _Adapter, sink: Sink, folder: Path, *, grace: float, watched: bool) -> None:
        self.label = label
        self.notes: list[str] = []
        self._adapter = adapter
        self._sink = sink
        self._folder = folder
        self._grace = grace
        self._always_watched = watched
        self._early: set[str] = set()  # foreign hosts of the opening, which go with the first call
        self._failures = 0
        self._last_failure = ""
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def watched(self) -> bool:
        """Whether a contact to a foreign host would be seen: its first request through the proxy proves it."""
        return self._always_watched or self._sink.watched

    def call(self, document: Call, *, stop: Stop | None = None) -> Invocation:
        """Makes the client do one call, and waits for its end or kills it when its time is over.

        Calls of several threads wait for each other. Raises ValueError for a document that is no call.
        """
        check_call(document)
        with self._lock:
            if self._failures >= FAILURES_ALLOWED:
                last = self._last_failure
                words = f"circuit open after three failures of the adapter: {last}"
                return Invocation(document, "error", 0, trouble=words, watched=self.watched)
            seconds = document["deadline_ms"] / 1000 + self._grace
            return self._counted(self._seen(self._adapter.invoke(document, seconds=seconds, stop=stop)))

    def close(self) -> None:
        """Ends the client and the proxy; a second time does nothing."""
        self._adapter.close()
        self._sink.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def probe(self, name: str, invoke: Callable[[], Invocation]) -> None:
        """Has the client refuse an operation that does not exist. Raises UnusablePlug when it does not."""
        probed = invoke()
        self.notes += filter(None, [noted(probed)])
        asked = self._sink.take()
        self.notes += [
            f"for an operation that does not exist it sent {each.host}" for each in asked if each.reach is Reach.DIRECT
        ]
        self._early = {each.host for each in asked if each.reach is Reach.FOREIGN}
        trouble = refused(probed)
        if trouble:
            raise UnusablePlug(f"{name} cannot be used: {trouble}", probed.stdout + probed.stderr)

    def _seen(self, made: Invocation) -> Invocation:
        """With the hosts that the proxy and the child itself have told of."""
        asked = self._sink.take()
        foreign = {each.host for each in asked if each.reach is Reach.FOREIGN} | {*self._adapter.take_contacts()}
        if "" in foreign:  # it started a process, which is watched by nobody
            self._always_watched = False
        foreign = (foreign | self._early) - {""}
        self._early = set()
        proxied = tuple(each.host for each in asked if each.reach in (Reach.LOCAL, Reach.NOWHERE))
        return replace(made, foreign_hosts=tuple(sorted(foreign)), proxied=proxied, watched=self.watched)

    def _counted(self, made: Invocation) -> Invocation:
        self._failures = self._failures + 1 if made.trouble else 0
        self._last_failure = made.trouble
        return made


def open_plug(
    text: str,
    *,
    label: str | None = None,
    folder: Path | None = None,
    keep: Sequence[str] = (),
    grace: float = GRACE_SECONDS,
    start_seconds: float = START_SECONDS,
) -> Plug:
    """Opens `py:module:factory`, `jsonl:COMMAND` or `cmd:COMMAND`, and has the client refuse an invented operation.

    `folder` is where the user is (the current one by default): the working folder of the client, where modules of `py:` are
    looked for first. `keep` names variables of the environment that the client gets too. `grace` is how many seconds after
    its deadline a call is killed, `start_seconds` how long a client may take to start. Raises UnusablePlug.
    """
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in _OPENERS:
        raise UnusablePlug(f"{text or 'nothing'} is no client plug; allowed: {_SCHEMES}")
    if os.name != "posix":
        raise UnusablePlug("client plugs need process groups, which only POSIX systems have")
    opening = _Opening(rest.strip(), folder or Path.cwd(), keep, start_seconds)
    try:
        return _OPENERS[scheme](opening, label or text, grace)
    except BaseException:
        opening.abandon()
        raise


class _Opening:
    """What every scheme needs: the sink, the surroundings, a folder for the calls that probe."""

    def __init__(self, rest: str, folder: Path, keep: Sequence[str], start_seconds: float) -> None:
        self.rest = rest
        self.folder = folder.resolve()
        self.start_seconds = start_seconds
        self.sink = Sink()
        self.work = Path(tempfile.mkdtemp(prefix="mm-contract-probe-"))
        try:
            self.surroundings = Surroundings(self.sink.url, secrets.token_hex(8), keep=keep)
        except UnusablePlug:
            self.abandon()
            raise

    def greeting(self) -> Call:
        return invented_call(self.sink.url, self.work)

    def abandon(self) -> None:
        self.sink.close()
        shutil.rmtree(self.work, ignore_errors=True)

    def python(self, label: str, grace: float) -> Plug:
        if not _TARGET.fullmatch(self.rest):
            raise UnusablePlug(
                f"py:{self.rest} names no factory; write py:module:factory, as in py:package.client:make"
            )
        return self._talker("py", *python_client(self.rest, self.folder), label, grace)

    def lines(self, label: str, grace: float) -> Plug:
        words = words_of("jsonl", self.rest)
        words[0] = program_of("jsonl", words, self.folder, self.surroundings.path)
        return self._talker("jsonl", words, {}, label, grace)

    def command(self, label: str, grace: float) -> Plug:
        command = Command(self.rest, folder=self.folder, surroundings=self.surroundings)
        plug = Plug(label, command, self.sink, self.work, grace=grace, watched=False)
        call = self.greeting()
        if command.template.offers(str(call["op"])):
            seconds = max(self.start_seconds, call["deadline_ms"] / 1000 + grace)
            self._check("cmd", plug, lambda: command.invoke(call, seconds=seconds))
        return plug

    def _talker(self, scheme: str, argv: Sequence[str], extra: dict[str, str], label: str, grace: float) -> Plug:
        talker = Talker(
            argv, folder=self.folder, surroundings=self.surroundings, greeting=self.greeting, judged=refused, extra=extra,
            start_seconds=self.start_seconds,
        )  # fmt: skip
        plug = Plug(label, talker, self.sink, self.work, grace=grace, watched=scheme == "py")
        self._check(scheme, plug, talker.start)
        return plug

    def _check(self, scheme: str, plug: Plug, invoke: Callable[[], Invocation]) -> None:
        try:
            plug.probe(f"{scheme}:{self.rest}", invoke)
        except BaseException:
            plug.close()
            raise


_OPENERS: dict[str, Callable[[_Opening, str, float], Plug]] = {
    "py": _Opening.python, "jsonl": _Opening.lines, "cmd": _Opening.command,
}  # fmt: skip
