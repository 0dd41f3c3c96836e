"""Reading and parsing a request body, strictly: what the service's typed fields would not take is refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from mock_server.contract.contract import Contract
from mock_server.errors import Refusal, Violation
from mock_server.operations.call import BodyCutOff, BodyTooLarge, Call
from mock_server.operations.refusals import INVALID_PARAMS

MAX_DEPTH = 100
MAX_NOTED = 20
# A create has a dozen values; objects beyond this are made to cost time and memory, not to make a video.
MAX_VALUES = 100_000
_JSON_TYPE = "application/json"
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """The JSON value of a body, or why there is none."""

    document: Any
    faults: tuple[Violation, ...] = ()


class _NotJson(ValueError):
    """The text is no JSON that the service would take: why, and at which character."""

    def __init__(self, reason: str, index: int = 0) -> None:
        super().__init__(reason)
        self.index = index


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
    try:
        document = _parse(raw, call)
    except _NotJson as error:
        # Of multipart the first line alone: a file may begin soon.
        start = (raw.lstrip().partition(b"\n")[0] if raw.lstrip().startswith(b"--") else raw)[:80].decode(
            "utf-8", "replace"
        )
        broken = judge.broken(
            "json",
            given=start,
            allowed="one JSON object in UTF-8",
            hint=f"{judge.hint('json')} ({error})",
            index=error.index,
            reason=str(error),
        )
        return ParsedBody(None, (broken,))
    call.document = document
    call.unparsed = None
    return ParsedBody(document)


def _is_json_type(content_type: str | None) -> bool:
    """application/json, with parameters allowed, but in no other charset than UTF-8."""
    media_type, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    charsets = [parameter[8:].strip('"') for parameter in parameters if parameter.startswith("charset=")]
    return media_type == _JSON_TYPE and all(charset in ("utf-8", "utf8") for charset in charsets)


def _decode(raw: bytes, call: Call) -> str:
    if call.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _NotJson("Content-Encoding is not supported")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise _NotJson("the body begins with a byte-order mark")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _NotJson("the body is not UTF-8", error.start) from None


def _parse(raw: bytes, call: Call) -> Any:
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MAX_VALUES:
        raise _NotJson(f"more than {MAX_VALUES} values")
    text = _decode(raw, call)
    try:
        document = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=lambda pairs: _object(pairs, call)
        )
    except json.JSONDecodeError as error:
        raise _NotJson(error.msg, error.pos) from None
    except RecursionError:
        raise _NotJson(f"nested deeper than {MAX_DEPTH} levels") from None
    except _NotJson:
        raise
    except ValueError:  # the only other one: an integer of more digits than Python converts
        raise _NotJson("a number has too many digits") from None
    if deeper_than(document, MAX_DEPTH):
        raise _NotJson(f"nested deeper than {MAX_DEPTH} levels")
    if _LONE_SURROGATE.search(raw):
        try:
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise _NotJson("a text holds half a surrogate pair") from None
    return document


def _no_constant(name: str) -> Any:
    raise _NotJson(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _NotJson("a number is too large")
    return value


def _object(pairs: list[tuple[str, Any]], call: Call) -> dict[str, Any]:
    """An object; of a key that stands twice the last value counts, as it does for the service's own parser (assumed)."""
    result = dict(pairs)
    if len(result) != len(pairs):
        for name, times in Counter(name for name, _ in pairs).most_common(MAX_NOTED):
            if times > 1:
                call.note("duplicate-key", field=name[:80])
    return result


def deeper_than(document: Any, limit: int) -> bool:
    """Whether a JSON value is nested in more levels than that."""
    level = [document]
    for _ in range(limit):
        level = [
            child
            for value in level
            if isinstance(value, (dict, list))
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
