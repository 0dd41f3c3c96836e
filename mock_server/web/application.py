"""Flask, without what it would find out anew for each request though it never changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from werkzeug.routing import MapAdapter

from mock_server.web.incoming import SHOWN_HOST
from mock_server.web.route import Route

_Function = Callable[..., Any]


class Application(Flask):
    """The application of the mock, whose routes depend on no name of a host."""

    url_rule_class = Route

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        # As many as the application has functions.
        self._synchronous: dict[_Function, _Function] = {}

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the route of a request; Flask looks into the Host first, which says the same every time here."""
        if request is None or "HTTP_UPGRADE" in request.environ or not request.environ["PATH_INFO"]:
            return super().create_url_adapter(request)
        return MapAdapter(
            self.url_map, SHOWN_HOST, request.root_path, "", request.scheme, request.path, request.method,
            request.query_string.decode("utf-8", "replace"),
        )  # fmt: skip

    def ensure_sync(self, func: _Function) -> _Function:
        """The function itself unless it is a coroutine's, which takes a while to find out."""
        found = self._synchronous.get(func)
        if found is None:
            found = self._synchronous[func] = super().ensure_sync(func)
        return found
