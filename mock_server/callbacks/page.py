"""Whether a web page asks for a callback, and which one.

Every page that is open in a browser which reaches the mock may create tasks, as at the service, and could have the
mock post into the network behind it, where the page itself cannot send JSON. So callbacks are for pages of this machine
and its private networks, and for those whose host the user named. A browser says the truth about the page (Origin), in the
request of a page that made its own name lead here (DNS rebinding) too; what is no browser sends no Origin.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from mock_server.callbacks.address import is_local

# What stands at the end of names that only a private network gives (RFC 6762, RFC 8375, RFC 2606, ICANN's .internal). A
# name of one label, as containers have, is such a name as well.
_PRIVATE = (".local", ".home.arpa", ".test", ".internal")
_ONE_LABEL = re.compile("(?=.*[a-z])[a-z0-9_-]+")


def is_foreign_page(origin: str | None, named: Collection[str]) -> bool:
    """Whether an Origin header is of a page that may not have callbacks sent; `*.NAME` in `named` is one label more."""
    if origin is None:
        return False
    try:
        parts = urlsplit(origin)
        host = (parts.hostname or "").removesuffix(".")
    except ValueError:
        return True
    if host == "localhost" or host.endswith(".localhost"):
        return False
    if parts.scheme in ("http", "https") and (host.endswith(_PRIVATE) or _ONE_LABEL.fullmatch(host)):
        return False
    known = {name.lower().removesuffix(".") for name in named}
    return not (host in known or f"*.{host.partition('.')[2]}" in known or _is_local_address(host))


def _is_local_address(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
        return address.is_unspecified or is_local(address)  # 0.0.0.0 leads to this machine, as development servers say
    except ValueError:
        return False
