"""A mock that cases are put to: its application in this process, or its server over a socket."""

from __future__ import annotations

import json
import logging
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Flask

from mock_server import MockServer, Settings
from mock_server.web.app import create_app
from tests.fuzz.case import Case

# More of an answer is not read; some rules make answers without end.
MOST_READ = 4_000_000
SECONDS = 20.0
_MODES = ("image-to-video", "text-to-video", "first-last-frame", "subject-reference")
# Small bounds, so that a short run already fills every one of them.
_SMALL: dict[str, Any] = {
    "port": 0, "seed": 7, "journal_max": 300, "journal_bytes": 1_000_000, "upload_bytes": 500_000, "max_accounts": 40, "max_tasks": 60,
    "max_body": 1_000_000, "callback_timeout": 0.05, "threads": 8, "modes": _MODES,
}  # fmt: skip
# Ways to run the mock between which the rounds change.
PROFILES: tuple[dict[str, Any], ...] = (
    {"clock": "manual"},
    {
        "clock": "manual", "rpm": 40, "balance": 20, "blocked_words": ("dragon",), "query_form": "documented", "bytes_form": "documented",
        "files_form": "documented", "ratio_form": "observed", "progress": "polls:3", "public_url": "https://mock.example",
    },
    {"progress": "polls:1", "modes": _MODES[:1], "no_cors": True, "task_seconds": 0},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Names of headers are in small letters; `seconds` is how long it took."""

    status: int
    headers: dict[str, str]
    content: bytes
    seconds: float
    broken: bool = False

    @property
    def json(self) -> Any:
        """The body as JSON data."""
        return json.loads(self.content)

    @property
    def code(self) -> int:
        """The status code in `base_resp`."""
        return int(self.json["base_resp"]["status_code"])


def ask(application: Flask, case: Case) -> Reply:
    """Calls a WSGI application in this process, as our server would, and reads its answer."""
    began: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        began[:] = [status, headers]

    environ = case.environ(on_wire=True)
    started = time.perf_counter()
    pieces, size = [], 0
    answer: Any = application(environ, start_response)  # type: ignore[arg-type]
    try:
        for piece in answer:
            pieces.append(piece)
            size += len(piece)
            if size > MOST_READ:
                break
    finally:
        answer.close()
    seconds = time.perf_counter() - started
    for name, value in began[1]:
        value.encode("latin-1")
        assert not set("\r\n\0") & set(name + value), f"the header {name} ends its line: {value!r}"
    headers = {name.lower(): value for name, value in began[1]}
    return Reply(int(began[0][:3]), headers, b"".join(pieces), seconds, "minimax_mock.fault" in environ)


class _Log(logging.Handler):
    """Keeps what the mock writes into its log, until it is asked."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {self.format(record)}")


class Target:
    """One mock with one profile. Nothing in it waits in real time, and no name is ever resolved to a place outside."""

    def __init__(self, profile: int) -> None:
        self.settings = Settings(**(_SMALL | PROFILES[profile]))
        self.mock = MockServer(self.settings, resolver=lambda _host, _port: ["198.51.100.7"])
        self.service = self.mock.service
        self._app = create_app(service=self.service)
        self.log = _Log()

    def __enter__(self) -> Target:
        logger = logging.getLogger("mock_server")
        logger.addHandler(self.log)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        self.mock.start()
        # Delays and long polls end at once; callbacks go on.
        self.service.pauses.stop()
        self.service.journal.signal.end()
        self.service.callbacks.record.signal.end()
        return self

    def __exit__(self, *_error: object) -> None:
        self.mock.stop()
        logger = logging.getLogger("mock_server")
        logger.removeHandler(self.log)
        logger.setLevel(logging.NOTSET)
        logger.propagate = True

    def call(self, case: Case) -> Reply:
        """Puts a case to the application. An exception that leaves it is one of ours."""
        return ask(self._app, case)

    def call_over_socket(self, case: Case) -> Reply | None:
        """Sends a case to the server; None when the connection ended without an answer."""
        host, _, port = self.mock.url.removeprefix("http://").partition(":")
        started = time.perf_counter()
        received = b""
        with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
            with suppress(OSError):  # it may be answered, and closed, before all is sent
                connection.sendall(case.wire())
                if case.length is not None:
                    connection.shutdown(socket.SHUT_WR)
            with suppress(ConnectionError):
                while len(received) < MOST_READ and (piece := connection.recv(65_536)):
                    received += piece
        head, _, content = received.partition(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head, _, content = content.partition(b"\r\n\r\n")
        if not head:
            return None
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        proper = lines[0].startswith("HTTP/1.1 ") and lines[0][9:12].isdigit()
        return Reply(int(lines[0][9:12]) if proper else 0, headers, content, time.perf_counter() - started, not proper)
