"""One request and its answer, as bytes on a connection said it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

# The paths of the imitated API, which name the operation of a request; everything else under the link is a download.
OPERATIONS = {
    ("POST", "/v1/video_generation"): "create",
    ("GET", "/v1/query/video_generation"): "query",
    ("GET", "/v1/files/retrieve"): "retrieve",
}

# Before the path of a target in absolute form (RFC 9112, 3.2.2).
_ORIGIN = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*://[^/]*")

Headers = tuple[tuple[str, str], ...]


def header(headers: Headers, name: str) -> list[str]:
    """The values of every line with that name."""
    return [value for each, value in headers if each.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `at_ms` is the moment of its first byte; `complete` is false when it was cut off.

    `body` is decoded from chunks, not from gzip, and holds at most the beginning of it; `size` is the whole length of
    what came. Interim answers (100 Continue) are left out.
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
    the mock, another word for another host. `method` is empty for bytes that are no request; they are the body then.
    `complete` says whether the whole request came, and `ended_ms` when its last byte did. `cut` is how many bytes of the
    body were not kept. `prefix` was taken off the target before the mock saw it.

    `answer` is None when no status line came. `end` tells how the connection ended if it did before the exchange was over:
    `client` (it closed or died), `server`, `reset` (by the server); it is empty when all went well or all is still open.
    `note` is for people: what is odd about the bytes.
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
    ended_ms: float = 0.0
    cut: int = 0
    prefix: str = ""
    note: str = ""

    @property
    def path(self) -> str:
        """The path of the target, as it was sent; without scheme and host where the client wrote them."""
        return _ORIGIN.sub("", self.target.partition("?")[0], count=1)

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the target, decoded; of a repeated one the last."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def operation(self) -> str:
        """create, query, retrieve, download, or other: what the mock was asked for, without the prefix."""
        path = self.path.removeprefix(self.prefix)
        known = OPERATIONS.get((self.method, path))
        if known is not None:
            return known
        beyond = not path.lstrip("/").startswith("v1/")  # a slash too many makes no download of a query
        return "download" if self.method in ("GET", "HEAD") and beyond else "other"

    @property
    def size(self) -> int:
        """The whole length of the request's body, as far as it came."""
        return len(self.body) + self.cut

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
