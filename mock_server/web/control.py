"""The control API under `/__mock/`: every call of its document, its input judged by the document, its output as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request

from mock_server.contract.control_document import ControlOperation
from mock_server.control.rules import as_problem
from mock_server.errors import Mistake
from mock_server.operations.service import Service
from mock_server.web.control_body import read_json
from mock_server.web.incoming import origin
from mock_server.web.outgoing import as_json
from mock_server.web.wire import WIRE_KEY


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
            view_func=_view(operation, handlers[operation.id], service),
        )  # fmt: skip


def _flask_path(operation: ControlOperation) -> str:
    """The path as Flask writes it; an API key may hold slashes."""
    return operation.path.replace("{key}", "<path:key>").replace("{", "<").replace("}", ">")


def _view(operation: ControlOperation, handler: Handler, service: Service) -> Callable[..., Response]:
    def answer(**path: str) -> Response:
        try:
            with service.kept():
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
        body=read_json(operation, request), origin=origin(request), on_wire=bool(request.environ.get(WIRE_KEY)),
    )  # fmt: skip
