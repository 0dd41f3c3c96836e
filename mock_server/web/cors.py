"""CORS as the service has it: pages of every origin may call what stands under `/v1/`, and here nothing else.

The control API and the downloads know nothing of it; the store behind download links sends no such headers (observed).
"""

from __future__ import annotations

import logging
import re

from flask import Request, Response

from mock_server.settings import Settings
from mock_server.web.incoming import whole_path
from mock_server.web.outgoing import JSON_TYPE, as_json
from mock_server.web.redaction import redacted_address

OPEN_PREFIX = "/v1/"
ALLOW_ORIGIN = ("access-control-allow-origin", "*")
# Names, order and values as recorded (observed). There was no Max-Age and no Vary.
PREFLIGHT_HEADERS = (
    ALLOW_ORIGIN,
    ("access-control-allow-methods", "GET,POST,OPTIONS,PUT,DELETE"),
    (
        "access-control-allow-headers",
        "request-id,Trace-Id,DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,"
        "Range,Authorization,Token,Userid,Origin,Accept,X-Requested-With,X-Request-From-Mark,X-Group-Id,X-Traffic-Tag,"
        "bedrock-lane,bedrock_lane,language",
    ),
    ("access-control-allow-credentials", "true"),
    ("access-control-expose-headers", "*,Authorization,Content-Disposition,X-Request-From-Mark"),
)
PREFLIGHT_BODY = {"status_code": 0, "status_msg": "success"}
# What a proxy or a browser might take for a way to another folder.
_LEADS_AWAY = re.compile(r"(?:/|%2f)\.\.?(?:/|%2f|$)|\\|%5c", re.IGNORECASE)
_LOG = logging.getLogger("mock_server.requests")


def preflight(request: Request, settings: Settings) -> Response | None:
    """The answer to OPTIONS on every path under `/v1/`, whether there is something or not, without a key (observed)."""
    if request.method != "OPTIONS" or not is_open(request, settings):
        return None
    # The browser sends it of its own accord, so it is no entry of the journal, where it would be counted.
    _LOG.info("OPTIONS %s 200 not in the journal", ascii(redacted_address(request.path)[:500])[1:-1])
    content = as_json(PREFLIGHT_BODY)
    response = Response(content, content_type=JSON_TYPE)
    response.headers["Content-Length"] = str(len(content))  # now, so that it stands before the others
    response.headers.extend(PREFLIGHT_HEADERS)
    return response


def is_open(request: Request, settings: Settings) -> bool:
    """Whether pages of other origins may call this path."""
    path = whole_path(request)
    return not settings.no_cors and path.startswith(OPEN_PREFIX) and _LEADS_AWAY.search(path) is None


def allow_reading(response: Response, request: Request, settings: Settings) -> None:
    """Lets a page of another origin read an answer of the service.

    Real answers carried the header when a browser asked; a record made without a browser lacks it. So it is sent to
    whoever names an Origin (assumed).
    """
    if "HTTP_ORIGIN" in request.environ and is_open(request, settings):
        response.headers.setdefault(*ALLOW_ORIGIN)
