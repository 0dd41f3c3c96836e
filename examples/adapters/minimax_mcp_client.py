"""The vendor's `minimax-mcp` as the contract test kit calls it: its tools are called as the functions that they are.

The tools answer with texts. Every sentence that they have for an error becomes a kind here, and nothing is added that the
text does not say. Two things are the adapter's own, because the tools leave no choice: their pause of 20 seconds between
two queries lasts `poll_ms` instead, and the file, whose name they choose, is moved to `out_file`.
"""

from __future__ import annotations

import importlib
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

Call = Mapping[str, Any]
Result = dict[str, Any]

# The options that the tool generate_video has, by the names of the kit.
OPTIONS = {
    "model": "model", "prompt": "prompt", "image_url": "first_frame_image", "image_file": "first_frame_image",
    "duration": "duration", "resolution": "resolution",
}  # fmt: skip
# Whatever else the tools say of an error is `unknown`: they name no kind.
SENTENCES = (
    (r"^Unexpected error while generating video: ", "unclassified"),  # any exception that is none of its own
    (r"^Failed to handle video file: ", "download"),
    (r"please check your API key and API host", "auth"),
    (r"Video generation (failed|FAILED) for task_id: ", "task_failed"),
    (r": (Prompt is required|First frame image )", "usage"),
    (r": (Failed to get task_id from response|Missing file_id|Failed to get download URL)", "protocol"),
    (r": Request failed: ", "network"),
)
CODE = re.compile(r"API Error: (-?\d+)-")
PAUSE = 20  # seconds between two queries, fixed in the tool
STARTING = threading.Lock()


def make() -> Callable[[Call], Result]:
    """What the kit asks for with `py:examples.adapters.minimax_mcp_client:make`."""
    _start({"base_url": "http://127.0.0.1:9", "api_key": "none", "workdir": "."})
    return answer


def answer(call: Call) -> Result:
    """The result of one call. Raises NotImplementedError for what the tools do not offer, and whatever they raise."""
    if call["op"] not in OPERATIONS or not set(call.get("input", ())) <= set(OPTIONS):
        raise NotImplementedError(call["op"])
    return OPERATIONS[call["op"]](_start(call), call)


def _start(call: Call) -> ModuleType:
    """The server with this key and host, which it reads from its environment, once, when it starts."""
    wanted = {"MINIMAX_API_KEY": call["api_key"], "MINIMAX_API_HOST": call["base_url"]}
    with STARTING:
        running = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted, MINIMAX_API_RESOURCE_MODE="local")
        server = importlib.import_module("minimax_mcp.server")
        if running != wanted and "time" in vars(server):
            importlib.reload(server)
        scale = call["poll_ms"] / 1000 / PAUSE if "poll_ms" in call else 1
        server.time = SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * scale))  # type: ignore[attr-defined]
    return server


def _generate(server: ModuleType, call: Call) -> Result:
    given = {OPTIONS[name]: value for name, value in call["input"].items()}
    text = server.generate_video(output_directory=call["workdir"], async_mode=call["op"] == "create", **given).text
    return _result(text, call)


def _wait(server: ModuleType, call: Call) -> Result:
    """Asks again as long as the tool says that the task is still processing, as its text tells whoever called it."""
    until = time.monotonic() + call["deadline_ms"] / 1000
    while True:
        text = server.query_video_generation(task_id=call["task_id"], output_directory=call["workdir"]).text
        if "is still processing" not in text or time.monotonic() > until:
            return _result(text, call)
        server.time.sleep(PAUSE)


def _result(text: str, call: Call) -> Result:
    """What the text of a tool says."""
    if found := re.match(r"Success\. Video saved as: (.*)", text):
        Path(found[1]).replace(call["out_file"])
        task = re.search(r"video_(.*)_\d{8}_\d{6}\.mp4$", found[1])
        return {"outcome": "success", "out_file": call["out_file"]} | ({"task_id": task[1]} if task else {})
    if found := re.match(r"Success\. .*Task ID: (.*)\. Please use ", text):
        return {"outcome": "success", "task_id": found[1]}
    kind = next((kind for pattern, kind in SENTENCES if re.search(pattern, text)), "unknown")
    code = CODE.search(text)
    return {"outcome": "error", "error": {"kind": kind, "code": int(code[1]) if code else None, "message": text}}


OPERATIONS: dict[str, Callable[[ModuleType, Call], Result]] = {
    "create": _generate,
    "generate": _generate,
    "wait": _wait,
}
