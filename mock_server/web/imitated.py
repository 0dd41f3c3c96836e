"""Routes of the imitated API, one line each, and its answers for paths that it does not know."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from mock_server.contract.contract import CREATE_PATH, QUERY_PATH, RETRIEVE_PATH
from mock_server.contract.files_document import CONTENT_PATH, DELETE_PATH, LIST_PATH, UPLOAD_PATH
from mock_server.contract.validation import did_you_mean
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
from mock_server.web.incoming import whole_path
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
_ROUTES = (
    f"POST {CREATE_PATH}", f"GET {QUERY_PATH}", f"GET {RETRIEVE_PATH}", f"GET {CONTENT_PATH}", f"GET {LIST_PATH}",
    f"POST {UPLOAD_PATH}", f"POST {DELETE_PATH}",
)  # fmt: skip


def add_routes(app: Flask, service: Service) -> None:
    """Adds the imitated API to the application."""

    def answer_create() -> Response:
        exchange = Exchange("create", request, service)
        _note_unknown_parameters(exchange, [])
        return exchange.run(create)

    def answer_query() -> Response:
        exchange = Exchange("query", request, service)
        _note_unknown_parameters(exchange, query_parameters)
        return exchange.run(query)

    def answer_retrieve() -> Response:
        exchange = Exchange("retrieve", request, service)
        _note_unknown_parameters(exchange, retrieve_parameters)
        return exchange.run(retrieve)

    def answer_content() -> Response:
        exchange = Exchange("retrieve_content", request, service)
        _note_unknown_parameters(exchange, service.contract.files.parameters(CONTENT_PATH))
        return exchange.run_download(retrieve_content, request)

    def answer_list() -> Response:
        exchange = Exchange("list", request, service)
        _note_unknown_parameters(exchange, service.contract.files.parameters(LIST_PATH))
        return exchange.run(list_files)

    def answer_upload() -> Response:
        exchange = Exchange("upload", request, service)
        _note_unknown_parameters(exchange, [])
        return exchange.run(upload)

    def answer_delete() -> Response:
        exchange = Exchange("delete", request, service)
        _note_unknown_parameters(exchange, [])
        return exchange.run(delete)

    def answer_download(**_rest: str) -> Response:
        return Exchange("download", request, service).run_download(download, request)

    query_parameters = service.contract.operation_parameters(QUERY_PATH)
    retrieve_parameters = service.contract.operation_parameters(RETRIEVE_PATH)
    app.add_url_rule(CREATE_PATH, view_func=answer_create, methods=["POST"])
    app.add_url_rule(QUERY_PATH, view_func=answer_query, methods=["GET"])
    app.add_url_rule(RETRIEVE_PATH, view_func=answer_retrieve, methods=["GET"])
    app.add_url_rule(CONTENT_PATH, view_func=answer_content, methods=["GET"])
    app.add_url_rule(LIST_PATH, view_func=answer_list, methods=["GET"])
    app.add_url_rule(UPLOAD_PATH, view_func=answer_upload, methods=["POST"])
    app.add_url_rule(DELETE_PATH, view_func=answer_delete, methods=["POST"])
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
