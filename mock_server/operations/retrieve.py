"""GET /v1/files/retrieve: what is known of a file, with a fresh link to it."""

from __future__ import annotations

from mock_server.operations.call import Answer, Call
from mock_server.operations.files import File, asked_for, described
from mock_server.operations.refusals import base_resp
from mock_server.operations.service import Service
from mock_server.world.account import Account
from mock_server.world.link import Target, signed_link


def retrieve(call: Call, service: Service) -> Answer:
    """Answers with a file of the caller's own account. Raises Refusal for any other."""
    account, file = asked_for(call, service)
    shown = described(file, service) | {"download_url": _fresh_link(call, account, file, service)}
    return Answer({"file": shown, "base_resp": base_resp(service.contract, 0)})


def _fresh_link(call: Call, account: Account, file: File, service: Service) -> str:
    """A link that is valid from now on."""
    expires_at = account.clock.now() + service.settings.link_seconds
    target = Target(account.handle, file.id, file.name if file.upload else None)
    link = signed_link(service.world.link_secret, target, made_at=file.made_at, expires_at=expires_at)
    if file.task is not None:
        account.link_made(file.task, expires_at)
    return (service.settings.public_url or call.origin) + link
