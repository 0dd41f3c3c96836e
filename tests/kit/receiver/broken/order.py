"""Receivers that are told twice, at once, late, or in another order, and cannot bear it."""
# ruff: noqa: D102 - the class says what is broken, its methods are where

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from typing import Any

from tests.kit.receiver.broken.base import OK, WORDS, Reference, wait_until


class NoIdempotency(Reference):
    """Every success is acted upon, whatever was done before."""

    catches = frozenset({"RC-UPD-005", "RC-UPD-006", "RC-E2E-003"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        answer = super().take(message)
        if "challenge" not in message and str(message.get("status")).lower() == "success":
            told: set[str] = self.__dict__.setdefault("told", set())
            if (task_id := self.task_id(message)) in told:
                threading.Thread(target=self.again, args=(task_id,), daemon=True).start()
            told.add(task_id)
        return answer

    def again(self, task_id: str) -> None:
        """What was done for the task, once more."""
        if wait_until(lambda: (self.task(task_id) or {}).get("status") == "success"):
            self.fetch(task_id, (self.task(task_id) or {})["file_id"])


class RacyIdempotency(Reference):
    """Looks whether a message is new before it remembers it, and does both without a lock."""

    catches = frozenset({"RC-UPD-006"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        seen: set[Any] = self.__dict__.setdefault("seen", set())
        if "challenge" in message or str(message.get("status")).lower() != "success":
            return super().take(message)
        if (task_id := self.task_id(message)) not in seen:
            time.sleep(0.2)
            self.remember(task_id)
            seen.add(task_id)
            threading.Thread(target=self.at_once, args=(task_id,)).start()
        return OK

    def at_once(self, task_id: str) -> None:
        """What a worker does, without its care that no other does the same; workers themselves are kept out."""
        with self.changed:
            self.due.pop(task_id, None)
        wait_until(lambda: task_id not in self.working)
        with suppress(Exception):
            truth = self.call("/v1/query/video_generation", task_id=task_id)
            if truth["status"] == "Success":
                sha256 = self.fetch(task_id, truth["file_id"])
                self.end(task_id, status="success", file_id=truth["file_id"], sha256=sha256)


class LastStatusWins(Reference):
    """What came last is what counts, also after the end."""

    catches = frozenset({"RC-UPD-007", "RC-UPD-008"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message:
            word = WORDS.get(str(message.get("status")).lower(), "open")
            with closing(self.store()) as store:
                store.execute(
                    "UPDATE tasks SET status = ? WHERE task_id = ? AND status != 'open'", (word, self.task_id(message))
                )
            if self.task(self.task_id(message)) is not None and word == "open":
                return OK
        return super().take(message)


class AnswersAfterDownload(Reference):
    """The answer waits until everything is done."""

    catches = frozenset({"RC-UPD-004"})

    def note(self, task_id: str) -> None:
        super().note(task_id)
        wait_until(lambda: task_id not in self.working and self.pauses.get(task_id, 9.0) > 0.5)


class WantsProcessingFirst(Reference):
    """A state machine that knows no way from nothing to success."""

    catches = frozenset(
        {f"RC-UPD-{number:03}" for number in (2, 3, 4, 5, 6, 8, 9, 12, 13, 14, 16, 20)} | {"RC-SEC-001"}
    )

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        ended = str(message.get("status")).lower() in WORDS
        if "challenge" not in message and ended and self.task(self.task_id(message)) is None:
            return OK
        return super().take(message)


# The whole way


class NeverPolls(Reference):
    """Who is not told does not ask."""

    catches = frozenset({"RC-E2E-004"})

    def finish(self, task_id: str) -> None:
        super().finish(task_id)
        with self.changed:
            if self.due.get(task_id, 0.0) > time.monotonic() + 0.1:
                del self.due[task_id]


class KeepsLinkInsteadOfVideo(Reference):
    """What is stored is not the video but the link to it, which ends after hours."""

    catches = frozenset({"RC-E2E-003"})

    def fetch(self, task_id: str, file_id: str) -> str:
        digest = super().fetch(task_id, file_id)
        return digest[::-1]
