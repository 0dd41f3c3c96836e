"""The JSON body of a call to the control API, read strictly: what could be meant in two ways is refused."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from flask import Request

from mock_server.contract.control_document import ControlOperation
from mock_server.errors import Problem
from mock_server.operations.call import BodyCutOff, BodyTooLarge
from mock_server.operations.strict_json import MAX_DEPTH, deeper_than
from mock_server.web.incoming import read_body

MAX_BODY = 2_097_152
# A call that takes no body may have an empty object as one, as some libraries send it always.
_EMPTY_OBJECT = 2


def read_json(operation: ControlOperation, request: Request) -> Any:
    """The body, judged by the document, whatever its Content-Type says: it is made by hand more often than not.

    Raises Mistake or Problem for one that the call does not take.
    """
    if operation.body is None:
        _refuse_content(request)
        return None
    raw = _content(request)
    if not raw.strip() and not operation.body_required:
        return {}
    try:
        body = json.loads(
            raw.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_object
        )
    except (ValueError, RecursionError) as error:
        what = "is missing" if not raw.strip() else f"is no JSON in UTF-8: {' '.join(str(error).split())[:200]}"
        raise Problem(400, "No JSON", detail=f"the body {what}", field="", allowed="one JSON object") from None
    if deeper_than(body, MAX_DEPTH):
        raise Problem(400, "Too deep", detail=f"the body is nested deeper than {MAX_DEPTH} levels", field="")
    operation.check_body(body)
    return body


def _content(request: Request) -> bytes:
    try:
        return read_body(request, MAX_BODY)
    except BodyTooLarge:
        raise Problem(413, "Too large", detail=f"a body has at most {MAX_BODY} bytes", allowed=MAX_BODY) from None
    except BodyCutOff as cut_off:
        raise Problem(400, "Cut off", detail=str(cut_off)) from None


def _refuse_content(request: Request) -> None:
    """Raises Problem for a body where none is looked at: whoever sends one expects it to matter."""
    length = request.content_length
    if length is None and "chunked" not in request.headers.get("Transfer-Encoding", "").lower():
        return
    if length is None or length > _EMPTY_OBJECT or _content(request).strip() not in (b"", b"{}"):
        raise Problem(400, "No body", detail="this call takes no body; its parameters stand in the address", field="")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the member {twice[:80]!r} stands twice")
    return found


def _finite(text: str) -> float:
    """A number that can be written as JSON again."""
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text[:80])


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
