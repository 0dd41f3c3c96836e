"""What the requests are made of: the fixtures of the project, and what the mock itself has answered so far."""

from __future__ import annotations

import base64
import json
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any
from urllib.parse import urlsplit

from mock_server import resources
from mock_server.world import gallery

# Long enough that nobody writes one by chance; the journal must never show one.
KEYS = tuple(f"sk-fuzz-{number:04d}-qT7xVb2mKd9wLr4z" for number in range(6))
_ENOUGH = 30


@cache
def bodies(kind: str) -> list[Any]:
    """The parsed bodies of the fixtures of every mode, `valid` or `invalid`; those that are no JSON are left out."""
    found = []
    for path in sorted((resources.folder("fixtures") / "requests").rglob(f"{kind}/*.json")):
        try:
            found.append(json.loads(path.read_bytes()))
        except ValueError:
            continue
    return found


@cache
def pictures() -> list[bytes]:
    """Every picture of the fixtures, good or bad."""
    folder = resources.folder("fixtures") / "images"
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".yaml"]


@cache
def gallery_names() -> list[str]:
    """The pictures of the gallery."""
    return list(gallery.names())


def data_url(picture: bytes, label: str = "data:image/png;base64,") -> str:
    """A picture as a data URL."""
    return label + base64.b64encode(picture).decode()


def _few() -> deque[Any]:
    return deque(maxlen=_ENOUGH)


@dataclass
class Known:
    """Identifiers and links out of the answers of one round, so that later requests can name them."""

    tasks: deque[str] = field(default_factory=_few)
    files: deque[int] = field(default_factory=_few)
    links: deque[str] = field(default_factory=_few)
    rules: deque[str] = field(default_factory=_few)
    requests: deque[str] = field(default_factory=_few)
    callbacks: deque[str] = field(default_factory=_few)

    def learn(self, headers: dict[str, str], content: bytes) -> None:
        """Takes what an answer holds."""
        if request_id := headers.get("x-mock-request-id"):
            self.requests.append(request_id)
        if not content.startswith(b"{") or len(content) > 20_000:
            return
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            return
        if isinstance(body.get("task_id"), str) and body["task_id"]:
            self.tasks.append(body["task_id"][:40])
        self._learn_file(body)
        if isinstance(body.get("id"), str):
            (self.rules if "then" in body else self.callbacks if "delivered" in body else self.requests).append(
                body["id"][:100]
            )

    def _learn_file(self, body: dict[str, Any]) -> None:
        file = body.get("file")
        if (
            isinstance(body.get("file_id"), str)
            and body["file_id"].isascii()
            and body["file_id"].isdigit()
            and len(body["file_id"]) < 25
        ):
            self.files.append(int(body["file_id"]))
        if isinstance(file, dict):
            if type(file.get("file_id")) is int:
                self.files.append(file["file_id"])
            if isinstance(file.get("download_url"), str):
                parts = urlsplit(file["download_url"])
                self.links.append(f"{parts.path}?{parts.query}")

    def task(self, rng: Random) -> str:
        """A task that is there, if there is one."""
        return rng.choice(self.tasks) if self.tasks else "325104768000123"

    def file(self, rng: Random) -> int:
        """A file that was there, if there is one."""
        return rng.choice(self.files) if self.files else 325104768000123

    def some(self, kind: str, rng: Random) -> str:
        """An identifier of `rules`, `requests` or `callbacks`."""
        found: deque[str] = getattr(self, kind)
        return rng.choice(found) if found else "none-yet"
