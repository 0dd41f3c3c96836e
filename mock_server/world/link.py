"""Signed, expiring links to files, in the shape of the object store that the service uses."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

ACCESS_KEY_ID = "MINIMAXMOCK"
PATH_PREFIX = "/inference_output/video/"
FILE_NAME = "output_aigc.mp4"
# Where links to uploaded files begin (assumed; nobody has shown one).
UPLOAD_PREFIX = "/uploaded_files/"
_DAY_AND_UUID = r"\d{4}-\d{2}-\d{2}/([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})/"
_PATHS = (
    re.compile(re.escape(PATH_PREFIX) + _DAY_AND_UUID + re.escape(FILE_NAME)),
    re.compile(re.escape(UPLOAD_PREFIX) + _DAY_AND_UUID + r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"),
)
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Target:
    """What a link leads to: the account by its handle, and the file. `upload` is the name of one that was uploaded."""

    handle: str
    file_id: int
    upload: str | None = None


def signed_link(secret: bytes, target: Target, *, made_at: float, expires_at: float) -> str:
    """Path and query of a link that is valid until `expires_at` (seconds since 1970)."""
    # The identifier in the path looks like the service's UUID; it is the account's handle and the file's number.
    digits = f"{target.handle}{target.file_id:016x}"
    name = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    prefix, last = (PATH_PREFIX, FILE_NAME) if target.upload is None else (UPLOAD_PREFIX, _plain(target.upload))
    path = f"{prefix}{time.strftime('%Y-%m-%d', time.gmtime(made_at))}/{name}/{last}"
    expires = str(int(expires_at))
    signature = quote(_signature(secret, path, expires), safe="")
    return f"{path}?Expires={expires}&OSSAccessKeyId={ACCESS_KEY_ID}&Signature={signature}"


def link_target(path: str) -> Target | None:
    """What the path of a link leads to; None for a path that no link has."""
    match = next(filter(None, (each.fullmatch(path) for each in _PATHS)), None)
    if match is None:
        return None
    digits = "".join(match.groups())
    return Target(digits[:16], int(digits[16:], 16))


def link_fault(
    secret: bytes, path: str, *, expires: str, signature: str, now: float
) -> Literal["signature", "expired"] | None:
    """Why a link is not valid, or None when it is."""
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return "signature"
    if not hmac.compare_digest(given, base64.b64decode(_signature(secret, path, expires))):
        return "signature"
    return "expired" if now >= int(expires) else None


def _plain(name: str) -> str:
    """The end of a file's name in characters that every client and file system takes as they are."""
    return _ODD.sub("_", name)[-100:].lstrip(".") or "file"


def _signature(secret: bytes, path: str, expires: str) -> str:
    digest = hmac.digest(secret, f"{path}\n{expires}".encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.b64encode(digest).decode()
