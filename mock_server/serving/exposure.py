"""Whether other machines can reach the control API, which by itself is for this machine only."""

from __future__ import annotations

import ipaddress
import socket

from mock_server.errors import StartupError
from mock_server.settings import Settings


def refuse_exposed_control(settings: Settings) -> None:
    """Raises StartupError where the mock would listen beyond loopback with a control API that asks for no token."""
    if settings.control_token is not None or settings.no_control or settings.host.lower() == "localhost":
        return
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StartupError(f"cannot listen on {settings.host}:{settings.port}: {reason}") from None
    if not all(_is_loopback(str(address[0])) for *_, address in found):
        raise StartupError(
            f"--host {settings.host} can be reached from other machines: add --control-token TOKEN to guard the control "
            "API, or --no-control to switch it off"
        )


def _is_loopback(text: str) -> bool:
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
