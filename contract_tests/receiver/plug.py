"""Receivers as users name them: an address, an application, or a command."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

from contract_tests.plugs.documents import UnusablePlug
from contract_tests.receiver.probes import FaultHook, ProbeFailed, StateProbe
from contract_tests.receiver.subject import ReceiverPlug, RunningReceiver, StartedReceiver

KINDS = ("url", "wsgi", "asgi", "cmd")
_SERVER = Path(__file__).with_name("host.py")
_FORMS = (
    "url:http://127.0.0.1:8000/path, wsgi:module:app@/path, asgi:module:app@/path or cmd:program --port {port} @/path"
)


def open_receiver(
    text: str, *, ready: str | None = None, state: str | None = None, fault: str | None = None, folder: Path
) -> ReceiverPlug:
    """The receiver that a text names; nothing is started yet. Raises UnusablePlug for a text that names none.

    `ready` is a path that answers below 400 once the receiver is ready, without it a connection has to be accepted.
    `state` and `fault` are as StateProbe and FaultHook take them. What the kit starts keeps its files below `folder`.
    """
    kind, _, rest = text.partition(":")
    if kind not in KINDS or not rest:
        raise UnusablePlug(f"{text!r} is no receiver; write {_FORMS}")
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "url":
        plug: ReceiverPlug = RunningReceiver(text, rest, ready=ready)
    else:
        argv, path = _command(text, rest) if kind == "cmd" else _application(text, kind, rest)
        at = Path.cwd() if kind == "cmd" else folder
        plug = StartedReceiver(text, argv, path, ready=ready, folder=folder, at=at)
    try:
        plug.state = StateProbe(state) if state is not None else None
        plug.fault = FaultHook(fault) if fault is not None else None
    except ProbeFailed as wrong:
        raise UnusablePlug(str(wrong)) from None
    return plug


def _application(text: str, kind: str, rest: str) -> tuple[list[str], str]:
    target, _, path = rest.partition("@")
    if not re.fullmatch(r"[\w.]+:[\w.]+(\(\))?", target) or not path.startswith("/"):
        raise UnusablePlug(f"{text!r}: write {kind}:module:app@/path, or {kind}:module:make_app()@/path")
    return [sys.executable, "-P", str(_SERVER), kind, target, "{port}"], path


def _command(text: str, rest: str) -> tuple[list[str], str]:
    """The command, and the path that its last word names after an @."""
    try:
        argv = shlex.split(rest)
    except ValueError as error:
        raise UnusablePlug(f"{text!r}: {error}") from None
    path = argv.pop()[1:] if argv and argv[-1].startswith("@/") else "/"
    if not any("{port}" in word for word in argv):
        raise UnusablePlug(f"{text!r}: say with {{port}} where the command takes the port that it shall listen on")
    return argv, path
