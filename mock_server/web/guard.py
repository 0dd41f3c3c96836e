"""Who may call the control API.

A web page that somebody has open must not: not by a name of its own that leads here (DNS rebinding), and not by sending
a request across sites (CSRF).
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Request

from mock_server.contract.contract import CONTROL_PREFIX
from mock_server.errors import Problem
from mock_server.operations.access import bearer_key
from mock_server.settings import Settings
from mock_server.web.incoming import HOST_KEY, headers, split_host
from mock_server.world import gallery

_HEALTH = f"{CONTROL_PREFIX}health"
_PICTURE = re.compile(re.escape(gallery.PATH) + "[^/]+")
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(.+)", re.IGNORECASE)
_READING = ("GET", "HEAD")
_PORTS = {"http": 80, "https": 443}


def guard(settings: Settings) -> Callable[[Request], None]:
    """What checks every request to the control API before anything else looks at it; it raises Problem."""
    names = _own_names(settings)

    def check(request: Request) -> None:
        # The pictures are the same for everybody, and pages of clients show them.
        if not is_control(request) or (request.method in _READING and _PICTURE.fullmatch(request.path)):
            return
        host = request.environ.get(HOST_KEY, "")
        _check_host(host, names)
        _check_site(request, host)
        if request.method in _READING and request.path == _HEALTH:
            return
        if settings.no_control:
            raise Problem(
                404,
                "Control API is off",
                detail=f"the mock was started with --no-control; only GET {_HEALTH} and {gallery.PATH}NAME are answered",
            )
        if settings.control_token is not None:
            _check_token(request, settings.control_token)

    return check


def is_control(request: Request) -> bool:
    """Whether the request is for the control API, wherever in it."""
    return request.path.startswith(CONTROL_PREFIX) or request.path == CONTROL_PREFIX.rstrip("/")


def _own_names(settings: Settings) -> frozenset[str]:
    """Every name under which the control API is served, as a Host header has it."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    names = [settings.host, public or "", *(settings.tls_name or ()), *(settings.allowed_hosts or ())]
    return frozenset(_as_sent(name) for name in names)


def _as_sent(name: str) -> str:
    """The name as clients send it: in small letters, and those beyond ASCII in Punycode."""
    name = name.lower().removesuffix(".")
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def _check_host(host: str, names: frozenset[str]) -> None:
    """Raises Problem for a name that is not ours. A browser that was led astray sends the name it was led by."""
    if not host:  # HTTP/1.0; no browser leaves it out
        return
    found = split_host(host)
    if found is None:
        raise Problem(
            403,
            "Host not allowed",
            detail="the Host header is malformed, or there are two; allowed is one, with a name or an address and a port",
        )
    name = found[0]
    if name == "localhost" or name.endswith(".localhost") or _is_address(name):
        return
    # As in a certificate, an asterisk stands for one label.
    if name in names or f"*.{name.partition('.')[2]}" in names:
        return
    raise Problem(
        403,
        "Host not allowed",
        detail=f"the control API does not answer to the name {name}; start the mock with --allowed-hosts {name}, "
        "or call it by address or as localhost",
    )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_site(request: Request, host: str) -> None:
    """Raises Problem for what a page of another site sent. Old browsers send only Origin, and that not with a GET."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("none", "same-origin"):
        raise _cross_site(f"Sec-Fetch-Site: {site[:80]}")
    origin = request.headers.get("Origin")
    if origin is not None and not _same(origin, host):
        raise _cross_site(f"Origin: {origin[:200]}")


def _same(origin: str, host: str) -> bool:
    """Whether an Origin has the host and the port of a Host; a port left out is the scheme's own."""
    match = _ORIGIN.fullmatch(origin)
    theirs, ours = split_host(match[2]) if match else None, split_host(host)
    if match is None or theirs is None or ours is None:
        return False
    default = _PORTS.get(match[1].lower())
    return (theirs[0], theirs[1] or default) == (ours[0], ours[1] or default)


def _cross_site(header: str) -> Problem:
    return Problem(
        403,
        "Cross-site request",
        detail=f"a browser sent this for a page of another host or port ({header}); call the control API without a "
        "browser, or from a page with the same host and port",
    )


def _check_token(request: Request, token: str) -> None:
    given = bearer_key(headers(request))
    if given is None or not hmac.compare_digest(given.encode(), token.encode()):
        raise Problem(
            401,
            "No control token" if given is None else "Wrong control token",
            detail="send the header Authorization: Bearer TOKEN with the token of --control-token",
            headers={"WWW-Authenticate": "Bearer"},
        )
