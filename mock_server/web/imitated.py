"""Routes of the imitated API, one line each, and its answers for paths that it does not know."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from mock_server.contract.contract import CREATE_PATH, QUERY_PATH, RETRIEVE_PATH
from mock_server.contract.files_document import CONTENT_PATH, DELETE_PATH, LIST_PATH, UPLOAD_PATH
from mock_server.contract.validation import did_you_mean
from mock_server.operations.call import Answer, Call, Operation
from mock_server.operations.create import create
from mock_server.operations.delete import delete
from mock_server.operations.download import download
from mock_server.operations.list_files import list_files
from mock_server.operations.query import query
from mock_server.operations.retrieve import retrieve
from mock_server.operations.retrieve_content import retrieve_content
from mock_server.operations.service import Service
from mock_server.operations.upload import upload
from mock_server.web.cors import is_open
from mock_server.web.exchange import Exchange
from mock_server.web.incoming import this_request, whole_path
from mock_server.web.redaction import redacted_address
from mock_server.world.forcing import PARAMETER
from mock_server.world.link import PATH_PREFIX, UPLOAD_PREFIX

# The service's own words for a path that it does not know (observed); for a method, those of the same framework.
NOT_FOUND = "404 page not found"
METHOD_NOT_ALLOWED = "405 method not allowed"
# The service answers 403 where some clients look for the content of a file (observed); its words are assumed.
FORBIDDEN = "403 forbidden"
_FORBIDDEN_PATH = re.compile(r"/v1/files/[^/]+/content")
# What old documents asked for on every call, and the service still accepts.
_TOLERATED = ("GroupId", PARAMETER)
# Method, path and operation of every call.
_CALLS: tuple[tuple[str, str, Operation], ...] = (
    ("POST", CREATE_PATH, "create"), ("GET", QUERY_PATH, "query"), ("GET", RETRIEVE_PATH, "retrieve"),
    ("GET", CONTENT_PATH, "retrieve_content"), ("GET", LIST_PATH, "list"), ("POST", UPLOAD_PATH, "upload"),
    ("POST", DELETE_PATH, "delete"),
)  # fmt: skip
_ROUTES = tuple(f"{method} {path}" for method, path, _ in _CALLS)


def add_routes(app: Flask, service: Service) -> None:
    """Adds the imitated API to the application."""
    answering: dict[Operation, Callable[[Call, Service], Answer]] = {
        "create": create, "query": query, "retrieve": retrieve, "list": list_files, "upload": upload, "delete": delete,
    }  # fmt: skip
    contract = service.contract
    parameters = {
        QUERY_PATH: contract.operation_parameters(QUERY_PATH),
        RETRIEVE_PATH: contract.operation_parameters(RETRIEVE_PATH),
        CONTENT_PATH: contract.files.parameters(CONTENT_PATH),
        LIST_PATH: contract.files.parameters(LIST_PATH),
    }

    def answer_with(operation: Operation, known: list[str]) -> Callable[[], Response]:
        def answer() -> Response:
            asked = this_request()
            exchange = Exchange(operation, asked, service)
            _note_unknown_parameters(exchange, known)
            if operation in answering:
                return exchange.run(answering[operation])
            return exchange.run_download(retrieve_content, asked)

        return answer

    def answer_download(**_rest: str) -> Response:
        return Exchange("download", request, service).run_download(download, request)

    for method, path, operation in _CALLS:
        view = answer_with(operation, parameters.get(path, []))
        app.add_url_rule(path, endpoint=f"imitated {operation}", view_func=view, methods=[method])
    for prefix in (PATH_PREFIX, UPLOAD_PREFIX):
        app.add_url_rule(f"{prefix}<path:rest>", view_func=answer_download, methods=["GET"])


def answer_unknown(error: NotFound | MethodNotAllowed, service: Service) -> Response:
    """The answer for a path or method that the imitated API does not have, with a hint at what was perhaps meant."""
    suggestion = did_you_mean(f"{request.method} {whole_path(request)}", list(_ROUTES))
    given = f"{request.method} {redacted_address(whole_path(request))}"
    facts: dict[str, Any] = {"given": given[:200], "allowed": list(_ROUTES), "did_you_mean": suggestion}
    broken = service.contract.judge.broken
    exchange = Exchange("unknown", request, service)
    if request.method in ("GET", "HEAD") and _FORBIDDEN_PATH.fullmatch(whole_path(request)):
        return exchange.send_text(FORBIDDEN, 403, broken("forbidden-path", **facts), {})
    if isinstance(error, MethodNotAllowed):
        methods = {*(error.valid_methods or ()), *(["OPTIONS"] if is_open(request, service.settings) else [])}
        allow = {"Allow": ", ".join(sorted(methods))}
        return exchange.send_text(METHOD_NOT_ALLOWED, 405, broken("method", **facts), allow)
    return exchange.send_text(NOT_FOUND, 404, broken("path", **facts), {})


def _note_unknown_parameters(exchange: Exchange, known: list[str]) -> None:
    for name in exchange.call.query:
        if name not in known and name not in _TOLERATED:
            exchange.call.note("unknown-parameter", name=name[:80])
