"""The client as the contract test kit calls it: one call document in, one result document out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .client import Video, VideoClient
from .errors import VideoError
from .order import TYPES, Order

PROTOCOL = 1
# The members of the error in a result document.
ERROR = ("kind", "code", "message", "retryable", "ambiguous", "task_id", "file_id", "trace_id")
Call = Mapping[str, Any]
Result = dict[str, Any]


def make() -> Callable[[Call], Result]:
    """What the kit asks for with `py:examples.reference_client:make`."""
    return answer


def answer(call: Call) -> Result:
    """The result of one call. Raises NotImplementedError for an operation that the client does not have."""
    work = OPERATIONS.get(call["op"])
    if work is None:
        raise NotImplementedError(call["op"])
    head = {"protocol": PROTOCOL, "id": call["id"]}
    try:
        return head | {"outcome": "success"} | work(_client(call), call)
    except VideoError as error:
        known = {name: value for name in ERROR if (value := getattr(error, name)) is not None}
        return head | {"outcome": "error", "error": {"code": None} | known}


def _client(call: Call) -> VideoClient:
    options: dict[str, Any] = {
        name: call[f"{name}_ms"] / 1000 for name in ("deadline", "poll", "connect", "read") if f"{name}_ms" in call
    }
    if "retries" in call:
        options["retries"] = call["retries"]
    return VideoClient(call["base_url"], call["api_key"], on_task=_tell, **options)


def _tell(task_id: str) -> None:
    """Leaves the id behind even if the program is killed right afterwards."""
    sys.stderr.write(f"task {task_id}\n")
    sys.stderr.flush()


def _order(call: Call) -> Order:
    given = call["input"]
    image = Path(given["image_file"]) if "image_file" in given else given.get("image_url", "")
    options = {name: given[name] for name in TYPES if name in given}
    return Order(image=image, extra=given.get("extra", {}), **options)


def _saved(video: Video) -> Result:
    known = {"task_id": video.task_id, "file_id": video.file_id, "sha256": video.sha256, "out_file": str(video.path)}
    return {name: value for name, value in known.items() if value is not None}


OPERATIONS: dict[str, Callable[[VideoClient, Call], Result]] = {
    "create": lambda client, call: {"task_id": client.create(_order(call))},
    "generate": lambda client, call: _saved(client.generate(_order(call), Path(call["out_file"]))),
    "generate_with_callback": lambda client, call: _saved(
        client.generate_with_callback(_order(call), Path(call["out_file"]))
    ),
    "wait": lambda client, call: _saved(client.finish(call["task_id"], Path(call["out_file"]))),
    "download": lambda client, call: _saved(client.download(call["file_id"], Path(call["out_file"]))),
}
