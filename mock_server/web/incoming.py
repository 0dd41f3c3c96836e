"""What a request says of itself, taken as it is: its path, where it was sent, and its body up to a limit."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from flask import Request
from flask.globals import request_ctx

from mock_server.operations.call import BodyCutOff, BodyTooLarge

# Where the Host header is kept while Flask, which refuses some of them, is shown none.
HOST_KEY = "minimax_mock.host"
SHOWN_HOST = "localhost"
_HOST = re.compile(r"(?:([A-Za-z0-9._~-]{1,255})|\[([0-9A-Fa-f:.]{2,45})\])(?::([0-9]{1,5}))?")
# Pieces are gathered in a BytesIO, which gives them away as one without a copy.
_PIECE = 262_144

WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]


class HostKept:
    """Hides the Host header from routing, where a strange one would make every path unknown."""

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Passes the request on with its Host under a key of our own."""
        environ[HOST_KEY] = environ.get("HTTP_HOST", "")
        environ["HTTP_HOST"] = SHOWN_HOST
        return self._application(environ, start_response)


def this_request() -> Request:
    """The request that is being answered, itself; `flask.request` looks for it at each use."""
    return request_ctx.request


def origin(request: Request) -> str:
    """Scheme and host as the client wrote them; the server's own address where the client wrote nothing usable."""
    host = request.environ.get(HOST_KEY, "")
    if not _HOST.fullmatch(host):
        name = request.environ["SERVER_NAME"]
        host = f"{f'[{name}]' if ':' in name else name}:{request.environ['SERVER_PORT']}"
    return f"{request.scheme}://{host}"


def split_host(host: str) -> tuple[str, int | None] | None:
    """Name and port of a Host header: the name in small letters, an address without brackets. None for a malformed one."""
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    name, address, port = match.groups()
    if address is not None:
        try:
            name = str(ipaddress.IPv6Address(address))
        except ValueError:
            return None
    return name.lower().removesuffix("."), int(port) if port else None


def headers(request: Request) -> dict[str, str]:
    """The headers as they came, the Host among them."""
    sent = dict(iter(request.headers))
    host = request.environ.get(HOST_KEY)
    if host:
        sent["Host"] = host
    else:
        sent.pop("Host", None)
    return sent


def parameters(request: Request) -> dict[str, str]:
    """The query parameters; of one that stands twice the first."""
    return request.args.to_dict() if request.query_string else {}


def whole_path(request: Request) -> str:
    """The path with every slash that it begins with; `request.path` has only one."""
    path: str = request.environ["PATH_INFO"]
    return "/" * (len(path) - len(path.lstrip("/")) - 1) + request.path


def read_body(request: Request, limit: int) -> bytes:
    """The body, read once and no further than the limit.

    Raises BodyTooLarge for a longer one, BodyCutOff when the client stops sending or breaks the framing.
    """
    length = request.content_length
    stream = request.environ["wsgi.input"]
    if length is not None and length > limit:
        raise BodyTooLarge
    try:
        if length is not None:
            return _read_known(stream, length)
        return _read_unknown(stream, limit) if request.environ.get("wsgi.input_terminated") else b""
    except (OSError, ValueError) as error:
        raise BodyCutOff(f"the body did not come to its end: {error}") from None


def _read_known(stream: Any, length: int) -> bytes:
    body = BytesIO()
    missing = length
    while missing and (piece := stream.read(min(missing, _PIECE))):
        body.write(piece)
        missing -= len(piece)
    if missing:
        raise BodyCutOff(f"the body ended after {length - missing} of {length} bytes")
    return body.getvalue()


def _read_unknown(stream: Any, limit: int) -> bytes:
    body = BytesIO()
    while piece := stream.read(_PIECE):
        body.write(piece)
        if body.tell() > limit:
            raise BodyTooLarge
    return body.getvalue()
