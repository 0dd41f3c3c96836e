"""What the tests of the reference client stand on: an account, a time that never passes by itself, a host for files."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from examples.reference_client import Order, VideoClient, VideoError
from mock_server import MockServer
from tests.documents import ROOT

IMAGES = ROOT / "fixtures" / "images"
LINK = "https://example.com/cat.jpg"
ORDER = Order(image=LINK, prompt="a cat")


class Desk:
    """An account of its own on a mock, and clients of it whose pauses move its clock instead of taking time."""

    def __init__(self, server: MockServer, folder: Path) -> None:
        self.account = server.account(f"key-{secrets.token_hex(8)}")
        self.key = self.account.api_key
        self.path = folder / "video.mp4"
        self.pauses: list[float] = []
        self.tasks: list[str] = []
        self._time = 0.0

    def client(self, base_url: str | None = None, key: str | None = None, **options: Any) -> VideoClient:
        """A client that asks every second and has a minute; its random numbers are all nought."""
        given: dict[str, Any] = {
            "deadline": 60.0,
            "poll": 1.0,
            "retries": 2,
            "on_task": self.tasks.append,
            "read": 5.0,
        } | options
        return VideoClient(
            base_url or self.account.url, key or self.key, now=lambda: self._time, pause=self._pause,
            chance=lambda: 0.0, **given,
        )  # fmt: skip

    def generate(self, order: Order = ORDER, **options: Any) -> str:
        """The SHA-256 of a video from beginning to end."""
        return self.client(**options).generate(order, self.path).sha256

    def error(self, order: Order = ORDER, **options: Any) -> VideoError:
        """How the making of a video ends, which must not be well."""
        try:
            saved = self.generate(order, **options)
        except VideoError as error:
            return error
        raise AssertionError(f"a video was saved: {saved}")

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """The requests of one kind, oldest first."""
        return [entry for entry in self.account.requests if entry["operation"] == operation]

    def sent(self) -> dict[str, Any]:
        """The body of the only create."""
        (entry,) = self.calls("create")
        body: dict[str, Any] = entry["request"]["body"]
        return body

    def change(self, operation: str, pointers: dict[str, Any], **more: Any) -> None:
        """Other or more members in the answers of an operation."""
        self.account.rule({"change": pointers}, {"operation": operation}, **more)

    def answer(self, operation: str, body: Any, status: int = 200, times: int | None = None, **headers: str) -> None:
        """Another answer of an operation."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        then = {"http": {"status": status, "body": body} | ({"headers": named} if named else {})}
        self.account.rule(then, {"operation": operation}, times=times)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._time += seconds
        self.account.advance(seconds)


class Shelf:
    """Another host: answers every call in the same way, and remembers what it was asked with."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, b"the video", {"Content-Type": "video/mp4"}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    @contextmanager
    def open(self) -> Iterator[Shelf]:
        """Serves on a free port."""
        shelf = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """Answers, and remembers."""
                shelf.asked.append((self.path, dict(self.headers.items())))
                self.send_response(shelf.status)
                for name, value in {"Content-Length": str(len(shelf.body)), **shelf.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(shelf.body)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *args: Any) -> None:
                """Says nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
