"""Reading and parsing a request body, strictly: what the service's typed fields would not take is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mock_server.contract.contract import Contract
from mock_server.errors import Refusal, Violation
from mock_server.operations.call import BodyCutOff, BodyTooLarge, Call
from mock_server.operations.refusals import INVALID_PARAMS
from mock_server.operations.strict_json import NotJson, parse
from mock_server.operations.turns import turn
from mock_server.secret_names import without_secrets

_JSON_TYPE = "application/json"
# Of a body that is no JSON, so much is searched for keys before its beginning is told.
_LOOKED_AT = 4096


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """The JSON value of a body, or why there is none."""

    document: Any
    faults: tuple[Violation, ...] = ()


def read_body(call: Call, contract: Contract, limit: int) -> ParsedBody:
    """Reads and parses the body. Raises Refusal (HTTP 413) for one over the limit, without reading on."""
    judge = contract.judge
    try:
        call.unparsed = take_body(call, contract, limit)
    except BodyCutOff as cut_off:
        return ParsedBody(None, (judge.broken("json", hint=f"{cut_off}.", index=0, reason=str(cut_off)),))
    content_type = call.headers.get("Content-Type")
    if not _is_json_type(content_type):
        broken = judge.broken("content-type", pointer="Content-Type", given=content_type, allowed=_JSON_TYPE)
        return ParsedBody(None, (broken,))
    return parse_json(call, contract, call.unparsed)


def take_body(call: Call, contract: Contract, limit: int) -> bytes:
    """The body as it came. Raises Refusal (HTTP 413) for one over the limit, without reading on, and BodyCutOff."""
    try:
        return call.read_body(limit)
    except BodyTooLarge:
        length = call.headers.get("Content-Length", "")
        given = int(length) if length.isdigit() else None
        broken = contract.judge.broken("max-body", given=given, allowed=f"at most {limit} bytes")
        raise Refusal(INVALID_PARAMS, text=broken.text, violations=(broken,), http_status=413) from None


def parse_json(call: Call, contract: Contract, raw: bytes) -> ParsedBody:
    """The JSON value of a body, or why there is none."""
    judge = contract.judge
    twice: list[str] = []
    try:
        with turn(len(raw)):
            call.document = parse(raw, twice, call.headers.get("Content-Encoding", "identity"))
    except NotJson as error:
        broken = judge.broken(
            "json",
            given=_start(raw, call.key),
            allowed="one JSON object in UTF-8",
            hint=f"{judge.hint('json')} ({error})",
            index=error.index,
            reason=str(error),
        )
        return ParsedBody(None, (broken,))
    finally:
        for name in twice:
            call.note("duplicate-key", field=name[:80])
    call.unparsed = None
    return ParsedBody(call.document)


def _start(raw: bytes, key: str | None) -> str:
    """How a body begins that is no JSON, without what looks like a key."""
    # Of multipart the first line alone: a file may begin soon.
    start = raw[:_LOOKED_AT].lstrip()
    start = start.partition(b"\n")[0] if start.startswith(b"--") else raw[:_LOOKED_AT]
    text = start.decode("utf-8", "replace")
    shown = without_secrets(text, key)
    return start[:80].decode("utf-8", "replace") if shown == text else shown[:80]


def _is_json_type(content_type: str | None) -> bool:
    """application/json, with parameters allowed, but in no other charset than UTF-8."""
    media_type, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    charsets = [parameter[8:].strip('"') for parameter in parameters if parameter.startswith("charset=")]
    return media_type == _JSON_TYPE and all(charset in ("utf-8", "utf8") for charset in charsets)
