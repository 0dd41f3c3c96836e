"""The messages that a case names, as requests: challenges, updates, and anything else byte for byte."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from contract_tests.receiver.sender import Request
from contract_tests.receiver.tasks import Task, Tasks
from contract_tests.wire.exchange import Exchange

KINDS = ("challenge", "update", "send")
_PLACE = re.compile(r"\$\{([a-z_0-9.-]+)\}")
_BIG_PATIENCE = 20.0
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Message:
    """A request under a label. `data` is the JSON that it carries, None where it carries something else."""

    label: str
    request: Request
    data: Any = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message and what came of it."""

    message: Message
    exchange: Exchange


class Composer:
    """Makes messages of steps. `path` is the plug's own, `secret` the part of it that nobody else knows."""

    def __init__(self, tasks: Tasks, places: Mapping[str, str], path: str, secret: str | None) -> None:
        self._tasks, self._places, self._path, self._secret = tasks, places, path, secret

    def compose(self, kind: str, step: Mapping[str, Any]) -> Iterator[Message]:
        """The messages of one step, each as often as it says."""
        makers = {"challenge": self._challenges, "update": self._updates, "send": self._anything}
        for message in makers[kind](self.filled(step)):
            for _ in range(step.get("times", 1)):
                yield message

    def filled(self, data: Any) -> Any:
        """The data with every ${…} replaced: task.task_id, task.file_id, canary, outside, nonce."""
        if isinstance(data, str):
            return _PLACE.sub(lambda found: self._place(found[1]), data)
        if isinstance(data, Mapping):
            return {self.filled(name): self.filled(value) for name, value in data.items()}
        return [self.filled(each) for each in data] if isinstance(data, list) else data

    def _place(self, name: str) -> str:
        task, dot, member = name.partition(".")
        return str(getattr(self._tasks.one(task), member)) if dot else self._places[name]

    def _challenges(self, step: Mapping[str, Any]) -> Iterator[Message]:
        for value in step.get("values", [None] * step.get("fresh", 1)):
            own = secrets.token_hex(12) if "values" not in step else value
            yield self._message(step, {"challenge": own, **step.get("with", {})}, "challenge")

    def _updates(self, step: Mapping[str, Any]) -> Iterator[Message]:
        for task in self._tasks.group(step.get("task", "video")):
            data = update_of(task, step.get("status")) | step.get("change", {})
            for name in step.get("remove", ()):
                del data[name]
            for name in step.get("as_number", ()):
                data[name] = int(data[name])
            yield self._message(step, data, "update")

    def _anything(self, step: Mapping[str, Any]) -> Iterator[Message]:
        for body in step.get("bodies", [step["body"]] if "body" in step else [{"text": ""}]):
            message = self._message(step, body.get("json"), "sent")
            request = replace(message.request, body=_bytes(body), method=step.get("method", "POST"))
            if "megabytes" in body:
                request = replace(request, patience=_BIG_PATIENCE)
            yield replace(message, request=request)

    def _message(self, step: Mapping[str, Any], data: Any, label: str) -> Message:
        kind = step.get("type", "application/json")
        request = Request(
            json.dumps(data).encode(), target=self._target(step.get("path")), chunked=step.get("chunked", False),
            headers=(("Content-Type", kind),) if kind else (),
        )  # fmt: skip
        return Message(step.get("as", label), request, data)

    def _target(self, other: str | None) -> str | None:
        """Another path than the registered one: with or without its last slash, or with a wrong secret."""
        if other == "other-slash":
            parts = urlsplit(self._path)
            path = parts.path.rstrip("/") if parts.path.endswith("/") else f"{parts.path}/"
            return urlunsplit(parts._replace(path=path or "/"))
        if other == "wrong-secret" and self._secret is not None:
            return self._path.replace(self._secret, secrets.token_hex(len(self._secret) // 2 + 1))
        return None


def update_of(task: Task, status: str | None = None) -> dict[str, Any]:
    """The update that the mock would send about a task: how it stands, or another status."""
    ended = status is None or status.lower() in ("success", "failed", "fail")
    message = {"task_id": task.task_id, "status": status or task.word, "file_id": task.file_id if ended else ""}
    code, text = (task.code, task.text) if ended else (0, "success")
    return {**message, "base_resp": {"status_code": code, "status_msg": text}}


def _bytes(body: Mapping[str, Any]) -> bytes:
    """The body that a case describes."""
    if "hex" in body:
        return bytes.fromhex(body["hex"])
    if "nested" in body:
        return b"[" * int(body["nested"]) + b"]" * int(body["nested"])
    if "megabytes" in body:
        return b'{"padding": "' + b"x" * (int(body["megabytes"]) * _MEGABYTE) + b'"}'
    return json.dumps(body["json"]).encode() if "json" in body else str(body["text"]).encode()
