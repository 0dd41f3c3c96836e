"""A thin way to speak to a server of the API, with nothing in it that a test would not want to see."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

CREATE = "/v1/video_generation"
QUERY = "/v1/query/video_generation"
RETRIEVE = "/v1/files/retrieve"
SUCCESS = 0
IMAGE_URL = "https://example.com/first-frame.jpg"
MINIMAL = {"model": "MiniMax-Hailuo-2.3", "first_frame_image": IMAGE_URL}


@dataclass(frozen=True)
class Reply:
    """What came back: the HTTP status, the headers, and the body, parsed when it is JSON."""

    status: int
    headers: urllib3.HTTPHeaderDict
    content: bytes

    @property
    def json(self) -> Any:
        """The body as JSON data; the test fails with the body's beginning when it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            raise AssertionError(f"HTTP {self.status}, not JSON: {self.content[:300]!r}") from None

    @property
    def code(self) -> int:
        """The status code in `base_resp`; the test fails when it is missing or no integer."""
        body = self.json
        code = body.get("base_resp", {}).get("status_code") if isinstance(body, dict) else None
        assert type(code) is int, f"no integer base_resp.status_code in {self.content[:300]!r}"
        return code

    @property
    def message(self) -> str:
        """The `status_msg` in `base_resp`."""
        return str(self.json["base_resp"]["status_msg"])


class Api:
    """Calls one server with one key. `key` of None sends no Authorization at all."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url.rstrip("/")
        self.key = key
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=5, read=60))

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        query: dict[str, str] | None = None,
    ) -> Reply:
        """Sends exactly this request, with the key unless the headers name their own Authorization."""
        sent = {"Authorization": f"Bearer {self.key}"} if self.key is not None else {}
        target = path if path.startswith("http") else self.url + path
        if query:
            target += "?" + urlencode(query)
        reply = self._pool.request(method, target, headers=sent | (headers or {}), body=body, redirect=False)
        return Reply(reply.status, reply.headers, reply.data)

    def create(self, document: Any, **headers: str) -> Reply:
        """POSTs a document as JSON."""
        sent = {"Content-Type": "application/json"} | headers
        return self.send("POST", CREATE, headers=sent, body=json.dumps(document).encode())

    def query(self, task_id: str) -> Reply:
        """Asks for the state of a task."""
        return self.send("GET", QUERY, query={"task_id": task_id})

    def retrieve(self, file_id: str) -> Reply:
        """Asks for the link of a file."""
        return self.send("GET", RETRIEVE, query={"file_id": file_id})


def why_silent(url: str) -> str:
    """Why nobody answers at an address, in words; empty when somebody does."""
    try:
        urllib3.PoolManager(retries=False, timeout=5).request("GET", url)
    except urllib3.exceptions.HTTPError as error:
        return f"{url}: nobody answers there ({type(error).__name__})"
    return ""


def png(width: int, height: int) -> bytes:
    """A real PNG of that size, all black."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" * (width + 1)) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def data_url(content: bytes, media_type: str = "image/png") -> str:
    """The content as a base64 data URL."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
