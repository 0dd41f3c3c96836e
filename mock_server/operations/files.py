"""The files of an account, generated and uploaded: found, described, and their content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mock_server.errors import Refusal
from mock_server.operations.access import as_identifier, decide, identify, occasion_of
from mock_server.operations.call import Call
from mock_server.operations.refusals import invalid_params
from mock_server.operations.service import Service
from mock_server.world.account import Account
from mock_server.world.link import FILE_NAME
from mock_server.world.task import Task
from mock_server.world.uploads import Upload
from mock_server.world.video import video_bytes

GENERATED = "video_generation"
# The service says 0 for every generated video, whatever its size (observed).
BYTES_OF_A_VIDEO = 0


@dataclass(frozen=True, slots=True)
class File:
    """One file: that of a finished task, or one that was uploaded."""

    id: int
    name: str
    purpose: str
    made_at: float
    source: Task | Upload

    @property
    def task(self) -> Task | None:
        """The task that made it, if one did."""
        return self.source if isinstance(self.source, Task) else None

    @property
    def upload(self) -> Upload | None:
        """What was uploaded, if it was."""
        return self.source if isinstance(self.source, Upload) else None


def find(account: Account, file_id: int, service: Service) -> File | None:
    """The file of that number; None when the account has none (yet, or any more)."""
    finished = account.file(file_id)
    if finished is not None:
        return _generated(finished[0], finished[1].since)
    upload = service.uploads.get(account, file_id)
    return None if upload is None else uploaded(upload)


def everything(account: Account, service: Service) -> list[File]:
    """All files of the account, the oldest first (assumed)."""
    found = [_generated(task, state.since) for task, state in account.files()]
    found += [uploaded(upload) for upload in service.uploads.of(account)]
    return sorted(found, key=lambda file: (file.made_at, file.id))


def uploaded(upload: Upload) -> File:
    """An uploaded file as one of the account's files."""
    return File(upload.file_id, upload.name, upload.purpose, upload.created_at, upload)


def described(file: File, service: Service) -> dict[str, Any]:
    """The file as every answer describes it: its identifier is a number here (observed)."""
    return {
        "file_id": file.id,
        "bytes": _told_bytes(file, service),
        "created_at": int(file.made_at),
        "filename": file.name,
        "purpose": file.purpose,
    }


def content_of(file: File) -> bytes:
    """The bytes that were uploaded, or the mock's own video."""
    source = file.source
    if isinstance(source, Upload):
        return source.content
    return video_bytes(source.resolution, source.duration, source.shape, mark=f"task {source.id}")


def asked_for(call: Call, service: Service) -> tuple[Account, File]:
    """Whose call it is, and the file that `?file_id=` names. Raises Refusal, or Diverted when a rule answers instead."""
    account = identify(call, service)
    file_id = call.query.get("file_id", "")
    number = as_identifier(file_id)
    found = find(account, number, service) if number is not None else None
    decide(call, account, service, occasion_of(call.operation, found.task if found else None))
    if found is None:
        raise no_such_file(file_id, service)
    return account, found


def no_such_file(file_id: str, service: Service) -> Refusal:
    """The refusal of an identifier that is missing, no number, or of no file of the account."""
    broken = service.contract.judge.broken
    if not file_id:
        return invalid_params([broken("file_id", "required", pointer="file_id", allowed="the file_id of a query")])
    if not (file_id.isascii() and file_id.isdigit()):
        return invalid_params([broken("file_id", "type", pointer="file_id", given=file_id[:80], allowed="integer")])
    return unknown_file(file_id, "file_id", service)


def unknown_file(file_id: str, pointer: str, service: Service) -> Refusal:
    """The refusal of a number that no file of the account has."""
    broken = service.contract.judge.broken
    return invalid_params(
        [broken("file_id", "unknown", pointer=pointer, given=file_id[:80], allowed="a file of this account")]
    )


def _told_bytes(file: File, service: Service) -> int:
    if file.task is not None and service.settings.bytes_form == "observed":
        return BYTES_OF_A_VIDEO
    return len(content_of(file))


def _generated(task: Task, made_at: float) -> File:
    return File(task.file_id, FILE_NAME, GENERATED, made_at, task)
