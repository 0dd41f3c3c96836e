"""Signed, expiring links to video files, in the shape of the object store that the service uses."""

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
_PATH = re.compile(
    re.escape(PATH_PREFIX)
    + r"\d{4}-\d{2}-\d{2}/([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})/"
    + re.escape(FILE_NAME)
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a link leads to: the account by its handle, and the file."""

    handle: str
    file_id: int


def signed_link(secret: bytes, target: Target, *, made_at: float, expires_at: float) -> str:
    """Path and query of a link that is valid until `expires_at` (seconds since 1970)."""
    # The identifier in the path looks like the service's UUID; it is the account's handle and the file's number.
    digits = f"{target.handle}{target.file_id:016x}"
    name = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    path = f"{PATH_PREFIX}{time.strftime('%Y-%m-%d', time.gmtime(made_at))}/{name}/{FILE_NAME}"
    expires = str(int(expires_at))
    signature = quote(_signature(secret, path, expires), safe="")
    return f"{path}?Expires={expires}&OSSAccessKeyId={ACCESS_KEY_ID}&Signature={signature}"


def link_target(path: str) -> Target | None:
    """What the path of a link leads to; None for a path that no link has."""
    match = _PATH.fullmatch(path)
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


def _signature(secret: bytes, path: str, expires: str) -> str:
    digest = hmac.digest(secret, f"{path}\n{expires}".encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.b64encode(digest).decode()
