"""Calls to a mock that are written down, so that a second mock with the same seed can be asked the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from mock_server import MockServer
from mock_server.web.app import create_app
from tests.fuzz.case import Case
from tests.fuzz.target import Reply, ask

Make = Callable[[], MockServer]


class Recorded:
    """A running mock, and every call to it. `make` makes another one that ought to answer the same."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self.mock = make().start()
        self._app = create_app(service=self.mock.service)
        # None stands for a restart.
        self._asked: list[tuple[Case, Reply] | None] = []

    def call(
        self, method: str, path: str, *, key: str | None = None, body: Any = None, raw: bytes = b"", kind: str = "application/json",
        prefer: str | None = None, query: dict[str, str] | None = None, **more: str,
    ) -> Reply:  # fmt: skip
        """Calls the mock. A download link may be given as `path`, whatever host it names."""
        headers = [
            (name, value) for name, value in (("Authorization", key and f"Bearer {key}"), ("Prefer", prefer)) if value
        ]
        content = raw if body is None else json.dumps(body).encode()
        parts = urlsplit(path)
        text = "&".join(
            [*filter(None, [parts.query]), *(f"{name}={value}" for name, value in {**(query or {}), **more}.items())]
        )
        case = Case(
            "machine", method, parts.path, text, [*headers, ("Content-Type", kind)] if content else headers, content
        )
        reply = ask(self._app, case)
        self._asked.append((case, reply))
        return reply

    def restart(self) -> None:
        """Stops the mock and starts it again."""
        self._asked.append(None)
        self.mock.stop()
        self.mock.start()

    def go_on_anew(self) -> None:
        """Stops the mock, and makes another one, which has nothing of the first but what it wrote into its file."""
        self.mock.stop()
        self.mock = self._make().start()
        self._app = create_app(service=self.mock.service)

    def close(self) -> None:
        """Ends the mock."""
        self.mock.stop()

    def differences(self) -> list[str]:
        """Asks a second mock all the same, and tells where its answers differ."""
        found = []
        with self._make() as twin:
            application = create_app(service=twin.service)
            for asked in self._asked:
                if asked is None:
                    twin.stop()
                    twin.start()
                    continue
                case, reply = asked
                again = ask(application, case)
                if not _is_measured(case) and _shown(again) != _shown(reply):
                    found.append(f"{case.shown()}\n  {_shown(reply)}\n  {_shown(again)}")
        return found


def _is_measured(case: Case) -> bool:
    """Journal and record of deliveries hold milliseconds; what an advance had to wait for may come in any order."""
    return case.path.startswith(("/__mock/requests", "/__mock/callbacks", "/__mock/clock/advance"))


def _shown(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    """All but the time of day."""
    return reply.status, {name: value for name, value in reply.headers.items() if name != "date"}, reply.content
