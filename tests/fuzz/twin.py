"""Calls to a mock that are written down, so that a second mock with the same seed can be asked the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from contract_tests.api import Api, Reply
from mock_server import MockServer

# What is measured, or told by the server and not by the mock.
_CHANGING = ("date", "server", "connection", "keep-alive")
RESTART = "RESTART"
Make = Callable[[], MockServer]


@dataclass(frozen=True, slots=True)
class Asked:
    """One call and its answer."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None
    reply: Reply | None


class Recorded:
    """A running mock, and every call to it. `make` makes another one that ought to answer the same."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self.mock = make().start()
        self._api = Api(self.mock.url, None)
        self._asked: list[Asked] = []

    def call(self, method: str, path: str, *, key: str | None = None, body: Any = None, raw: bytes | None = None, kind: str = "application/json", headers: dict[str, str] | None = None, **query: str) -> Reply:
        """Calls the mock. A download link may be given as `path`, whatever host it names."""
        headers = (headers or {}) | ({"Authorization": f"Bearer {key}"} if key is not None else {}) | ({"Content-Type": kind} if body is not None or raw is not None else {})
        if path.startswith("http"):
            parts = urlsplit(path)
            path = f"{parts.path}?{parts.query}"
        content = raw if body is None else json.dumps(body).encode()
        target = path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")
        reply = self._api.send(method, target, headers=headers, body=content)
        self._asked.append(Asked(method, target, headers, content, reply))
        return reply

    def restart(self) -> None:
        """Stops the mock and starts it again."""
        self._asked.append(Asked(RESTART, "", {}, None, None))
        self.mock.stop()
        self.mock.start()
        self._api = Api(self.mock.url, None)

    def close(self) -> None:
        """Ends the mock."""
        self.mock.stop()

    def differences(self) -> list[str]:
        """Asks a second mock all the same, and tells where its answers differ."""
        found = []
        twin = self._make()
        with twin:
            api = Api(twin.url, None)
            for asked in self._asked:
                if asked.reply is None:
                    twin.stop()
                    twin.start()
                    api = Api(twin.url, None)
                    continue
                again = api.send(asked.method, asked.target, headers=asked.headers, body=asked.body)
                if not _is_measured(asked) and _shown(again) != _shown(asked.reply):
                    found.append(f"{asked.method} {asked.target} {asked.body!r}\n  {_shown(asked.reply)}\n  {_shown(again)}")
        return found


def _is_measured(asked: Asked) -> bool:
    """Journal and record of deliveries hold milliseconds; what an advance had to wait for may come in any order."""
    return asked.target.startswith(("/__mock/requests", "/__mock/callbacks", "/__mock/clock/advance"))


def _shown(reply: Reply) -> tuple[int, list[tuple[str, str]], bytes]:
    headers = sorted((name.lower(), value) for name, value in reply.headers.items() if name.lower() not in _CHANGING)
    return reply.status, headers, reply.content
