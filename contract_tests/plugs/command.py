"""The plug `cmd:`, a command line that is run once for every call."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.plugs import launcher
from contract_tests.plugs.child import Child, Stopping
from contract_tests.plugs.documents import PROTOCOL, UNSUPPORTED_EXIT, Call, Invocation, Stop, UnusablePlug
from contract_tests.plugs.results import BrokenResult, read_result
from contract_tests.plugs.surroundings import Home, Surroundings
from contract_tests.plugs.template import Template, values_of, variables_of

# A result document longer than this is none.
_LONGEST_RESULT = 8_000_000


def program_of(scheme: str, words: Sequence[str], folder: Path, path: str) -> str:
    """The file of the program that a command line names. Raises UnusablePlug when there is none."""
    name = words[0]
    if os.sep in name:
        file = folder / name
        if not file.is_file():
            raise UnusablePlug(f"{scheme}: there is no program {name} in {folder}")
        if not os.access(file, os.X_OK):
            raise UnusablePlug(
                f"{scheme}: the file {name} is not executable; chmod +x it, or name its interpreter first"
            )
        return str(file)
    found = shutil.which(name, path=path)
    if found is None:
        raise UnusablePlug(f"{scheme}: there is no program {name} on the PATH ({path})")
    return os.path.abspath(found)  # noqa: PTH100 - a link of a virtual environment must stay one


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a run ended. `code` is None when the program could not be started for the reason `errno`."""

    code: int | None
    memory: int | None = None
    errno: int | None = None


class Command:
    """A client that is a command line. Raises UnusablePlug for one that cannot be read or whose program does not exist."""

    def __init__(self, text: str, *, folder: Path, surroundings: Surroundings) -> None:
        self.template = Template(text)
        self._folder = folder
        self._surroundings = surroundings
        self._program = program_of("cmd", self.template.words, folder, surroundings.path)

    def invoke(self, call: Call, *, seconds: float, stop: Stop | None = None) -> Invocation:
        """Runs it for one call, for so many seconds at most."""
        if not self.template.offers(str(call["op"])):
            return Invocation(call, "unsupported", 0)
        home = Home()
        try:
            return self._run(call, home, seconds, stop)
        finally:
            home.remove()

    def take_contacts(self) -> tuple[str, ...]:
        """None; only the sink sees contacts of a command."""
        return ()

    def close(self) -> None:
        """Nothing; every call ends what it started."""

    def _run(self, call: Call, home: Home, seconds: float, stop: Stop | None) -> Invocation:
        call_file, result_file = home.own / "call.json", home.own / "result.json"
        call_file.write_text(json.dumps(call, indent=1), encoding="utf-8")
        values = values_of(call, call_file, result_file)
        reports, report = os.pipe()
        began = time.monotonic()
        try:
            child = self._start(values, home, report)
        except (OSError, ValueError) as error:
            os.close(reports)
            return _not_started(call, error)
        finally:
            os.close(report)
        try:
            with Stopping(child, stop, seconds) as stopping:
                in_time = child.pump(lambda: child.ended, began + seconds)
            ended_at = time.monotonic()
            if not in_time:
                child.end()
            child.rest()
            ended = _read_report(reports, child)
        finally:
            child.close()
            os.close(reports)
        if ended.errno is not None:
            return _not_started(call, OSError(ended.errno, os.strerror(ended.errno)))
        out = child.out.take()
        result, trouble = _result(call, result_file, out)
        outcome = "killed" if not in_time else "stopped" if stopping.sent_at is not None else ""
        return Invocation(
            call, outcome or result.get("outcome") or _by_exit(ended.code), int(bool(result)), result, ended.code,
            out, child.err.take(), ended_at - began, ended.memory, trouble="" if outcome else trouble,
            untold=self.template.untold(call),
            after_stop=None if stopping.sent_at is None else ended_at - stopping.sent_at,
        )  # fmt: skip

    def _start(self, values: dict[str, str], home: Home, report: int) -> Child:
        between = [sys.executable, "-I", "-S", launcher.__file__, str(report), self._program]
        return Child(
            [*between, *self.template.arguments(values)],
            environment=self._surroundings.of(home, variables_of(values)), folder=self._folder, descriptors=[report],
        )  # fmt: skip


def _read_report(reports: int, child: Child) -> _Ended:
    os.set_blocking(reports, False)
    with suppress(BlockingIOError):
        words = os.read(reports, 100).split()
        if words[:1] == [b"errno"]:
            return _Ended(None, errno=int(words[1]))
        if words:
            return _Ended(int(words[0]), int(words[1]))
    return _Ended(child.exit_code)


def _not_started(call: Call, error: Exception) -> Invocation:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return Invocation(call, "error", 0, trouble=f"the program cannot be started: {reason}")


def _by_exit(code: int | None) -> str:
    return {0: "success", UNSUPPORTED_EXIT: "unsupported"}.get(-1 if code is None else code, "error")


def _result(call: Call, file: Path, out: str) -> tuple[dict[str, Any], str]:
    """The result document, from its file or the last line of stdout that is one; and what is wrong with it."""
    try:
        document = _from_file(file) if file.is_file() else _last_line(out)
        if isinstance(document, dict):
            document = {"protocol": PROTOCOL, "id": call["id"]} | document
        return ({}, "") if document is None else (read_result(document, call), "")
    except BrokenResult as error:
        return {}, str(error)


def _from_file(file: Path) -> Any:
    if file.stat().st_size > _LONGEST_RESULT:
        raise BrokenResult(f"the result file is longer than {_LONGEST_RESULT} bytes")
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BrokenResult(f"the result file is no JSON: {error}") from error


def _last_line(out: str) -> Any:
    for line in reversed(out.split("\n")):
        if line.lstrip().startswith("{") and ('"protocol"' in line or '"outcome"' in line):
            with suppress(ValueError, RecursionError):
                document = json.loads(line)
                if isinstance(document, dict) and document.keys() & {"protocol", "outcome"}:
                    return document
    return None
