"""From a probe to the request that goes over the wire, and to what the facts say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from contract_tests.live.probes import Request
from contract_tests.live.wire import Wanted
from contract_tests.live.wording import without_keys
from mock_server import __version__

USER_AGENT = f"minimax-mock/{__version__} (contract probe)"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a run; never shown. `random` is one that nobody gave out, `revoked` one that is no longer valid."""

    key: str = field(repr=False)
    random: str = field(repr=False)
    revoked: str | None = field(default=None, repr=False)

    def all(self) -> list[str]:
        """Every one that there is."""
        return [each for each in (self.key, self.random, self.revoked) if each]

    def hidden(self, text: str) -> str:
        """The text without any of them: a server may send one back where nobody expects it."""
        return without_keys(text, self.all())


def wanted(request: Request, url: str, keys: Keys) -> Wanted:
    """The request as it is sent to a server."""
    headers = [("User-Agent", USER_AGENT), ("Accept", "*/*")]
    authorization = _authorization(request.auth, keys)
    if authorization is not None:
        headers.append(("Authorization", authorization))
    if request.content_type is not None:
        headers.append(("Content-Type", request.content_type))
    query = f"?{urlencode(request.parameters)}" if request.parameters else ""
    return Wanted(request.method, f"{url}{request.path}{query}", tuple(headers), body_of(request))


def body_of(request: Request) -> bytes | None:
    """The body, None where there is none."""
    if request.raw is not None:
        return request.raw.encode()
    return None if request.document is None else json.dumps(request.document).encode()


def described(request: Request) -> dict[str, Any]:
    """The request for the facts: no key, and large values in short."""
    found: dict[str, Any] = {"method": request.method, "path": request.path, "auth": request.auth}
    parameters: Mapping[str, str] | None = request.parameters
    if parameters:
        found["parameters"] = dict(parameters)
    if request.method == "POST":
        found |= {"content_type": request.content_type, "body": request.shown}
    return found


def _authorization(auth: str, keys: Keys) -> str | None:
    if auth == "none":
        return None
    named = {"key": keys.key, "random": keys.random, "revoked": keys.revoked}
    return f"Bearer {named[auth]}" if auth in named else auth.replace("{key}", keys.key)
