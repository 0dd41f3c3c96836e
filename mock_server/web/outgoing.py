"""What goes out instead of the usual answer when a rule says so: other members, another HTTP answer, a fault."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from mock_server.world.fault import Fault

JSON_TYPE = "application/json; charset=utf-8"
_PIECE = 65_536
_LATER = re.compile(r"date\+([0-9]{1,5})")


@dataclass(slots=True)
class Outgoing:
    """An answer before it becomes a response. `padding` more bytes and then `ending` follow the content.

    `ours` is False once a gateway answers in place of the service, whose own headers are missing then.
    """

    status: int
    content: bytes
    content_type: str | None
    headers: dict[str, str] = field(default_factory=dict)
    padding: int = 0
    ending: bytes = b""
    ours: bool = True

    def body(self) -> bytes | Iterator[bytes]:
        """The whole content; a huge one piece by piece, so that it takes no memory."""
        return self._pieces() if self.padding > 0 else self.content + self.ending

    def _pieces(self) -> Iterator[bytes]:
        yield self.content
        left = self.padding
        while left > 0:
            yield b"x" * min(left, _PIECE)
            left -= _PIECE
        yield self.ending

    @property
    def length(self) -> int:
        """The bytes in all."""
        return len(self.content) + max(self.padding, 0) + len(self.ending)


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def as_json(body: Any) -> bytes:
    """JSON as the service writes it."""
    return _write(body).encode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Asker:
    """What a fault has to know of the request: where it went, its Accept-Encoding, and the time of day, for dates."""

    address: str
    accepted: str
    now: float


def broken(answer: Outgoing, fault: Fault, asker: Asker) -> Outgoing:
    """The answer with a fault of its content; faults of the connection leave it as it is."""
    breaking = _BREAKING.get(fault.name)
    return breaking(answer, fault.parameters, asker) if breaking is not None else answer


def _wrong_type(answer: Outgoing, given: Mapping[str, Any], _asker: Asker) -> Outgoing:
    answer.content_type = given["content_type"]
    return answer


def _bad_gateway(_answer: Outgoing, _given: Mapping[str, Any], _asker: Asker) -> Outgoing:
    return _of_gateway(HTTPStatus.BAD_GATEWAY, {})


def _too_many(_answer: Outgoing, given: Mapping[str, Any], asker: Asker) -> Outgoing:
    return _of_gateway(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": _retry_after(given["retry_after"], asker.now)})


def _unavailable(_answer: Outgoing, given: Mapping[str, Any], asker: Asker) -> Outgoing:
    return _of_gateway(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": _retry_after(given["retry_after"], asker.now)})


def _redirect(_answer: Outgoing, given: Mapping[str, Any], asker: Asker) -> Outgoing:
    return _of_gateway(HTTPStatus(given["status"]), {"Location": given["location"] or asker.address})


def _gzip(answer: Outgoing, given: Mapping[str, Any], asker: Asker) -> Outgoing:
    if given["unasked"] or _accepts_gzip(asker.accepted):
        answer.content = gzip.compress(answer.content, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _huge(answer: Outgoing, given: Mapping[str, Any], _asker: Asker) -> Outgoing:
    """A JSON object gets one more member, a long text; anything else gets bytes behind it."""
    if answer.content.startswith(b"{"):
        answer.content, answer.ending = _with_member(answer.content, b'"padding":"')[:-1], b'"}'
    answer.padding = given["bytes"] - len(answer.content) - len(answer.ending)
    return answer


def _invalid_json(answer: Outgoing, _given: Mapping[str, Any], _asker: Asker) -> Outgoing:
    answer.content = answer.content[: len(answer.content) // 2] + b"!"
    return answer


def _deep_json(answer: Outgoing, given: Mapping[str, Any], _asker: Asker) -> Outgoing:
    answer.content = _with_member(answer.content, b'"deep":' + b"[" * given["depth"] + b"]" * given["depth"])
    return answer


def _byte_order_mark(answer: Outgoing, _given: Mapping[str, Any], _asker: Asker) -> Outgoing:
    answer.content = b"\xef\xbb\xbf" + answer.content
    return answer


_BREAKING: Mapping[str, Callable[[Outgoing, Mapping[str, Any], Asker], Outgoing]] = {
    "wrong-content-type": _wrong_type, "bad-gateway": _bad_gateway, "too-many-requests": _too_many,
    "unavailable": _unavailable, "redirect": _redirect, "gzip": _gzip, "huge": _huge, "invalid-json": _invalid_json,
    "deep-json": _deep_json, "byte-order-mark": _byte_order_mark,
}  # fmt: skip


def _of_gateway(status: HTTPStatus, headers: dict[str, str]) -> Outgoing:
    """A page as gateways show it, with none of the service's own headers."""
    page = (
        f"<!DOCTYPE html>\n<html><head><title>{status.value} {status.phrase}</title></head>\n"
        f"<body><h1>{status.value} {status.phrase}</h1></body></html>\n"
    )
    return Outgoing(status.value, page.encode(), "text/html; charset=utf-8", headers, ours=False)


def _retry_after(given: int | str, now: float) -> str:
    """Seconds, or a date: `date+N` is the one in N seconds."""
    later = _LATER.fullmatch(str(given))
    return formatdate(now + int(later[1]), usegmt=True) if later else str(given)


def _accepts_gzip(accepted: str) -> bool:
    """Whether gzip is offered, by its name or, where that is not said, as any coding (RFC 9110)."""
    offers: dict[str, bool] = {}
    for offer in accepted.lower().split(","):
        name, _, quality = (part.strip() for part in offer.partition(";"))
        offers[name] = not re.fullmatch(r"q=0(\.0*)?", quality)
    return offers.get("gzip", offers.get("*", False))


def _with_member(content: bytes, member: bytes) -> bytes:
    """A JSON object with one more member behind the others."""
    if not content.endswith(b"}"):
        return content
    return content[:-1] + (b"," if len(content) > 2 else b"") + member + b"}"
