"""One request and its answer, as bytes on a connection said it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# The paths of the imitated API, which name the operation of a request; everything else under the link is a download.
OPERATIONS = {
    ("POST", "/v1/video_generation"): "create",
    ("GET", "/v1/query/video_generation"): "query",
    ("GET", "/v1/files/retrieve"): "retrieve",
}

Headers = tuple[tuple[str, str], ...]


def header(headers: Headers, name: str) -> list[str]:
    """The values of every line with that name."""
    return [value for each, value in headers if each.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `at_ms` is the moment of its first byte; `complete` is false when it was cut off.

    `body` is decoded from chunks, not from gzip, and holds at most the beginning of it; `size` is its whole length.
    """

    at_ms: float
    ended_ms: float
    status: int
    headers: Headers
    body: bytes
    size: int
    complete: bool

    @property
    def json(self) -> Any:
        """The body as JSON data, or None."""
        return _json(self.body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it. Times are milliseconds since the case began.

    `connection` numbers the connections of a listener from 1. `host` is the listener's name: `api` for the relay before
    the mock, another word for another host. `answer` is None when no status line came. `end` tells how the connection
    ended if it did with this exchange: `client`, `server`, `reset`, or empty while it is open.
    """

    host: str
    connection: int
    at_ms: float
    method: str
    target: str
    version: str
    headers: Headers
    body: bytes
    complete: bool
    answer: Answer | None
    end: str = ""

    @property
    def path(self) -> str:
        """The path of the target, as it was sent."""
        return urlsplit(self.target).path if self.target.startswith("/") else self.target

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the target, decoded; of a repeated one the last."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def operation(self) -> str:
        """create, query, retrieve, download, or other."""
        known = OPERATIONS.get((self.method, self.path))
        if known is not None:
            return known
        return "download" if self.method in ("GET", "HEAD") and not self.path.startswith("/v1") else "other"

    @property
    def json(self) -> Any:
        """The body as JSON data, or None."""
        return _json(self.body)

    def values(self, name: str) -> list[str]:
        """The values of every request header line with that name."""
        return header(self.headers, name)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
