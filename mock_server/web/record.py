"""What the journal keeps of a request: everything but keys and bulk."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from mock_server.operations.call import Call
from mock_server.world.journal import redacted

LONG_TEXT = 4096
_BEARER = re.compile(r"(\S+ +)?(.*)", re.DOTALL)
_SECRET_HEADERS = ("Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key")
_SECRET_PARAMETERS = ("api_key", "key", "token", "access_token", "Signature")


def recorded_request(call: Call) -> dict[str, Any]:
    """Query, headers and body, with keys redacted and base64 kept as length and SHA-256."""
    record: dict[str, Any] = {
        "query": {
            name[:LONG_TEXT]: redacted(value) if name in _SECRET_PARAMETERS else value[:LONG_TEXT]
            for name, value in call.query.items()
        },
        "headers": {
            name: _redacted_header(value) if name in _SECRET_HEADERS else value[:LONG_TEXT]
            for name, value in call.headers.items()
        },
    }
    if call.document is not None:
        record["body"] = _kept(call.document, call, ("",))
    elif call.unparsed:
        record["raw"] = _kept_text(call.unparsed.decode("utf-8", "backslashreplace"))
    return record


def _redacted_header(value: str) -> str:
    match = _BEARER.fullmatch(value)
    scheme, secret = (match[1] or "", match[2]) if match else ("", value)
    return scheme + redacted(secret)


def _kept(value: Any, call: Call, path: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        if value[:5].lower() == "data:" and "," in value[:200]:
            return _kept_data_url(value, call if path == ("", "first_frame_image") else None)
        return _kept_text(value)
    if isinstance(value, list):
        return [_kept(item, call, (*path, "")) for item in value]
    if isinstance(value, dict):
        return {_kept_text(name): _kept(item, call, (*path, name)) for name, item in value.items()}
    return value


def _kept_text(text: str) -> Any:
    if len(text) <= LONG_TEXT:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:200]}… ({len(text)} characters, SHA-256 {digest})"


def _kept_data_url(url: str, call: Call | None) -> dict[str, Any]:
    """Label and length of a data URL; the SHA-256 is that of the picture when it was decoded, else of the base64."""
    label, _, payload = url.partition(",")
    record: dict[str, Any] = {"data_url": label[:200], "base64_length": len(payload)}
    if call is not None and call.image is not None:
        return record | {"bytes": call.image.size, "sha256": call.image.sha256}
    return record | {"base64_sha256": hashlib.sha256(payload.encode("utf-8", "surrogatepass")).hexdigest()}
