"""Receivers that take an update for something else, or lose what it says."""
# ruff: noqa: D102 - the class says what is broken, its methods are where

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from examples.reference_receiver import Refused
from tests.kit.receiver.broken.base import OK, Reference


class KnowsOnlySuccess(Reference):
    """Failures are waited for until they become successes."""

    catches = frozenset({"RC-UPD-003", "RC-UPD-008", "RC-UPD-013", "RC-UPD-017", "RC-UPD-019"})

    def end(self, task_id: str, **values: Any) -> None:
        if values["status"] == "success":
            super().end(task_id, **values)


class DropsReason(Reference):
    """A failure is a failure; why is not kept."""

    catches = frozenset({"RC-UPD-003", "RC-UPD-017"})

    def end(self, task_id: str, **values: Any) -> None:
        super().end(task_id, **{**values, "message": ""} if values["status"] == "failed" else values)


class DropsCode(Reference):
    """The text is kept, the code is not."""

    catches = frozenset({"RC-UPD-017"})

    def end(self, task_id: str, **values: Any) -> None:
        super().end(task_id, **{**values, "code": -1} if values["status"] == "failed" else values)


class KnowsOneSpelling(Reference):
    """A status that is not spelt as in the document is ignored."""

    catches = frozenset({"RC-UPD-013"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message and message.get("status") not in ("processing", "success", "failed"):
            return OK
        return super().take(message)


class RefusesUnknownStatus(Reference):
    """A status that is not in the document is an error."""

    catches = frozenset({"RC-UPD-012", "RC-UPD-013"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message and message.get("status") not in ("processing", "success", "failed"):
            raise Refused("422 Unprocessable Content", "unknown status")
        return super().take(message)


class UnknownStatusIsFailure(Reference):
    """Whatever is neither processing nor success has failed."""

    catches = frozenset({"RC-UPD-012"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        answer = super().take(message)
        known = ("processing", "success", "failed", "fail")
        if "challenge" not in message and str(message.get("status")).lower() not in known:
            self.end(self.task_id(message), status="failed", code=0, message=str(message.get("status")))
        return answer


class UnknownTaskBreaks(Reference):
    """A task that cannot be found is an error of the server."""

    catches = frozenset({"RC-UPD-011", "RC-UPD-016"})

    def note(self, task_id: str) -> None:
        found = self.call("/v1/query/video_generation", task_id=task_id)
        if found["base_resp"]["status_code"] == 2013:
            raise LookupError(task_id)
        super().note(task_id)


class NeedsFileId(Reference):
    """`message["file_id"]` of every success, whether it is there or not."""

    catches = frozenset({"RC-UPD-015"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if message.get("status") == "success" and "challenge" not in message:
            int(message["file_id"])
        return super().take(message)


class FloatIds(Reference):
    """Numbers of JSON are floating-point numbers, as in JavaScript."""

    catches = frozenset({"RC-UPD-016"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if type(message.get("task_id")) is int:
            message["task_id"] = int(float(message["task_id"]))
        return super().take(message)


class CrossTalk(Reference):
    """The task that a message is about waits in an attribute that all requests share."""

    catches = frozenset({"RC-UPD-019"})
    current = ""

    def note(self, task_id: str) -> None:
        self.current = task_id
        time.sleep(0.02)
        super().note(self.current)


class LyingAnswer(Reference):
    """2xx whatever happens, so that the sender is not bothered."""

    catches = frozenset({"RC-UPD-020"})

    def note(self, task_id: str) -> None:
        with suppress(Exception):
            super().note(task_id)


class ForgetsAtRestart(Reference):
    """What is known lives as long as the process."""

    catches = frozenset({"RC-UPD-021"})

    def __init__(self, folder: Path, *settings: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        super().__init__(folder, *settings)


class NeedsContentLength(Reference):
    """A body without its length is none."""

    catches = frozenset({"RC-UPD-022"})

    def read(self, environ: dict[str, Any]) -> bytes:
        return super().read(environ) if environ.get("CONTENT_LENGTH") else b""
