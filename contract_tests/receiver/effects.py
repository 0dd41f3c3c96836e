"""What a receiver asked of the mock: queries, retrievals and downloads, counted for each task."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from contract_tests.receiver.mock import Mock
from contract_tests.wire.exchange import Answer, Exchange

# Beyond this nothing that a receiver does on its own is waited for.
LONGEST_QUIET = 2.0
SHORTEST_QUIET = 0.25


@dataclass(frozen=True, slots=True)
class Habits:
    """What the receiver was seen to ask when it was told of a success, and how long that took, in seconds."""

    queries: bool = False
    retrieves: bool = False
    downloads: bool = False
    seconds: float = 0.0

    @property
    def fetches(self) -> bool:
        """Whether it asks for files, so that acting twice can be seen."""
        return self.retrieves or self.downloads

    @property
    def quiet(self) -> float:
        """How long nothing has to happen until nothing more is to be expected, in seconds."""
        return min(max(4 * self.seconds, SHORTEST_QUIET), LONGEST_QUIET)


class Effects:
    """The requests of one account from now on, without those about tasks that were made before."""

    def __init__(self, mock: Mock, elapsed: Callable[[], float]) -> None:
        self._mock, self._elapsed = mock, elapsed
        self._before = mock.last_request()
        self._earlier = frozenset(mock.made)
        self._entries: list[dict[str, Any]] = []
        self._noticed: dict[str, float] = {}
        self._paths: dict[str, str] = {}

    def look(self) -> int:
        """Reads what came since; gives how many requests there are."""
        entries = self._mock.requests(self._before)
        for entry in entries:
            self._noticed.setdefault(entry["id"], self._elapsed())
            file = entry["answer"].get("file") if isinstance(entry["answer"], dict) else None
            if isinstance(file, dict) and isinstance(file.get("download_url"), str):
                self._paths[urlsplit(file["download_url"]).path] = str(entry["request"]["query"].get("file_id"))
        self._entries = [each for each in entries if self._is_new(each)]
        return len(self._entries)

    def settle(self, quiet: float) -> None:
        """Waits until nothing was asked for `quiet` seconds, at most five times as long."""
        end, seen = time.monotonic() + 5 * quiet, self.look()
        still = time.monotonic() + quiet
        while time.monotonic() < min(still, end):
            threading.Event().wait(quiet / 5)
            if (now := self.look()) != seen:
                seen, still = now, time.monotonic() + quiet

    def queries(self, task_id: str) -> int:
        """How often it was asked how a task stands."""
        return sum(1 for each in self._of("query") if each["request"]["query"].get("task_id") == task_id)

    def retrieves(self, file_id: str, *, refused: bool = False) -> int:
        """How often the link of a file was asked for and given; with `refused` also when it was not."""
        found = [each for each in self._of("retrieve") if each["request"]["query"].get("file_id") == file_id]
        return sum(1 for each in found if refused or each["code"] == 0)

    def downloads(self, file_id: str) -> int:
        """How often a file was downloaded, or its download begun."""
        return sum(1 for each in self._of("download") if self._paths.get(each["path"]) == file_id)

    def asked(self, operation: str) -> list[str]:
        """The ids that calls of one operation asked for, as they were written."""
        name = "task_id" if operation == "query" else "file_id"
        return [str(each["request"]["query"].get(name)) for each in self._of(operation)]

    def exchanges(self) -> list[Exchange]:
        """All of them. The times are those at which the kit noticed them, the headers and links as the journal has them."""
        return [_exchange(number, entry, self._noticed[entry["id"]]) for number, entry in enumerate(self._entries, 1)]

    def _is_new(self, entry: dict[str, Any]) -> bool:
        """Whether a request is about nothing that was made before."""
        if entry["operation"] == "download":
            return self._paths.get(entry["path"], "") not in {"", *self._earlier}
        query = entry["request"].get("query", {})
        return not {query.get("task_id"), query.get("file_id")} & self._earlier

    def _of(self, operation: str) -> Sequence[dict[str, Any]]:
        return [each for each in self._entries if each["operation"] == operation]


def _exchange(number: int, entry: dict[str, Any], at: float) -> Exchange:
    request = entry["request"]
    query = request.get("query")
    body = entry["answer"]
    content = json.dumps(body, ensure_ascii=False).encode() if body else b""
    answer = Answer(at, at + entry["milliseconds"], entry["http_status"], (), content, len(content), True)
    sent = request.get("body")
    return Exchange(
        "api", number, at, entry["method"], entry["path"] + (f"?{urlencode(query)}" if query else ""), "HTTP/1.1",
        tuple((name, str(value)) for name, value in request.get("headers", {}).items()),
        b"" if sent is None else json.dumps(sent, ensure_ascii=False).encode(), True, answer,
    )  # fmt: skip


def delivered(delivery: dict[str, Any], path: str, now: float) -> Exchange:
    """A message that the mock itself sent to the receiver, noticed now."""
    begun = now - delivery["milliseconds"]
    shown = delivery["answer"]
    text = shown["body"].encode()
    answer = Answer(begun, now, shown["status"], (("Content-Type", shown["content_type"]),), text, len(text), True)
    body = json.dumps(delivery["message"], ensure_ascii=False).encode()
    return Exchange("receiver", 0, begun, "POST", path, "HTTP/1.1", (), body, True, answer)
