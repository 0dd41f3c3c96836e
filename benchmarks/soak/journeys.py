"""What users, tests and accidents do with a mock, one short journey each."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from benchmarks.soak.receivers import Receivers
from contract_tests.api import CREATE, IMAGE_URL, MINIMAL, QUERY, RETRIEVE, data_url, png

# The longest that anything may take; a fault that hangs is given up sooner.
PATIENCE, GIVE_UP = 20.0, 1.0
# Keys that one visitor has, one after another; with all visitors more than the mock keeps.
KEYS = 40
PICTURE = png(400, 400)
FAULTS = ("reset", "close", "truncate", "garbage", "bad-gateway", "unavailable", "redirect", "gzip", "invalid-json",
          "byte-order-mark", "hang", "drip")  # fmt: skip
# None of these make a call last long.
SCENARIOS = ("backup-url-only", "balance-empty", "deep-json", "extra-fields", "flaky", "image-refused-late",
             "push-duplicated", "push-reordered", "push-retried", "quota-exhausted", "truncated-create-answer")  # fmt: skip


class Unexpected(Exception):
    """An answer that no client should have got; the message tells which."""


class Visitor:
    """One client that makes one journey after another. The same seed makes the same choices."""

    def __init__(self, url: str, receivers: Receivers, name: str, seed: str) -> None:
        self.url, self.receivers, self.name = url, receivers, name
        self.chance = random.Random(seed)
        self.journeys = self.requests = 0
        self.key = ""
        self._pool = urllib3.PoolManager(retries=False, maxsize=2)

    def go(self) -> str:
        """Makes the next journey and gives its name. Raises Unexpected, or HTTPError."""
        (journey,) = self.chance.choices(list(JOURNEYS), list(JOURNEYS.values()))
        self.key = f"soak-{self.name}-{self.journeys % KEYS}"
        self.journeys += 1
        try:
            journey(self)
        except Unexpected as unexpected:
            raise Unexpected(f"{journey.__name__}: {unexpected}") from None
        return journey.__name__

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        *,
        patience: float = PATIENCE,
    ) -> urllib3.BaseHTTPResponse:
        """One call with the key. A body that is bytes is sent as it is, any other as JSON."""
        self.requests += 1
        address = path if path.startswith("http") else self.url + path
        if query:
            address += "?" + "&".join(f"{name}={value}" for name, value in query.items())
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        return self._pool.request(method, address, body=raw, headers=headers, timeout=patience, redirect=False)

    def call(self, method: str, path: str, body: Any = None, *, code: int = 0, **query: str) -> Any:
        """One call of the imitated API that has to be answered with that code; gives the answer."""
        reply = self.send(method, path, body, query)
        found = reply.json() if reply.status == 200 else {}
        if found.get("base_resp", {}).get("status_code") != code:
            why = reply.headers.get("X-Mock-Violations", "")[-250:]
            raise Unexpected(f"{method} {path} was to be {code}: HTTP {reply.status} {reply.data[:200]!r} {why}")
        return found

    def control(self, method: str, path: str, body: Any = None, *, status: int = 200, own: bool = True) -> Any:
        """One call of the control API about this account that has to be answered with that status."""
        reply = self.send(method, f"/__mock/{path}", body, {"account": self.key} if own else None)
        if reply.status != status:
            raise Unexpected(f"{method} {path} was to be {status}: HTTP {reply.status} {reply.data[:200]!r}")
        return reply.json()

    def create(self, *, code: int = 0, **fields: Any) -> str:
        """A task; gives its number."""
        return str(self.call("POST", CREATE, MINIMAL | fields, code=code).get("task_id"))

    def raw(self, sent: bytes, *, read: int = 0, reset: bool = True) -> None:
        """Sends bytes, reads so many, and is gone, without a goodbye if it is a reset."""
        self.requests += 1
        parts = urlsplit(self.url)
        with (
            suppress(OSError),
            socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE) as connection,
        ):
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(sent)
            if read:
                connection.recv(read)


def _finished(visitor: Visitor, task_id: str) -> str:
    """Queries until the task has ended well; gives the file's number."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        found = visitor.call("GET", QUERY, task_id=task_id)
        if found["status"] == "Success":
            return str(found["file_id"])
        time.sleep(0.1)
    raise Unexpected(f"the task {task_id} does not end")


def video(visitor: Visitor) -> None:
    """Create with a callback, query, retrieve, download."""
    file_id = _finished(visitor, visitor.create(callback_url=visitor.receivers.good, prompt="a cat"))
    link = visitor.call("GET", RETRIEVE, file_id=file_id)["file"]["download_url"]
    film = visitor.send("GET", link)
    if film.status != 200 or film.data[4:8] != b"ftyp":
        raise Unexpected(f"the download: HTTP {film.status} {film.data[:100]!r}")


def creates(visitor: Visitor) -> None:
    """Tasks whose end nobody waits for; their receiver takes no update, so each is sent again."""
    for number in range(5):
        visitor.create(callback_url=visitor.receivers.failing, prompt=f"number {number}")


def picture(visitor: Visitor) -> None:
    """A picture in the body, of up to a megabyte."""
    padded = PICTURE + visitor.chance.randbytes(8) * visitor.chance.choice((0, 1_000, 120_000))
    visitor.create(first_frame_image=data_url(padded))
    visitor.create(first_frame_image=f"{visitor.url}/__mock/gallery/short-edge-300.png", code=2013)
    visitor.create(first_frame_image="data:image/png;base64,AAAA", code=2013)


def refusals(visitor: Visitor) -> None:
    """Calls that are wrong, each refused with its code."""
    visitor.create(code=1026, prompt="mock:1026")
    visitor.create(code=2013, resolution="9K")
    visitor.call("POST", CREATE, b'{"model": ', code=2013)
    visitor.call("POST", CREATE, b"[" * 5_000, code=2013)
    visitor.call("GET", QUERY, code=2013, task_id="nothing")


def dead_receiver(visitor: Visitor) -> None:
    """A receiver that is not there, or never answers."""
    dead = visitor.chance.choice((visitor.receivers.absent, visitor.receivers.silent))
    visitor.create(code=2013, callback_url=dead)


def files(visitor: Visitor) -> None:
    """Uploads of up to 200 kB, listed and fetched; most are deleted, some are left for the mock to forget."""
    content = visitor.chance.randbytes(visitor.chance.choice((10, 5_000, 200_000)))
    body, content_type = urllib3.encode_multipart_formdata({"purpose": "retrieval", "file": ("a.txt", content)})
    headers = {"Authorization": f"Bearer {visitor.key}", "Content-Type": content_type}
    visitor.requests += 1
    reply = urllib3.request("POST", f"{visitor.url}/v1/files/upload", body=body, headers=headers, timeout=PATIENCE)
    if reply.status != 200 or reply.json()["base_resp"]["status_code"] != 0:
        raise Unexpected(f"the upload: HTTP {reply.status} {reply.data[:200]!r}")
    file_id = reply.json()["file"]["file_id"]
    visitor.call("GET", "/v1/files/list", purpose="retrieval")
    if visitor.chance.random() < 0.7:
        visitor.call("POST", "/v1/files/delete", {"file_id": file_id, "purpose": "retrieval"})


def aborted(visitor: Visitor) -> None:
    """Clients that are gone in the middle: of a head, of a body, of an answer, of a challenge."""
    head = f"POST {CREATE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {visitor.key}\r\nContent-Type: application/json\r\n"
    visitor.raw(head[: visitor.chance.randrange(20, 90)].encode(), reset=visitor.chance.random() < 0.5)
    visitor.raw(f"{head}Content-Length: 5000\r\n\r\n{{".encode(), reset=visitor.chance.random() < 0.5)
    visitor.raw(f"{head}Transfer-Encoding: chunked\r\n\r\nfff\r\nabc".encode())
    visitor.raw(b"GET /__mock/contract HTTP/1.1\r\nHost: localhost\r\n\r\n", read=100)
    body = json.dumps(MINIMAL | {"callback_url": visitor.receivers.good}).encode()
    visitor.raw(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def fault(visitor: Visitor) -> None:
    """A rule breaks the next answer; the call after it is as ever."""
    visitor.control("DELETE", "rules")
    rule = {"match": {"operation": "create"}, "then": {"fault": visitor.chance.choice(FAULTS)}, "times": 1}
    visitor.control("POST", "rules", rule, status=201)
    with suppress(HTTPError, ValueError):
        visitor.send("POST", CREATE, MINIMAL, patience=GIVE_UP)
    visitor.create(first_frame_image=IMAGE_URL)


def scenario(visitor: Visitor) -> None:
    """A few calls under a scenario, which may answer anything but may not hold anybody up."""
    visitor.control("POST", "scenario", {"name": visitor.chance.choice(SCENARIOS)})
    for _ in range(3):
        with suppress(HTTPError, ValueError):
            visitor.send("POST", CREATE, MINIMAL | {"callback_url": visitor.receivers.good}, patience=PATIENCE)
    visitor.control("DELETE", "scenario")


def looking(visitor: Visitor) -> None:
    """What a test asks of the mock, wrong questions among it."""
    visitor.create()
    visitor.control("GET", "requests")
    visitor.control("GET", "requests", own=False)
    visitor.control("GET", "tasks")
    visitor.control("GET", "callbacks")
    visitor.control("POST", "requests/verify", {"match": {"operation": "create"}, "atLeast": 1})
    visitor.control(
        "POST", "requests/wait", {"match": {"operation": "create"}, "atLeast": 99_999, "timeout": 0.2}, status=409
    )
    visitor.control("POST", "rules", {"then": {"delay": -1}}, status=400)
    visitor.control("GET", "nothing", status=404, own=False)


def reset(visitor: Visitor) -> None:
    """The account begins anew, also while updates are still to be sent."""
    visitor.create(callback_url=visitor.receivers.good)
    visitor.control("POST", "reset")
    visitor.create()


# How often each is made, compared with the others.
JOURNEYS: dict[Callable[[Visitor], None], int] = {
    video: 10, creates: 10, picture: 6, refusals: 10, dead_receiver: 2, files: 8, aborted: 8, fault: 8, scenario: 8,
    looking: 4, reset: 6,
}  # fmt: skip
