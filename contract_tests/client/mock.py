"""The mock that stands behind the relay, spoken to through its control API as anybody could."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3

# The contract's own smallest create, for tasks that the kit makes itself.
_ORDER = {"model": "MiniMax-Hailuo-02", "first_frame_image": "https://example.com/cat.jpg"}
_WAIT_SECONDS = 10.0


class MockRefused(Exception):
    """The mock did not do what the kit asked for; the text says what it answered."""


class Mock:
    """A running mock at `url`. Every method raises MockRefused when it is not as expected."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._awake = False
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=5, read=60))

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()

    def ready(self) -> None:
        """Makes sure that this is a mock with a control API that can be used."""
        self._control("GET", "/__mock/rules")

    def rule(self, key: str, rule: Mapping[str, Any]) -> None:
        """Adds a rule for one account."""
        self._control("POST", "/__mock/rules", key, rule)

    def without_rules(self, key: str) -> None:
        """Takes the rules of one account away."""
        self._control("DELETE", "/__mock/rules", key)

    def tasks(self, key: str) -> list[dict[str, Any]]:
        """The tasks of one account, oldest first."""
        tasks: list[dict[str, Any]] = self._control("GET", "/__mock/tasks", key)["tasks"]
        return tasks

    def callbacks(self, key: str) -> list[dict[str, Any]]:
        """What was sent to receivers for one account, oldest first."""
        callbacks: list[dict[str, Any]] = self._control("GET", "/__mock/callbacks", key)["callbacks"]
        return callbacks

    def push(self, key: str, task_id: str) -> None:
        """Tells the receiver of a task once more how it stands."""
        self._control("POST", "/__mock/callbacks", key, {"task_id": task_id})

    def wake_callbacks(self, url: str) -> None:
        """Makes the mock send a first message, to nobody at `url`, so that a client does not wait for its beginnings."""
        if not self._awake:
            self._control(
                "POST", "/__mock/callbacks", "contract-kit", {"url": url, "message": {"challenge": "wake up"}}
            )
            self._awake = True

    def forget(self, key: str) -> None:
        """Forgets one account."""
        self._control("POST", "/__mock/reset", key)

    def make_task(self, key: str) -> str:
        """Makes a task for one account, as a client would, and gives its id."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        reply = self._pool.request("POST", f"{self.url}/v1/video_generation", headers=headers, body=json.dumps(_ORDER))
        return str(reply.json()["task_id"])

    def finished_file(self, key: str, task_id: str) -> str:
        """Ends a task in success if it is still running, and gives the id of its file."""
        if all(task["status"] not in ("Success", "Fail") for task in self.tasks(key) if task["task_id"] == task_id):
            self._control("POST", f"/__mock/tasks/{quote(task_id)}/finish", key)
        (found,) = (task for task in self.tasks(key) if task["task_id"] == task_id)
        return str(found["file_id"])

    def video(self, key: str, task_id: str) -> str | None:
        """The SHA-256 of the file of a task; None for one that failed. Its rules must be gone."""
        file_id = self.finished_file(key, task_id)
        if not file_id:
            return None
        headers = {"Authorization": f"Bearer {key}"}
        reply = self._pool.request("GET", f"{self.url}/v1/files/retrieve?file_id={file_id}", headers=headers)
        link = urlsplit(reply.json()["file"]["download_url"])
        content = self._pool.request("GET", f"{self.url}{link.path}?{link.query}").data
        return hashlib.sha256(content).hexdigest()

    def _control(self, method: str, path: str, key: str | None = None, body: Any = None) -> Any:
        address = self.url + path + (f"?{urlencode({'account': key})}" if key is not None else "")
        sent = None if body is None else json.dumps(body).encode()
        try:
            reply = self._pool.request(method, address, body=sent, headers={"Content-Type": "application/json"})
        except urllib3.exceptions.HTTPError as error:
            raise MockRefused(f"{self.url}: no mock answers there ({type(error).__name__})") from None
        try:
            answer = reply.json() if reply.data else {}
        except ValueError:
            answer = None
        if reply.status >= 400 or answer is None:
            said = answer.get("detail") if isinstance(answer, dict) else f"HTTP {reply.status}"
            raise MockRefused(f"{method} {path}: {said}")
        return answer


def conforming(rules: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the answers under these rules are still those of the contract."""
    bending = ("http", "change", "remove", "as_number", "as_text", "fault", "video")
    return not any(name in rule["then"] for rule in rules for name in bending) and not any(
        "text" in rule["then"] for rule in rules
    )
