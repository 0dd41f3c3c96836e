"""GET on a download link: the file, to whoever holds a link that is signed and has not expired."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from mock_server.operations.access import decide, occasion_of
from mock_server.operations.call import Call
from mock_server.operations.files import File, content_of, find
from mock_server.operations.service import Service
from mock_server.world.link import link_fault, link_target


@dataclass(frozen=True, slots=True)
class Download:
    """The content behind a link, or the XML with which the object store refuses it."""

    http_status: int
    content_type: str
    content: bytes
    file_name: str | None = None
    made_at: float = 0.0
    reason: str = ""


def download(call: Call, service: Service) -> Download:
    """The file, or 403 for a link that was altered or has expired, or 404 for a file that is gone.

    That the object store answers with this XML is known of the store, not of this service (assumed).
    """
    target = link_target(call.path)
    if target is None:
        return _refused(404, "NoSuchKey", "The specified key does not exist.")
    account = service.world.by_handle(target.handle)
    clock = account.clock if account else service.world.clock
    fault = link_fault(
        service.world.link_secret, call.path, expires=call.query.get("Expires", ""),
        signature=call.query.get("Signature", ""), now=clock.now(),
    )  # fmt: skip
    if fault == "signature":
        return _refused(403, "SignatureDoesNotMatch", "The request signature does not match the link.")
    if fault == "expired":
        return _refused(403, "AccessDenied", "Request has expired.")
    call.account = account
    found = find(account, target.file_id, service) if account else None
    if account is None or found is None:
        return _refused(404, "NoSuchKey", "The specified key does not exist.")
    decide(call, account, service, occasion_of("download", found.task))
    return delivered(found, call)


def delivered(file: File, call: Call) -> Download:
    """The file's content, or what a rule puts in its place. The type of an uploaded one is assumed."""
    content, wish = content_of(file), call.acting.then.video if call.acting is not None else None
    if wish is not None and wish.file is not None:
        content = Path(wish.file).read_bytes()
    elif wish is not None and wish.bytes is not None:
        content = content[: wish.bytes].ljust(wish.bytes, b"\0")
    content_type = "video/mp4" if file.task is not None else "application/octet-stream"
    return Download(200, content_type, content, file_name=file.name, made_at=file.made_at)


def _refused(status: int, code: str, message: str) -> Download:
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message, quote=False)}</Message></Error>\n'
    return Download(status, "application/xml", xml.encode(), reason=message)
