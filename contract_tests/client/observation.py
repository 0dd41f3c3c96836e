"""What is known about one case once the client is done: what it said, what it sent, and what it left behind."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from contract_tests.plugs.documents import Invocation
from contract_tests.wire.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Mark:
    """The moment when a call began, in milliseconds since the case began, and how many tasks there were."""

    at_ms: float
    tasks: int


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that checks look at.

    `exchanges` are those with the mock in order of time, `elsewhere` those with the other host. `tasks` are the tasks that
    the mock has for this case's keys, oldest first, as the control API tells them; the first `prepared` of them were made by
    the kit itself. `video` is the SHA-256 of the file that a right client ends up with, None where there is none, and
    `videos` has that of every task whose file was saved. `out_file` is the file of the last call, `marks` has a mark for
    each. `patience` multiplies times that a client may take. `places` are the words that the catalogue writes as `${…}`.
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
    prepared: int = 0
    videos: Mapping[str, str | None] = field(default_factory=dict)
    marks: Sequence[Mark] = ()
    patience: float = 1.0

    def during(self, call: int) -> Self:
        """What is known of one call alone, counted from 1. Raises IndexError when there were fewer."""
        begun = self.marks[call - 1]
        ended = self.marks[call] if call < len(self.marks) else Mark(math.inf, len(self.tasks))
        invocation = self.invocations[call - 1]
        tasks = [*self.tasks[: self.prepared], *self.tasks[begun.tasks : ended.tasks]]
        return replace(
            self, invocations=[invocation], tasks=tasks, marks=[Mark(begun.at_ms, self.prepared)],
            exchanges=[each for each in self.exchanges if begun.at_ms <= each.at_ms < ended.at_ms],
            elsewhere=[each for each in self.elsewhere if begun.at_ms <= each.at_ms < ended.at_ms],
            out_file=Path(invocation.call.get("out_file", self.out_file)),
            video=self.videos.get(str(tasks[-1]["task_id"]), self.video) if tasks else self.video,
        )  # fmt: skip

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

    def filled(self, text: str) -> str:
        """The text with every place that the catalogue writes as `${…}` filled in."""
        for place, value in self.places.items():
            text = text.replace(place, value)
        return text

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
        return digest_of(self.out_file)

    def left_behind(self) -> list[Path]:
        """Every file below the folder of the case, as paths from there."""
        return sorted(each.relative_to(self.folder) for each in self.folder.rglob("*") if each.is_file())


def digest_of(file: Path) -> str | None:
    """The SHA-256 in hex of a file; None when there is none."""
    if not file.is_file():
        return None
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
