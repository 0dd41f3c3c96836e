"""The three calls of the API, each sent once, with the key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .answers import document, identifier
from .errors import VideoError, about
from .patience import Deadline
from .transport import Transport, http_url

USER_AGENT = "minimax-reference-client/1"
EXCERPT = 300


@dataclass(frozen=True)
class State:
    """How a task stands. `status` is spelled as the service does; `file_id` is there when it is done."""

    status: str
    file_id: str | None

    @property
    def done(self) -> bool:
        """Whether the video is ready. A task that failed has no state, it is an error."""
        return self.status.lower() == "success"


@dataclass
class Api:
    """Raises VideoError of kind usage for an address or a key that cannot be one. No text of any error shows the key."""

    base_url: str
    key: str = field(repr=False)
    transport: Transport

    def __post_init__(self) -> None:
        try:
            parts = http_url(self.base_url)
        except ValueError as error:
            raise VideoError("usage", f"base_url: {error}") from None
        if parts.query or parts.fragment:
            raise VideoError("usage", "base_url: expected no ? and no #")
        self.base_url, self.key = self.base_url.rstrip("/"), self.key.strip()
        if not self.key or not all("!" <= sign <= "~" for sign in self.key):
            raise VideoError("usage", "api_key: expected visible ASCII without spaces, as the vendor gave it")

    def create(self, body: bytes, deadline: Deadline) -> str:
        """Sends an order and gives the id of its task. An error that is `ambiguous` may have cost a video."""
        task_id = identifier(self._call("POST", "/v1/video_generation", deadline, body).get("task_id"))
        if task_id is None:
            raise VideoError("protocol", "the service accepted the order but named no task", ambiguous=True)
        return task_id

    def query(self, task_id: str, deadline: Deadline) -> State:
        """How a task stands. That it failed is an error, of kind task_failed or sensitive."""
        with about(task_id=task_id):
            answer = self._call("GET", f"/v1/query/video_generation?task_id={quote(task_id, safe='')}", deadline)
            if (identifier(answer.get("task_id")) or task_id) != task_id:
                raise VideoError("protocol", f"the answer is about another task: {str(answer['task_id'])[:100]}")
            status = answer.get("status")
            if not isinstance(status, str) or not status:
                raise VideoError("protocol", "the answer has no status", retryable=True)
            state = State(status, identifier(answer.get("file_id")))
            if state.done and state.file_id is None:
                raise VideoError("protocol", "the task is done but has no file")
            return state

    def retrieve(self, file_id: str, deadline: Deadline) -> str:
        """A link to a file."""
        with about(file_id=file_id):
            file = self._call("GET", f"/v1/files/retrieve?file_id={quote(file_id, safe='')}", deadline).get("file")
            links = [file.get("download_url"), file.get("backup_download_url")] if isinstance(file, dict) else []
            link = next((link for link in links if isinstance(link, str) and link), None)
            if link is None:
                raise VideoError("protocol", "the answer has no link to the file")
            return link

    def _call(self, method: str, target: str, deadline: Deadline, body: bytes | None = None) -> dict[str, Any]:
        url = self.base_url + target
        headers = {"Authorization": f"Bearer {self.key}", "User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            with self.transport.exchange(method, url, headers, deadline, body) as response:
                return document(response, url)
        except VideoError as error:
            error.message = " ".join(error.message.replace(self.key, "[key]")[:EXCERPT].split())
            # Only an order costs anything: to ask twice is harmless, to order twice is not.
            error.ambiguous = error.ambiguous and method == "POST"
            error.retryable = error.retryable and not error.ambiguous
            raise
