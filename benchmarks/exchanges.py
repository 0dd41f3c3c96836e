"""The requests that every subject gets, and what a valid answer to each is: the same for the mock and for its peers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

KEY = "k"
BODY = json.dumps(
    {
        "model": "MiniMax-Hailuo-02",
        "first_frame_image": "https://example.com/cat.jpg",
        "prompt": "A cat runs toward the camera.",
        "resolution": "768P",
        "duration": 6,
    },
    separators=(",", ":"),
)
# No picture, and a model that there is not.
WRONG_BODY = '{"model":"MiniMax-Hailuo-3"}'
# What the document gives as examples; a peer answers them for every task and every file.
EXAMPLE_TASK, EXAMPLE_FILE = "106916112212032", "205258526306433"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, without host and port."""

    method: str
    path: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {KEY}"})

    def raw(self, port: int) -> bytes:
        """What goes over the wire, on a connection that is to be kept."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body.encode())}"]
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


CREATE = Exchange("POST", "/v1/video_generation", BODY)
WRONG_CREATE = Exchange("POST", "/v1/video_generation", WRONG_BODY)


def query(task_id: str) -> Exchange:
    """The question how a task stands."""
    return Exchange("GET", f"/v1/query/video_generation?task_id={task_id}")


def retrieve(file_id: str) -> Exchange:
    """The question where a file can be had."""
    return Exchange("GET", f"/v1/files/retrieve?file_id={file_id}")


def task_of(answer: bytes) -> str:
    """The task that a create made. Raises ValueError when the answer is not that of a create that went well."""
    told: Any = json.loads(answer)
    task_id = told.get("task_id") if isinstance(told, dict) else None
    if not isinstance(task_id, str) or not task_id or told["base_resp"]["status_code"] != 0:
        raise ValueError(f"not the answer to a valid create: {answer[:300]!r}")
    return task_id
