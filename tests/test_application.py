"""The application finds routes as Flask does, which looks into the Host first."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from mock_server import Settings, create_app
from mock_server.web.incoming import SHOWN_HOST

_FIELDS = ("server_name", "subdomain", "url_scheme", "default_method", "websocket")


def _found(adapter: Any) -> Any:
    try:
        rule, values = adapter.match(return_rule=True)
    except HTTPException as error:
        return type(error), [getattr(adapter, name) for name in _FIELDS]
    return rule, values, [getattr(adapter, name) for name in _FIELDS]


@pytest.mark.parametrize(
    "path", ["/v1/video_generation", "/v1/video_generation/", "//v1", "/é%2F", "/", "", "/__mock/health"]
)
@pytest.mark.parametrize("headers", [{}, {"Connection": "Upgrade", "Upgrade": "websocket"}, {"Upgrade": "h2c"}])
@pytest.mark.parametrize("mounted", ["", "/under", "/under/"])
@pytest.mark.parametrize("method", ["GET", "POST", "BREW"])
def test_routes_are_found_as_flask_finds_them(path: str, headers: dict[str, str], mounted: str, method: str) -> None:
    """The same rule or the same error, also for a mounted application and for who wants to upgrade."""
    app = create_app(Settings())
    builder = EnvironBuilder(
        path=path, method=method, headers=list(headers.items()), query_string="a=1", base_url=f"http://{SHOWN_HOST}"
    )
    environ = builder.get_environ() | {"PATH_INFO": path, "SCRIPT_NAME": mounted}
    request = app.request_class(environ)
    assert _found(app.create_url_adapter(request)) == _found(Flask.create_url_adapter(app, request))


def test_coroutines_are_still_noticed() -> None:
    """A function of a coroutine is passed on to Flask, which says what it lacks; any other is taken as it is."""
    app = create_app(Settings())

    async def mark(response: Any) -> Any:
        return response

    for _ in range(2):
        with pytest.raises(RuntimeError, match="async"):
            app.ensure_sync(mark)
        assert app.ensure_sync(_found) is _found
