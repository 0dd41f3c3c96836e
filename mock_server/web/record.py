"""What the journal keeps of a request: everything but keys and bulk."""

from __future__ import annotations

import hashlib
from typing import Any

from mock_server.callbacks.address import shown_url
from mock_server.contract.decoded_image import DecodedImage
from mock_server.contract.picture_rules import PICTURE_FIELDS
from mock_server.operations.call import Call
from mock_server.operations.form import Form
from mock_server.secret_names import SCHEMES, is_secret, names_secret, without_secrets
from mock_server.web.redaction import names_account, redacted_address
from mock_server.world.journal import redacted

LONG_TEXT = 4096
# What a body may take in the journal; a create in earnest has a dozen values and a prompt.
MAX_VALUES = 1000
MAX_TEXT = 65_536
# Of the files that a list answers, so many.
MAX_FILES = 100
# The fields that forms of the imitated API have, and what the value of one may take.
_FORM_FIELDS = ("purpose", "file_id")
LONG_FIELD = 200
_PICTURES = {(name,) for name in PICTURE_FIELDS}


def recorded_request(call: Call) -> dict[str, Any]:
    """Query, headers and body, with keys redacted wherever a name tells of one, and base64 kept as length and SHA-256."""
    record: dict[str, Any] = {
        "query": {name[:LONG_TEXT]: _kept_parameter(name, value) for name, value in call.query.items()},
        "headers": {name: _kept_header(name, value) for name, value in call.headers.items()},
    }
    if call.document is not None:
        record["body"] = _Keeper(call).kept(call.document)
    elif call.form is not None:
        record["body"] = _Keeper(call).kept(_kept_form(call.form))
    elif call.unparsed and (call.operation == "upload" or call.unparsed.lstrip().startswith(b"--")):
        record["raw"] = _measured(call.unparsed)  # of two dashes: multipart under another label
    elif call.unparsed:
        record["raw"] = _kept_raw(call.unparsed, call.key)
    return record


def _kept_raw(raw: bytes, key: str | None) -> str:
    """What could not be parsed, without what looks like a key in it; of a long text the beginning is looked at."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        # Each byte that is none takes Python a call.
        text = raw[:LONG_TEXT].decode("utf-8", "backslashreplace")
        if len(raw) > LONG_TEXT:
            return without_secrets(text, key)[:80] + _measure(len(raw), raw, "bytes")
    shown = without_secrets(text[:LONG_TEXT], key)
    return shown if len(text) <= LONG_TEXT else shown[:80] + _measure(len(text), raw)


def _kept_form(form: Form) -> dict[str, Any]:
    """The parts of a form; of a field that no call has, which may be a whole file, no more than length and SHA-256."""
    return {
        name: _measured(value.encode("utf-8", "surrogatepass"))
        if isinstance(value, str) and _is_bulk(name, value)
        else value
        for name, value in form.as_dict().items()
    }


def _is_bulk(name: str, value: str) -> bool:
    return not names_secret(name) and (name not in _FORM_FIELDS or len(value) > LONG_FIELD)


def _measured(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def recorded_answer(body: dict[str, Any]) -> dict[str, Any]:
    """The answer, of a list of files no more than the first ones."""
    files = body.get("files")
    if not isinstance(files, list) or len(files) <= MAX_FILES:
        return body
    return body | {"files": [*files[:MAX_FILES], f"… {len(files) - MAX_FILES} more"]}


def redacted_credentials(value: str) -> str:
    """The value of an Authorization header: the scheme, if it is a known one, and the end of what follows."""
    scheme, _, secret = value.partition(" ")
    if scheme.lower() in SCHEMES and secret:
        return f"{scheme} {redacted(secret.strip())}"
    return redacted(value)


def _kept_header(name: str, value: str) -> str:
    if name.lower() == "referer":  # a browser that shows a control call asks for the icon of the page
        value = redacted_address(value)
    return redacted_credentials(value) if is_secret(name) else _cut(value)


def _kept_parameter(name: str, value: str) -> str:
    return redacted(value) if is_secret(name) or names_account(name) else _cut(value)


class _Keeper:
    """Keeps a body's values until its budget is used up."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._values = MAX_VALUES
        self._text = MAX_TEXT

    def kept(self, value: Any, path: tuple[str, ...] = (), *, secret: bool = False) -> Any:
        """The value as the journal keeps it; `secret` where a name on the way to it tells of a key."""
        self._values -= 1
        if isinstance(value, str):
            return redacted(value) if secret else self._kept_text(value, path)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            if secret:
                return redacted(str(value))
            return value if not isinstance(value, int) or abs(value) < 2**63 else _cut(str(value))
        if isinstance(value, list):
            # The numbers of items are no names.
            items = [
                self.kept(item, (*path, str(index)), secret=secret)
                for index, item in enumerate(value[: max(self._values, 0)])
            ]
            return items if len(items) == len(value) else [*items, f"… {len(value) - len(items)} more"]
        if isinstance(value, dict):
            members: dict[str, Any] = {}
            for name, item in value.items():
                if self._values <= 0:
                    members["…"] = f"{len(value) - len(members)} more"
                    break
                self._text -= len(name[:LONG_TEXT])
                members[_cut(name)] = self.kept(item, (*path, name), secret=secret or names_secret(name))
            return members
        return value

    def _kept_text(self, text: str, path: tuple[str, ...]) -> Any:
        if text[:5].lower() == "data:" and "," in text[:1200]:
            return _kept_data_url(text, self._call.images.get(path))
        if len(text) > 200 and path[:1] in _PICTURES and text[:4].lower() != "http":
            return _summary(text)  # perhaps base64 that lacks its label
        if path == ("callback_url",):
            text = shown_url(text)
        self._text -= min(len(text), LONG_TEXT)
        return _cut(text) if self._text > 0 else f"… {len(text)} characters"


def _cut(text: str) -> str:
    return text if len(text) <= LONG_TEXT else _summary(text)


def _summary(text: str) -> str:
    return text[:80] + _measure(len(text), text.encode("utf-8", "surrogatepass"))


def _measure(length: int, content: bytes, unit: str = "characters") -> str:
    return f"… ({length} {unit}, SHA-256 {hashlib.sha256(content).hexdigest()})"


def _kept_data_url(url: str, image: DecodedImage | None) -> dict[str, Any]:
    """Label and length of a data URL; the SHA-256 is that of the picture when it was decoded, else of the base64."""
    comma = url.index(",")
    record: dict[str, Any] = {"data_url": url[: min(comma, 200)], "base64_length": len(url) - comma - 1}
    if image is not None:
        return record | {"bytes": image.size, "sha256": image.sha256}
    payload = url[comma + 1 :].encode("utf-8", "surrogatepass")
    return record | {"base64_sha256": hashlib.sha256(payload).hexdigest()}
