"""The application factory."""

from __future__ import annotations

import logging
import os
import traceback
from contextlib import suppress
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from mock_server.contract.contract import CONTROL_PREFIX
from mock_server.control.rules import why_not_elsewhere
from mock_server.errors import Problem, ScenarioError
from mock_server.operations.service import Service, build_service
from mock_server.settings import Settings
from mock_server.web import control, imitated
from mock_server.web.control_calls import handlers
from mock_server.web.cors import preflight
from mock_server.web.guard import guard, is_control
from mock_server.web.incoming import HostKept, this_request
from mock_server.web.outgoing import as_json
from mock_server.web.redaction import redacted_address, without_keys
from mock_server.web.route import Route

PROBLEM_TYPE = "application/problem+json"
_LOG = logging.getLogger("mock_server")


def create_app(settings: Settings | None = None, *, service: Service | None = None) -> Flask:
    """A plain WSGI application that imitates the service.

    Without settings those of the environment (`MINIMAX_MOCK_…`) are used, for servers that can only name a factory.
    All state belongs to the returned application. Raises StartupError for a wrong setting or a broken contract.
    """
    if service is None:
        service = build_service(settings if settings is not None else Settings.from_environment(os.environ))
        _check_scenario(service)
        service.start()
    return _application(service)


def _check_scenario(service: Service) -> None:
    """Raises ScenarioError for a scenario of the start that only the mock's own server, which brings a service, can play."""
    scenario = service.world.rules.current.scenario
    if scenario is not None and (reason := why_not_elsewhere(scenario)) is not None:
        raise ScenarioError(f"--scenario: {reason}")


def _application(service: Service) -> Flask:
    app = Flask("mock_server", static_folder=None)
    app.url_rule_class = Route
    # A doubled slash is another path, as it is for the service; a redirect to the right one would be an HTML page.
    app.url_map.merge_slashes = False
    check = guard(service.settings)

    @app.before_request
    def turn_away() -> Response | None:
        asked = this_request()
        check(asked)
        if asked.environ["PATH_INFO"].startswith("//"):
            raise NotFound  # werkzeug drops further slashes at the beginning before it looks for a route
        return preflight(asked, service.settings)

    app.after_request(_with_usual_phrase)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.extensions["minimax_mock"] = service
    imitated.add_routes(app, service)
    control.add_routes(app, service, handlers(service))
    calls = [
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(CONTROL_PREFIX)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return _problem(error)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        if is_control(request):
            return _control_error(error, calls)
        if not isinstance(error, (NotFound, MethodNotAllowed)):
            error = NotFound()
        return imitated.answer_unknown(error, service)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        service.own_faults.add(None, without_keys(f"{type(error).__name__}: {error}"[:500], request))
        # The message of an exception may name a key, so the traceback is made here and not by the logger.
        trace = without_keys("".join(traceback.format_exception(error)), request)
        path = redacted_address(request.path)
        _LOG.error("internal error while answering %s %s\n%s", request.method, path, trace.rstrip())
        return _problem(Problem(500, "The mock failed", detail="its log holds the details"))

    app.wsgi_app = HostKept(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _with_usual_phrase(response: Response) -> Response:
    """Bad Gateway, as everybody else writes it; the framework would write BAD GATEWAY."""
    if response.status_code == HTTPStatus.OK:  # of which there is one way to write it
        return response
    with suppress(ValueError):  # a status that is not registered
        response.status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    return response


def _control_error(error: HTTPException, calls: list[str]) -> Response:
    given = f"{request.method} {redacted_address(request.path)[:200]}"
    response = _problem(Problem(error.code or 500, error.name, detail=f"there is no {given}", allowed=calls))
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _problem(error: Problem) -> Response:
    body = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.detail, **error.extra}
    return Response(as_json(body), error.status, error.headers, content_type=PROBLEM_TYPE)
