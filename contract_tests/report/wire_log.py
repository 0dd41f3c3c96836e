"""What went over the wire in a case, as a sequence of moments that can be read from top to bottom."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from contract_tests.report.plain import cut
from contract_tests.report.shown import one_line, pretty_json

# A subject that floods its server fills results.json, and not the page.
_SHOWN_FIRST = 80
_SHOWN_LAST = 20
_BODY_LIMIT = 16_000  # characters on a page
_SHORT_LINES = 10
_SHORT_BODY = (24, 1_500)  # lines and characters that stand open
_TOLD = ("status", "task_id", "file_id", "challenge")
_ENDS = {"client": "then the client closed the connection", "server": "then the server closed the connection",
         "reset": "then the connection was reset"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """A body or document as a page shows it: laid out if it is JSON, and cut. `size` is the whole length in bytes."""

    text: str
    size: int
    short: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A request that was sent, or an answer (or silence) that came.

    `at` is in milliseconds since the case began, None for an answer that never came. `gist` is what matters most in the body.
    """

    is_request: bool
    at: float | None
    number: int
    connection: int
    host: str
    line: str
    gist: str
    headers: tuple[tuple[str, str], ...]
    body: Body | None
    note: str


def moments(wire: Sequence[Mapping[str, Any]]) -> list[Moment]:
    """Requests and answers in the order of their moments, which is not that of their pairs when connections overlap."""
    ordered: list[tuple[float, int, Moment]] = []
    for number, exchange in _shown(wire):
        asked = _request(number, exchange)
        came = _answer(number, exchange)
        ordered.append((exchange["at_ms"], 2 * number, asked))
        ordered.append((exchange["at_ms"] if came.at is None else came.at, 2 * number + 1, came))
    return [moment for _, _, moment in sorted(ordered, key=lambda each: each[:2])]


def left_out(wire: Sequence[Mapping[str, Any]]) -> int:
    """How many exchanges the page does not show."""
    return len(wire) - len(_shown(wire))


def in_short(wire: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """What was asked and what came, one line for equal neighbours: (request, answer, how many times)."""
    pairs = ((f"{each['request']['method']} {_path(each['request']['target'])}", _came(each)) for each in wire)
    grouped = [(asked, came, len(list(same))) for (asked, came), same in groupby(pairs)]
    if len(grouped) > _SHORT_LINES:
        grouped[_SHORT_LINES - 1 :] = [("…", "more in the log below", 1)]
    return grouped


def document(data: Mapping[str, Any]) -> Body:
    """A document of the kit or of a client, laid out."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return _laid_out(text, len(text.encode()))


def _shown(wire: Sequence[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any]]]:
    """The exchanges of the page, each with its number from 1."""
    numbered = list(enumerate(wire, 1))
    return numbered if len(wire) <= _SHOWN_FIRST + _SHOWN_LAST else numbered[:_SHOWN_FIRST] + numbered[-_SHOWN_LAST:]


def _request(number: int, exchange: Mapping[str, Any]) -> Moment:
    request = exchange["request"]
    return Moment(
        is_request=True, at=exchange["at_ms"], number=number, connection=exchange["connection"], host=exchange["host"],
        line=f"{request['method']} {request['target']}", gist="", headers=_headers(request),
        body=_body(request["body"], request["size"]), note="",
    )  # fmt: skip


def _answer(number: int, exchange: Mapping[str, Any]) -> Moment:
    answer = exchange["answer"]
    end = _ENDS.get(exchange["end"], "")
    if answer is None:
        return Moment(
            is_request=False, at=None, number=number, connection=exchange["connection"], host=exchange["host"],
            line="no answer", gist="", headers=(), body=None, note=end,
        )  # fmt: skip
    notes = [] if answer["complete"] else ["cut off before its end"]
    if answer["ended_ms"] - answer["at_ms"] >= 1:
        notes.append(f"its end came at {answer['ended_ms']:.1f} ms")
    return Moment(
        is_request=False, at=answer["at_ms"], number=number, connection=exchange["connection"], host=exchange["host"],
        line=str(answer["status"]), gist=_gist(answer["body"]), headers=_headers(answer),
        body=_body(answer["body"], answer["size"]), note="; ".join([*notes, end] if end else notes),
    )  # fmt: skip


def _headers(message: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in message["headers"])


def _body(text: str, size: int) -> Body | None:
    return _laid_out(text, size) if text or size else None


def _laid_out(text: str, size: int) -> Body:
    laid_out = cut(pretty_json(text) or text, _BODY_LIMIT)
    lines, characters = _SHORT_BODY
    return Body(laid_out, size, short=laid_out.count("\n") < lines and len(laid_out) <= characters)


def _came(exchange: Mapping[str, Any]) -> str:
    answer = exchange["answer"]
    if answer is None:
        return "no answer"
    gist = _gist(answer["body"], identifiers=False)
    return f"{answer['status']}{', ' if gist else ''}{gist}{'' if answer['complete'] else ', cut off'}"


def _path(target: str) -> str:
    return one_line(target.partition("?")[0], 120)


def _gist(body: str, *, identifiers: bool = True) -> str:
    """The code, and what else tells most about an answer of the API, in a few words."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, Mapping):
        return ""
    base = data.get("base_resp")
    told = [("code", base["status_code"])] if isinstance(base, Mapping) and "status_code" in base else []
    told += [(name, data[name]) for name in (_TOLD if identifiers else _TOLD[:1]) if data.get(name) not in (None, "")]
    return ", ".join(f"{name} {one_line(json.dumps(value, ensure_ascii=False), 60)}" for name, value in told)
