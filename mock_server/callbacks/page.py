"""Whether a web page asks for a callback, and which one.

Every page that is open in a browser which reaches the mock may create tasks, as at the service, and could have the
mock post into the network behind it, where the page itself cannot send JSON. So callbacks are for pages of this machine
and its private networks, and for those whose host the user named. A browser says the truth about the page (Origin), in the
request of a page that made its own name lead here (DNS rebinding) too; what is no browser sends no Origin.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from mock_server.callbacks.address import is_local


def is_foreign_page(origin: str | None, named: Collection[str]) -> bool:
    """Whether an Origin header is of a page that may not have callbacks sent; `*.NAME` in `named` is one label more."""
    if origin is None:
        return False
    try:
        host = (urlsplit(origin).hostname or "").removesuffix(".")
    except ValueError:
        return True
    if host == "localhost" or host.endswith(".localhost"):
        return False
    known = {name.lower().removesuffix(".") for name in named}
    return not (host in known or f"*.{host.partition('.')[2]}" in known or _is_local_address(host))


def _is_local_address(host: str) -> bool:
    try:
        return is_local(ipaddress.ip_address(host))
    except ValueError:
        return False
