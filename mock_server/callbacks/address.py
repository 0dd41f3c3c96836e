"""Which addresses a callback may go to. A test run must never notify production by accident.

Loopback and private networks are allowed; public addresses only for names that the user listed; link-local, metadata and
other special addresses never. What is judged here is the address that is dialled, whatever form it was written in.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

# Gives the addresses of a host and port. Raises OSError when there are none.
Resolver = Callable[[str, int], Sequence[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _networks(*names: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(name) for name in names]


_LOCAL = _networks("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
# Link-local, and where clouds answer with credentials: AWS and most others, AWS over IPv6, Google over IPv6, Scaleway,
# Alibaba, Oracle, Azure.
_LINK_LOCAL_OR_METADATA = _networks(
    "169.254.0.0/16",
    "fe80::/10",
    "fd00:ec2::/32",
    "fd20:ce::254/128",
    "fd00:42::42/128",
    "100.100.100.200/32",
    "192.0.0.192/32",
    "168.63.129.16/32",
)
_RESERVED = ipaddress.ip_network("240.0.0.0/4")
MAX_URL = 8192
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class CallbackRefused(Exception):
    """Nothing is sent to this address; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a callback goes, taken apart: `target` is path and query as they are sent."""

    scheme: str
    host: str
    port: int
    host_header: str
    target: str


def shown_url(url: str) -> str:
    """The URL for a log or a journal: without the credentials that some have."""
    return re.sub(r"//[^/?#]*@", "//…@", url, count=1)


# Many messages go to few receivers; what is remembered depends on nothing but the URL, or the address.
_REMEMBERED = 256


@lru_cache(_REMEMBERED)
def parse_receiver(url: str) -> Receiver:
    """Takes an http(s) URL apart. Raises CallbackRefused for one that could be read in two ways."""
    if len(url) > MAX_URL:
        raise CallbackRefused(f"the URL is longer than {MAX_URL} characters")
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise CallbackRefused("the URL holds a blank, a control character or a backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (
            (parts.hostname or "").encode("idna").decode() if not (parts.hostname or "").isascii() else parts.hostname
        )
    except (ValueError, UnicodeError):
        raise CallbackRefused("the URL cannot be read") from None
    if "@" in parts.netloc:
        raise CallbackRefused("credentials in the URL are not sent")
    if parts.scheme not in ("http", "https") or not host:
        raise CallbackRefused("the URL names no host")
    # Everything printable is kept as it is; only what cannot stand in a request line is encoded.
    target = quote(parts.path or "/", safe=_PRINTABLE) + (
        f"?{quote(parts.query, safe=_PRINTABLE)}" if parts.query else ""
    )
    shown = f"[{host}]" if ":" in host else host
    return Receiver(
        scheme=parts.scheme,
        host=host,
        port=port if port is not None else {"http": 80, "https": 443}[parts.scheme],
        host_header=shown if port is None else f"{shown}:{port}",
        target=target,
    )


_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def refuse_forbidden(address: str, host: str, allowed_names: Collection[str]) -> None:
    """Raises CallbackRefused unless a callback for `host` may be dialled at `address`."""
    if not _is_local(address) and host.rstrip(".").lower() not in allowed_names:
        raise CallbackRefused(
            f"{address} is not on this machine or a private network; --allow-callback-host {host[:80]}"
        )


@lru_cache(_REMEMBERED)
def _is_local(address: str) -> bool:
    """Whether it needs nobody's leave. Raises CallbackRefused for an address that is never called."""
    forms = _forms(ipaddress.ip_address(address.partition("%")[0]))
    if any(form in network for form in forms for network in _LINK_LOCAL_OR_METADATA):
        raise CallbackRefused(f"{address} is a link-local or metadata address, which is never called")
    if any(form.is_multicast or form.is_unspecified or form in _RESERVED for form in forms):
        raise CallbackRefused(f"{address} is no address of a receiver")
    return all(any(form in network for network in _LOCAL) for form in forms)


def _forms(address: Address) -> list[Address]:
    """The address itself, or the IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    embedded: list[Address] = [address]
    if address.sixtofour is not None:
        embedded.append(address.sixtofour)
    if address.teredo is not None:
        embedded.extend(address.teredo)
    if address in _NAT64:
        embedded.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return embedded
