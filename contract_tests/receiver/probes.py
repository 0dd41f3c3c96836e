"""What the user gives so that more can be seen: a way to ask for the state of a task, and one to take the store away."""

from __future__ import annotations

import importlib
import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

_SECONDS = 5.0
_SUCCESS, _FAILED = ("success", "succeeded"), ("failed", "fail")


class ProbeFailed(Exception):
    """The probe or the hook itself does not work; the text says how, in one line."""


@dataclass(frozen=True, slots=True)
class State:
    """What a receiver knows of a task: `status` is success, failed, open (known, not ended) or unknown.

    The other members are None where the receiver's answer has none. `video` is the SHA-256 of the stored file.
    """

    status: str
    file_id: Any = None
    reason: str | None = None
    code: int | None = None
    video: str | None = None

    @classmethod
    def of(cls, document: Any) -> State:
        """The state that a probe's document tells. Raises ProbeFailed for one that is none."""
        if document is None or document == {}:
            return cls("unknown")
        if not isinstance(document, Mapping) or not isinstance(document.get("status"), str | None):
            raise ProbeFailed(f"the state probe gave {str(document)[:80]!r}, not an object with a text `status`")
        words = document.get("status")
        status = "unknown" if words is None else "open"
        if words is not None and words.lower() in _SUCCESS + _FAILED:
            status = "success" if words.lower() in _SUCCESS else "failed"
        reason = " ".join(str(document[name]) for name in ("reason", "message") if document.get(name))
        told = "reason" in document or "message" in document
        code = document.get("code")
        return cls(
            status,
            document.get("file_id"),
            reason if told else None,
            code if type(code) is int else None,
            _video(document),
        )


def _video(document: Mapping[str, Any]) -> str | None:
    """The hash that stands in the document, or that of the file which it names."""
    if isinstance(document.get("sha256"), str):
        return str(document["sha256"]).lower()
    if isinstance(document.get("file"), str) and Path(document["file"]).is_file():
        import hashlib

        with Path(document["file"]).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return None


class StateProbe:
    """Asks a receiver how a task stands.

    `text` is an address with {task_id} (below the receiver itself when it begins with `/`) whose answer is JSON and 404
    for a task that is not known; or `py:module:function`, called with the id; or `cmd:` and a command that prints JSON.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        if not text.startswith(("/", "http://", "https://", "py:", "cmd:")):
            raise ProbeFailed(f"state probe {text!r}: begin it with http://, /, py: or cmd:")
        if not text.startswith("py:") and "{task_id}" not in text:
            raise ProbeFailed(f"state probe {text!r}: it lacks {{task_id}}")

    def ask(self, task_id: str, places: Mapping[str, str]) -> State:
        """The state of one task. Raises ProbeFailed."""
        return State.of(self._document(task_id, {**places, "task_id": task_id}))

    def _document(self, task_id: str, places: Mapping[str, str]) -> Any:
        if self._text.startswith("py:"):
            return _call(self._text[3:], task_id)
        if self._text.startswith("cmd:"):
            return _json(_run(self._text[4:], places), "the state probe printed")
        status, body = _fetch("GET", self._text, places)
        if status == 404:
            return None
        if not 200 <= status < 300:
            raise ProbeFailed(f"the state probe was answered HTTP {status}")
        return _json(body, "the state probe was answered")


class FaultHook:
    """Makes a receiver's store unavailable and available again: an address (POST) or `cmd:` with {action}: down, up."""

    def __init__(self, text: str) -> None:
        self._text = text
        if not text.startswith(("/", "http://", "https://", "cmd:")):
            raise ProbeFailed(f"fault hook {text!r}: begin it with http://, / or cmd:")
        if "{action}" not in text:
            raise ProbeFailed(f"fault hook {text!r}: it lacks {{action}}, which becomes down and up")

    def do(self, action: str, places: Mapping[str, str]) -> None:
        """`down` or `up`. Raises ProbeFailed."""
        filled = {**places, "action": action}
        if self._text.startswith("cmd:"):
            _run(self._text[4:], filled)
            return
        status, _ = _fetch("POST", self._text, filled)
        if not 200 <= status < 300:
            raise ProbeFailed(f"the fault hook was answered HTTP {status}")


def filled(text: str, places: Mapping[str, str]) -> str:
    """The text with every {name} that is known replaced."""
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _call(target: str, task_id: str) -> Any:
    module_name, _, name = target.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module_name), name)(task_id)
    except Exception as error:
        raise ProbeFailed(f"the state probe py:{target} raised {error!r}"[:300]) from None


def _run(command: str, places: Mapping[str, str]) -> str:
    argv = [filled(word, places) for word in shlex.split(command)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603 - the user's
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProbeFailed(f"{argv[0]}: {error}"[:300]) from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise ProbeFailed(f"{argv[0]} ended with {done.returncode}: {last[:200]}")
    return done.stdout


def _fetch(method: str, text: str, places: Mapping[str, str]) -> tuple[int, str]:
    address = filled(text if not text.startswith("/") else places["origin"] + text, places)
    try:
        reply = urllib3.request(method, address, timeout=_SECONDS, retries=False, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        raise ProbeFailed(f"{address}: nobody answers ({type(error).__name__})") from None
    return reply.status, reply.data.decode("utf-8", "replace")


def _json(text: str, who: str) -> Any:
    try:
        return json.loads(text) if text.strip() else None
    except ValueError:
        raise ProbeFailed(f"{who} {text[:60]!r}, which is no JSON") from None
