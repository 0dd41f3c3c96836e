"""What goes to a client under test and what comes back: one call document, one result document, for every plug."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

PROTOCOL = 1
# What a client can be asked for. One that does not offer an operation answers `unsupported`, or exits with 127.
OPERATIONS = ("generate", "create", "wait", "download", "generate_with_callback", "parallel")
UNSUPPORTED_EXIT = 127
# The kinds of error that a result document may name.
KINDS = (
    "auth", "balance", "rate_limited", "quota", "sensitive", "invalid_params", "server", "network", "timeout", "protocol",
    "task_failed", "download", "usage", "unknown", "unclassified",
)  # fmt: skip

Call = Mapping[str, Any]


class UnusablePlug(Exception):
    """The plug cannot be used at all; the message is one line: what is wrong, and what is allowed.

    `output` is what the client said meanwhile, such as a traceback; empty where it was not started.
    """

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


@dataclass(frozen=True, slots=True)
class Stop:
    """Ends the client with a signal as soon as `moment` is set, as a user or a crash would."""

    moment: threading.Event
    signal: signal.Signals


@dataclass(frozen=True, slots=True)
class Invocation:
    """What came of one call.

    `level` is 1 when a result document came, 0 when only an exit code, files and output can be seen. `outcome` is
    `success`, `error`, `unsupported`, `killed` (it ran into the kit's own limit) or `stopped` (by `Stop`). `result` is the
    result document, empty at level 0. `trouble` says what is wrong with the adapter itself; then nothing else counts.
    `peak_memory` is in bytes, None where it cannot be told; `foreign_hosts` are those that were contacted or tried
    besides loopback, and `watched` says whether such a contact would have been seen at all. `proxied` are hosts of
    loopback and names under `.invalid` that were asked for at the proxy: the first means that NO_PROXY was not honoured.
    `untold` names members of the input that the command line of the plug has no place for, so that the client cannot
    have known them. `after_stop` is the time in seconds from the signal of a `Stop` to the client's end.
    """

    call: Call
    outcome: str
    level: int
    result: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    peak_memory: int | None = None
    foreign_hosts: tuple[str, ...] = ()
    watched: bool = False
    trouble: str = ""
    proxied: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    after_stop: float | None = None

    @property
    def error(self) -> Mapping[str, Any]:
        """The error of the result document; empty when there is none."""
        error = self.result.get("error")
        return error if isinstance(error, Mapping) else {}


class ClientPlug(Protocol):
    """A client under test. `label` is the plug as the user wrote it; close ends every process that it started."""

    label: str

    def call(self, document: Call, *, stop: Stop | None = None) -> Invocation:
        """Makes the client do one call, and waits for its end or kills it when its time is over."""

    def close(self) -> None:
        """Ends the client."""
