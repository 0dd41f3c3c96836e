"""A small client on requests: create, poll, download. The pause between two polls is passed in, so that tests need none."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import requests


class VideoError(Exception):
    """The service refused a call, or the task failed: its code, its message, and the task if there is one."""

    def __init__(self, code: int, message: str, task_id: str | None = None) -> None:
        super().__init__(f"{code} {message}" + (f" (task {task_id})" if task_id else ""))
        self.code = code
        self.task_id = task_id


class VideoClient:
    """Speaks to the service, or to whatever stands at MINIMAX_BASE_URL."""

    def __init__(
        self, base_url: str | None = None, api_key: str | None = None, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._base = (base_url or os.environ.get("MINIMAX_BASE_URL", "https://api.minimax.io")).rstrip("/")
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {api_key or os.environ['MINIMAX_API_KEY']}"
        self._pause = pause

    def create(self, **order: object) -> str:
        """Creates a task and gives its id. It is sent once: a second create would be a second bill."""
        body = self._http.post(f"{self._base}/v1/video_generation", json=order, timeout=30).json()
        return str(_checked(body)["task_id"])

    def wait(self, task_id: str, polls: int = 60) -> str:
        """Polls until the task has ended and gives its file. A busy service is asked again later."""
        for _ in range(polls):
            body = self._http.get(
                f"{self._base}/v1/query/video_generation", params={"task_id": task_id}, timeout=30
            ).json()
            code = body["base_resp"]["status_code"]
            if code not in (0, 1002) or body.get("status") in ("Fail", "Failed"):
                raise VideoError(code, body["base_resp"]["status_msg"], task_id)
            if code == 0 and body["status"] == "Success":
                return str(body["file_id"])
            self._pause(10)
        raise VideoError(0, "still not ready", task_id)

    def download(self, file_id: str) -> bytes:
        """The video. The link is fetched without the key, which is nobody else's business."""
        body = self._http.get(f"{self._base}/v1/files/retrieve", params={"file_id": file_id}, timeout=30).json()
        return requests.get(_checked(body)["file"]["download_url"], timeout=60).content


def _checked(body: dict) -> dict:
    if body["base_resp"]["status_code"] != 0:
        raise VideoError(body["base_resp"]["status_code"], body["base_resp"]["status_msg"])
    return body
