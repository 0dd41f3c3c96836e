"""GET /v1/files/retrieve: what is known of a finished file, with a fresh link to it."""

from __future__ import annotations

from typing import Any

from mock_server.operations.access import as_identifier, decide, identify, occasion_of
from mock_server.operations.call import Answer, Call
from mock_server.operations.refusals import base_resp, invalid_params
from mock_server.operations.service import Service
from mock_server.world.account import Account
from mock_server.world.link import FILE_NAME, Target, signed_link
from mock_server.world.task import State, Task

PURPOSE = "video_generation"
# The service says 0 for every generated video, whatever its size (observed).
BYTES = 0


def retrieve(call: Call, service: Service) -> Answer:
    """Answers with a file of the caller's own account. Raises Refusal for any other."""
    account = identify(call, service)
    file_id = call.query.get("file_id", "")
    number = as_identifier(file_id)
    found = account.file(number) if number is not None else None
    decide(call, account, service, occasion_of("retrieve", found[0] if found else None))
    broken = service.contract.judge.broken
    if not file_id:
        raise invalid_params([broken("file_id", "required", pointer="file_id", allowed="the file_id of a query")])
    if not (file_id.isascii() and file_id.isdigit()):
        raise invalid_params([broken("file_id", "type", pointer="file_id", given=file_id[:80], allowed="integer")])
    if found is None:
        raise invalid_params(
            [broken("file_id", "unknown", pointer="file_id", given=file_id[:80], allowed="a file of this account")]
        )
    return Answer({"file": _file(call, account, *found, service), "base_resp": base_resp(service.contract, 0)})


def _file(call: Call, account: Account, task: Task, state: State, service: Service) -> dict[str, Any]:
    """The file as the service describes it: its identifier is a number here (observed)."""
    expires_at = account.clock.now() + service.settings.link_seconds
    target = Target(account.handle, task.file_id)
    link = signed_link(service.world.link_secret, target, made_at=state.since, expires_at=expires_at)
    account.link_made(task, expires_at)
    return {
        "file_id": task.file_id,
        "bytes": BYTES,
        "created_at": int(state.since),
        "filename": FILE_NAME,
        "purpose": PURPOSE,
        "download_url": (service.settings.public_url or call.origin) + link,
    }
