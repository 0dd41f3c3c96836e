"""The mock behind the receiver, spoken to through its public face: tasks that are real to a receiver that asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

CREATE = "/v1/video_generation"
ORDER = {"model": "MiniMax-Hailuo-02", "resolution": "512P", "first_frame_image": "https://example.com/cat.jpg"}
# The prompt of tasks that end when the kit says so.
STAYS = "contract kit, stays open"
# The kit's own calls are told from the receiver's by this.
AGENT = "minimax-mock-contract-kit"
_WAIT_SECONDS = 15.0
_REFUSED = 400
# Requests that are read at once; more when these are not all.
_FEW = 64


class MockRefused(Exception):
    """The mock did not do what the kit asked for; the text says what it answered."""


class Mock:
    """One account of a running mock. Every method raises MockRefused when the mock does not do as it is asked."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url.rstrip("/"), key
        # Tasks and files that were made here, so that what a receiver asks about earlier ones can be told apart.
        self.made: set[str] = set()
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=5, read=60), maxsize=4)

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()

    def manual(self) -> bool:
        """Whether its clock stands still until it is moved."""
        return bool(self._control("GET", "clock")["clock"] == "manual")

    def advance(self, seconds: float) -> None:
        """Moves the clock of the account on, with everything that falls due; needs a manual clock."""
        self._control("POST", "clock/advance", {"seconds": seconds})

    def rule(self, rule: Mapping[str, Any]) -> str:
        """Adds a rule for the account and gives its id."""
        return str(self._control("POST", "rules", rule)["id"])

    def drop_rule(self, rule_id: str) -> None:
        """Takes one rule away."""
        self._control("DELETE", f"rules/{rule_id}", everybody=True)

    def keep_tasks_open(self) -> str:
        """Lets the kit's own tasks end when the kit says so, whatever clock there is; gives the id of the rule."""
        return self.rule({"match": {"operation": "create", "prompt": f"^{STAYS}$"}, "then": {"task": {"end": "never"}}})

    def create(self, callback_url: str | None = None, *, stays: bool = True) -> dict[str, Any]:
        """Creates a task as a client would; gives the answer, refused or not. It `stays` open, or goes by the rules."""
        order = {**ORDER, **({"callback_url": callback_url} if callback_url is not None else {})}
        if stays:
            order["prompt"] = STAYS
        answer: dict[str, Any] = self._call("POST", CREATE, order)
        self.made.add(str(answer.get("task_id")))
        return answer

    def end(self, task_id: str, *, code: int | None = None) -> dict[str, Any]:
        """Ends a task now: in success, or in failure with a code."""
        how, body = ("finish", None) if code is None else ("fail", {"code": code})
        self._control("POST", f"tasks/{task_id}/{how}", body)
        return self.task(task_id)

    def task(self, task_id: str) -> dict[str, Any]:
        """How a task stands."""
        task: dict[str, Any] = self._control("GET", f"tasks/{task_id}")
        self.made.add(str(task["file_id"]))
        return task

    def query(self, task_id: str) -> dict[str, Any]:
        """What the query API answers about a task."""
        answer: dict[str, Any] = self._call("GET", f"/v1/query/video_generation?task_id={task_id}")
        return answer

    def video(self, file_id: str) -> str:
        """The SHA-256 of the file behind an id."""
        file = self._call("GET", f"/v1/files/retrieve?file_id={file_id}")
        link = urlsplit(file["file"]["download_url"])
        content = self._pool.request("GET", f"{self.url}{link.path}?{link.query}", headers={"User-Agent": AGENT}).data
        return hashlib.sha256(content).hexdigest()

    def last_request(self) -> str:
        """The id of the newest request of the account in the journal; empty when there is none."""
        entries = self._control("GET", "requests", query={"limit": 1})["requests"]
        return str(entries[0]["id"]) if entries else ""

    def requests(self, after: str) -> list[dict[str, Any]]:
        """The requests of the account after the one with that id, oldest first, the kit's own left out."""
        limit = _FEW
        while True:
            found = self._control("GET", "requests", query={"limit": limit})
            entries: list[dict[str, Any]] = found["requests"]
            ids = [each["id"] for each in entries]
            if after in ids or len(entries) == found["total"]:
                newer = entries[ids.index(after) + 1 :] if after in ids else entries
                return [each for each in newer if each["request"].get("headers", {}).get("User-Agent") != AGENT]
            limit *= 4

    def deliveries(self, task_id: str | None = None) -> list[dict[str, Any]]:
        """What was sent to receivers, oldest first; about one task or all."""
        of = {"task_id": task_id} if task_id is not None else {}
        sent: list[dict[str, Any]] = self._control("GET", "callbacks", query=of)["callbacks"]
        return sent

    def wait_for_update(self, task_id: str, status: str) -> None:
        """Waits until an update with this status was sent about a task, or dropped by a rule."""
        match = {"kind": "update", "task_id": task_id, "status": status}
        self._control("POST", "callbacks/wait", {"match": match, "atLeast": 1, "timeout": _WAIT_SECONDS})

    def replay(self, task_id: str, status: str) -> None:
        """Sends the first update with this status once more."""
        found = [each for each in self.deliveries(task_id) if each["message"].get("status") == status]
        if not found:
            raise MockRefused(f"no update with the status {status} was sent about the task")
        self._control("POST", f"callbacks/{found[0]['id']}/replay", {}, everybody=True)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self._json(method, self.url + path, body)[1]

    def _control(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        everybody: bool = False,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        parameters = {} if everybody else {"account": self.key, **(query or {})}
        address = f"{self.url}/__mock/{path}" + (f"?{urlencode(parameters)}" if parameters else "")
        status, answer = self._json(method, address, body)
        if status >= _REFUSED:
            said = answer.get("detail") if isinstance(answer, dict) else ""
            raise MockRefused(f"{method} /__mock/{path}: {said or f'HTTP {status}'}")
        return answer

    def _json(self, method: str, address: str, body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.key}", "User-Agent": AGENT, "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        try:
            reply = self._pool.request(method, address, body=sent, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise MockRefused(f"{self.url}: no mock answers there ({type(error).__name__})") from None
        try:
            return reply.status, json.loads(reply.data)
        except ValueError:
            raise MockRefused(f"{method} {urlsplit(address).path}: HTTP {reply.status}, not JSON") from None
