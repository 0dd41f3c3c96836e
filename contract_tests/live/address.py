"""Which servers may be asked what."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from mock_server.pytest_plugin import REAL_HOSTS


class Refused(Exception):
    """The run is refused; the message is one line for the person who wanted it."""


@dataclass(frozen=True, slots=True)
class Target:
    """The server that is asked. `url` is its origin with the path before `/v1`, if there is one."""

    url: str
    host: str

    @property
    def loopback(self) -> bool:
        """Whether it runs on this machine, going by its name alone."""
        return is_loopback(self.host)


def read_target(url: str) -> Target:
    """The server behind an address. Raises Refused for one that would carry the key in clear, or is none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        parts.port  # noqa: B018 - raises ValueError for a port that is none
    except ValueError:
        raise Refused(f"{url[:200]!r} is not an address; expected https://HOST") from None
    if not host.isascii():
        raise Refused(f"{host!r} is written in other letters than it is asked for; expected the name in ASCII")
    if parts.username is not None or parts.password is not None:
        raise Refused("the address holds a name or a password; expected https://HOST")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise Refused(f"{url[:200]!r} is not an address of a server; expected https://HOST")
    if parts.scheme == "http" and not is_loopback(host):
        raise Refused(f"http://{host} would carry the key in clear; expected https://{host}")
    path = parts.path.rstrip("/").removesuffix("/v1")
    return Target(f"{parts.scheme}://{parts.netloc}{path}", host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: localhost or a loopback address, written as such."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def is_real(host: str) -> bool:
    """Whether a host belongs to the real service, where a create costs money."""
    name = host.rstrip(".").lower()
    return any(name == real or name.endswith(f".{real}") for real in REAL_HOSTS)


def refuse_without_live(url: str) -> None:
    """Raises Refused for every server elsewhere: the suite makes tasks, and nobody knows who pays. Only `--live` asks it."""
    host = _host(url)
    if is_real(host):
        raise Refused(
            f"{host} is the real service, where a create costs money; add --live to ask it without making any"
        )
    if not is_loopback(host):
        raise Refused(
            f"{host or url[:200]!r} is not this machine, and a create may cost money there; add --live to ask it"
        )


def refuse_fuzzing(url: str) -> None:
    """Raises Refused for every host that is not this machine: nobody knows what made-up requests cost elsewhere."""
    host = _host(url)
    if not is_loopback(host):
        raise Refused(
            f"{host or url[:200]!r} is not this machine, and only that is sent made-up requests; allowed: a loopback address"
        )


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""
