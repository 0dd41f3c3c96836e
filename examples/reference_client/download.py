"""Fetches a finished video: whole or not at all, under the name that the caller gave and no other."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin

from urllib3 import HTTPResponse

from .errors import VideoError
from .patience import Deadline
from .transport import Transport, http_url, pieces

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
# No key goes along: the file may lie with anybody. What is not compressed has a length that can be held to.
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "minimax-reference-client/1"}
PAGES = ("text/html", "application/xhtml", "application/xml", "text/xml", "application/json")
PAGE_STARTS = (b"<!doctype", b"<html", b"<?xml", b"<error")


class LinkExpired(Exception):
    """The link is not valid any more; the next retrieve gives another."""


def save(transport: Transport, link: str, path: Path, deadline: Deadline) -> str:
    """Saves what the link leads to and gives its SHA-256 in hex. Raises VideoError (download, timeout) and LinkExpired.

    An older file under that name is replaced at the end, in one moment; until then, and after an error, it is as it was.
    """
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with _opened(transport, link, deadline, MOST_REDIRECTS) as (response, address), part.open("xb") as file:
            digest = _copy(response, address, file)
        part.replace(path)
    except OSError as error:
        raise VideoError("download", f"{path} cannot be saved: {error.strerror}") from error
    except VideoError as error:
        error.kind = "timeout" if error.kind == "timeout" else "download"
        error.ambiguous = False
        raise
    finally:
        with suppress(OSError):
            part.unlink()
    return digest


@contextmanager
def _opened(transport: Transport, link: str, deadline: Deadline, redirects: int) -> Iterator[tuple[HTTPResponse, str]]:
    """The answer that has the file, wherever the link leads, with its address."""
    try:
        http_url(link)
    except ValueError:
        raise VideoError("download", f"the link is no http address: {link[:100]!r}") from None
    with transport.exchange("GET", link, HEADERS, deadline) as response:
        if response.status == 403:
            raise LinkExpired
        if response.status == 200:
            yield response, link
            return
        onward = response.headers.get("Location")
        if response.status not in REDIRECTS or not onward or not redirects:
            what = "one redirect too many" if response.status in REDIRECTS else f"HTTP {response.status}"
            raise VideoError("download", f"the link answers {what}", retryable=response.status >= 500)
    with _opened(transport, urljoin(link, onward), deadline, redirects - 1) as found:
        yield found


def _copy(response: HTTPResponse, address: str, file: BinaryIO) -> str:
    """Writes the body through to the disk and gives its SHA-256. Raises VideoError for what is no video."""
    digest, size = hashlib.sha256(), 0
    kind = response.headers.get("Content-Type", "").lower()
    for piece in pieces(response, address):
        if size == 0 and (kind.startswith(PAGES) or piece.lstrip()[:9].lower().startswith(PAGE_STARTS)):
            raise VideoError("download", f"the link leads to a page ({kind or 'no type'}), not to a video")
        size += len(piece)
        digest.update(piece)
        file.write(piece)
    if size == 0:
        raise VideoError("download", "the file is empty")
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest()
