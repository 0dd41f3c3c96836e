"""What is known about one case once the client is done: what it said, what it sent, and what it left behind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract_tests.plugs.documents import Invocation
from contract_tests.wire.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that checks look at.

    `exchanges` are those with the mock in order of time, `elsewhere` those with the other host. `tasks` are the tasks that
    the mock made for this case's key, as the control API tells them. `video` is the SHA-256 of the file that a right client
    ends up with, None where there is none. `places` are the words that the catalogue writes as `${…}`.
    """

    invocations: Sequence[Invocation]
    exchanges: Sequence[Exchange]
    elsewhere: Sequence[Exchange]
    tasks: Sequence[Mapping[str, Any]]
    keys: Sequence[str]
    folder: Path
    out_file: Path
    places: Mapping[str, str]
    video: str | None = None
    callbacks: Sequence[Mapping[str, Any]] = ()
    refused_handshakes: int = 0
    sent_before: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def last(self) -> Invocation:
        """What came of the last call."""
        return self.invocations[-1]

    @property
    def output(self) -> str:
        """Everything that the client printed."""
        return "\n".join(text for each in self.invocations for text in (each.stdout, each.stderr) if text)

    def of(self, operation: str) -> list[Exchange]:
        """The exchanges of one operation, or of all."""
        return [each for each in self.exchanges if operation in ("all", each.operation)]

    @property
    def task_ids(self) -> list[str]:
        """The ids of the tasks as the client was told them: those in the answers to create, else those of the mock."""
        told = [
            str(each.answer.json["task_id"])
            for each in self.of("create")
            if each.answer is not None and isinstance(each.answer.json, dict) and each.answer.json.get("task_id")
        ]
        return told or [str(task["task_id"]) for task in self.tasks]

    @property
    def file_ids(self) -> list[str]:
        """The ids of files as the client was told them."""
        return [
            str(each.answer.json["file_id"])
            for each in self.of("query")
            if each.answer is not None and isinstance(each.answer.json, dict) and each.answer.json.get("file_id")
        ]

    def saved(self) -> str | None:
        """The SHA-256 of the file under the name that was asked for; None when there is none."""
        if not self.out_file.is_file():
            return None
        with self.out_file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def left_behind(self) -> list[Path]:
        """Every file below the folder of the case, as paths from there."""
        return sorted(each.relative_to(self.folder) for each in self.folder.rglob("*") if each.is_file())
