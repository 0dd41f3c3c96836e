"""The control API under `/__mock/`: every call of its document, its input judged by the document, its output as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from flask import Flask, Request, Response, request

from mock_server.contract.control_document import ControlOperation
from mock_server.control.rules import as_problem
from mock_server.errors import Mistake, Problem
from mock_server.operations.call import BodyCutOff, BodyTooLarge
from mock_server.operations.service import Service
from mock_server.web.incoming import origin, read_body
from mock_server.web.outgoing import as_json
from mock_server.web.wire import WIRE_KEY

MAX_BODY = 2_097_152


@dataclass(frozen=True, slots=True)
class Given:
    """What a call brings: parameters of its path and its query, its body, and where it came to."""

    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    origin: str = ""
    on_wire: bool = False

    @property
    def account(self) -> str | None:
        """The key of the account that is meant; None for every account."""
        key: str | None = self.query.get("account")
        return key


Handler = Callable[[Given], Any]


def add_routes(app: Flask, service: Service, handlers: dict[str, Handler]) -> None:
    """Adds every call of the document. Raises KeyError for one that nobody handles."""
    for operation in service.contract.control.operations:
        app.add_url_rule(
            _flask_path(operation), endpoint=operation.id, methods=[operation.method],
            view_func=_view(operation, handlers[operation.id]),
        )  # fmt: skip


def _flask_path(operation: ControlOperation) -> str:
    """The path as Flask writes it; an API key may hold slashes."""
    return operation.path.replace("{key}", "<path:key>").replace("{", "<").replace("}", ">")


def _view(operation: ControlOperation, handler: Handler) -> Callable[..., Response]:
    def answer(**path: str) -> Response:
        try:
            result = handler(_given(operation, path))
        except Mistake as mistake:
            raise as_problem(mistake) from None
        if isinstance(result, Response):
            return result
        return Response(as_json(result), operation.status, content_type="application/json")

    return answer


def _given(operation: ControlOperation, path: dict[str, str]) -> Given:
    query = request.args
    for name in query:
        if len(query.getlist(name)) > 1:
            raise Mistake(name[:80], "stands twice")
    return Given(
        path=operation.read_parameters("path", path), query=operation.read_parameters("query", query.to_dict()),
        body=_body(operation, request), origin=origin(request), on_wire=bool(request.environ.get(WIRE_KEY)),
    )  # fmt: skip


def _body(operation: ControlOperation, request: Request) -> Any:
    """The JSON of the body, whatever its Content-Type says: it is made by hand, with curl, more often than not."""
    if operation.body is None:
        return None
    try:
        raw = read_body(request, MAX_BODY)
    except BodyTooLarge:
        raise Problem(413, "Too large", detail=f"a body has at most {MAX_BODY} bytes", allowed=MAX_BODY) from None
    except BodyCutOff as cut_off:
        raise Problem(400, "Cut off", detail=str(cut_off)) from None
    if not raw.strip() and not operation.body_required:
        return {}
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        what = "is missing" if not raw.strip() else f"is no JSON in UTF-8: {' '.join(str(error).split())[:200]}"
        raise Problem(400, "No JSON", detail=f"the body {what}", field="", allowed="one JSON object") from None
    operation.check_body(body)
    return body


def _finite(text: str) -> float:
    """A number that can be written as JSON again."""
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text[:80])


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
