"""A file over HTTP: conditional requests (RFC 9110, 13) and single ranges (RFC 9110, 14)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote

from flask import Request, Response
from werkzeug.http import parse_date, quote_etag

from mock_server.operations.download import Download
from mock_server.world.link import PATH_PREFIX

# Has the store send a file as an attachment, in its spelling (observed of links).
FORCE_DOWNLOAD = "x-oss-force-download"
# The last second that has a date: a scaled clock can pass it.
_LAST_SECOND = 253_402_300_799
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def download_response(found: Download, request: Request, *, whole: bool = False) -> Response:
    """The file, a part of it, or word that the client has it already; a refusal as it is.

    With `whole` the file in any case, whatever part or condition the client asked for.
    """
    response = Response(found.content, found.http_status, content_type=found.content_type)
    if found.file_name is None:
        return response
    response.headers["Content-Disposition"] = _as_attachment(found.file_name)
    response.headers["Accept-Ranges"] = "bytes"
    if request.path.startswith(PATH_PREFIX):
        response.headers[FORCE_DOWNLOAD] = "true"
    response.last_modified = datetime.fromtimestamp(min(int(found.made_at), _LAST_SECOND), UTC)
    response.add_etag()
    if whole:
        return response
    response.make_conditional(request)
    if response.status_code == 412:
        response.set_data(b"")
    elif response.status_code == 200 and request.method == "GET" and _range_applies(response, request):
        _cut_to_range(response, found.content, request.headers.get("Range", ""))
    return response


def _as_attachment(name: str) -> str:
    """The header that names a file; what ASCII or quotes cannot hold is encoded (RFC 6266)."""
    plain = re.sub(r'[^ -~]|["\\]', "_", name)
    encoded = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{encoded}'


def _range_applies(response: Response, request: Request) -> bool:
    """Whether If-Range, if there is one, names this very file."""
    condition = request.headers.get("If-Range")
    if condition is None:
        return True
    etag, _ = response.get_etag()
    return condition == quote_etag(etag or "") or parse_date(condition) == response.last_modified


def _cut_to_range(response: Response, content: bytes, wanted: str) -> None:
    """Cuts the answer to one range of bytes; several ranges and other units are ignored, as a server may."""
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or match[0] == "bytes=-":
        return
    size = len(content)
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) if match[2] else size - 1, size - 1)
        if match[2] and int(match[2]) < int(match[1]):
            return
    else:
        start, end = max(size - int(match[2]), 0), size - 1
    if start >= size:
        response.status_code = 416
        response.set_data(b"")
        response.headers["Content-Range"] = f"bytes */{size}"
        return
    response.status_code = 206
    response.set_data(content[start : end + 1])
    response.headers["Content-Range"] = f"bytes {start}-{end}/{size}"
