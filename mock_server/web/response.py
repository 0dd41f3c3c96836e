"""What goes out as a response of Flask, with the headers that the service's own answers have."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response
from werkzeug.datastructures import Headers

from mock_server.web.outgoing import JSON_TYPE, Outgoing

WITHOUT_CONTENT = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
# Trace-Id begins with the seconds since this moment, 2023-01-01 (inferred from eight recorded ones).
_TRACE_EPOCH = 1_672_531_200


class _Complete(Response):
    """An answer that has all its headers, so that there is nothing to look for and correct in them before it is sent."""

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:  # noqa: ARG002 - the name is werkzeug's
        """The headers as they are."""
        return self.headers


def as_usual(outgoing: Outgoing) -> Response:
    """A response that no rule has changed."""
    headers = [("Content-Type", JSON_TYPE), ("Content-Length", str(len(outgoing.content)))]
    return _Complete([outgoing.content], outgoing.status, Headers(headers))


def as_ruled(outgoing: Outgoing) -> Response:
    """A response that a rule may have changed in every part."""
    response = Response(outgoing.body(), outgoing.status, content_type=outgoing.content_type)
    if outgoing.content_type is None:
        del response.headers["Content-Type"]
    if outgoing.status not in WITHOUT_CONTENT:  # which must not tell a length (RFC 9110, 8.6)
        response.headers["Content-Length"] = str(outgoing.length)
    response.headers.update(outgoing.headers)
    return response


def add_vendor_headers(response: Response, now: float, digits: str, *, ruled: bool) -> None:
    """The recorded headers of the service, from 96 random hexadecimal digits; those that a rule has set stay."""
    own: tuple[tuple[str, str], ...] = (
        ("Trace-Id", f"{max(int(now) - _TRACE_EPOCH, 0) & 0xFFFFFFFF:08x}{digits[:24]}"),
        ("Minimax-Request-Id", digits[24:56]), ("alb_receive_time", f"{now:.3f}"), ("alb_request_id", digits[56:]),
    )  # fmt: skip
    if ruled:
        there = {name.lower() for name, _ in response.headers}
        own = tuple(header for header in own if header[0].lower() not in there)
    response.headers.extend(own)
