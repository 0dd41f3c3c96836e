"""Faults of a client that is called back."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from examples.reference_client.callback import Doorbell
from examples.reference_client.client import VideoClient
from examples.reference_client.errors import VideoError
from examples.reference_client.order import Order
from tests.kit.client.broken.change import around, order_again
from tests.kit.client.broken.fault import fault

_Told = list[dict[str, Any]]


def _called_back(change: Any) -> None:
    """Replaces how a video is made with a callback: `change` is told client, order, path and the updates so far."""
    told: _Told = []

    def ring(right: Any, bell: Doorbell, update: dict[str, Any]) -> None:
        told.append(update)
        right(bell, update)

    def generate(right: Any, own: VideoClient, order: Order, path: Path, bell: Doorbell | None = None) -> Any:
        told.clear()
        return change(right, own, order, path, told)

    around(Doorbell, "_ring", ring)
    around(VideoClient, "generate_with_callback", generate)


@fault("Begins to listen when the order is accepted", "CB-001 CB-003 CB-004 CB-005 CB-006 CB-007 CB-008")
def listens_too_late() -> None:
    def generate(_: Any, own: VideoClient, order: Order, path: Path, bell: Doorbell | None = None) -> Any:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        deadline = own._deadline()
        task_id = own._create(replace(order, callback_url=f"http://127.0.0.1:{port}/hook"), deadline)
        with Doorbell(port=port) as listening:
            return own._finish(task_id, path, deadline, lambda seconds: listening.wait(seconds, 0.1))

    around(VideoClient, "generate_with_callback", generate)


@fault("Orders again, ten times, when the callback could not be reached", "CB-002 ERR-008")
def repeats_failed_challenges() -> None:
    order_again(lambda error: error.kind == "invalid_params" and "callback" in error.message, times=10)


@fault("Downloads the file at every push of success, besides asking by itself", "CB-004 CB-005 CB-006 CB-008")
def downloads_at_each_push() -> None:
    clients: list[VideoClient] = []

    def fetch(update: dict[str, Any], path: Path) -> None:
        own = clients[-1]
        with contextlib.suppress(VideoError):
            own._download(str(update.get("file_id")), path, own._deadline())

    def change(right: Any, own: VideoClient, order: Order, path: Path, told: _Told) -> Any:
        clients[:] = [own]
        folder[:] = [path]
        return right(own, order, path)

    def ring(right: Any, bell: Doorbell, update: dict[str, Any]) -> None:
        right(bell, update)
        if update.get("status") == "success":
            threading.Thread(target=fetch, args=(update, folder[0].with_suffix(".push.mp4")), daemon=True).start()

    folder: list[Path] = []
    _called_back(change)
    around(Doorbell, "_ring", ring)


@fault("Writes down whatever was pushed last, so that a late push reopens a finished task", "CB-005")
def believes_the_last_push() -> None:
    def change(right: Any, own: VideoClient, order: Order, path: Path, told: _Told) -> Any:
        video = right(own, order, path)
        words = [str(update.get("status")).lower() for update in told]
        if "success" in words and words[-1] == "processing":
            raise VideoError("timeout", "the task is under way again", task_id=video.task_id)
        return video

    _called_back(change)


@fault("Believes a push more than the query", "CB-006")
def believes_pushes() -> None:
    pushed: dict[str, str] = {}

    def ring(right: Any, bell: Doorbell, update: dict[str, Any]) -> None:
        if update.get("status") == "success" and update.get("file_id"):
            pushed.setdefault(str(update["task_id"]), str(update["file_id"]))
        right(bell, update)

    def wait(right: Any, own: VideoClient, task_id: str, deadline: Any, pause: Any) -> Any:
        def paused(seconds: float) -> None:
            pause(seconds)
            if task_id in pushed:
                raise _Pushed(pushed[task_id])

        try:
            return right(own, task_id, deadline, paused)
        except _Pushed as found:
            return found.file_id

    around(Doorbell, "_ring", ring)
    around(VideoClient, "_wait", wait)


class _Pushed(Exception):
    """What was pushed has ended the wait."""

    def __init__(self, file_id: str) -> None:
        super().__init__(file_id)
        self.file_id = file_id


def _waits_for(ends: Any) -> None:
    """Asks nothing until it is called."""

    def generate(right: Any, own: VideoClient, order: Order, path: Path, bell: Doorbell | None = None) -> Any:
        with bell or Doorbell() as listening:
            deadline = own._deadline()
            task_id = own._create(replace(order, callback_url=listening.url), deadline)
            ends(listening)
            if not listening._rung.wait(deadline.left()):
                raise VideoError("timeout", "nobody called", task_id=task_id)
            return own._finish(task_id, path, deadline, lambda seconds: listening.wait(seconds, 0.1))

    around(VideoClient, "generate_with_callback", generate)


@fault("Waits for a push alone, and never asks by itself", "CB-007")
def never_asks() -> None:
    _waits_for(lambda listening: None)


@fault("Waits for a push alone, and throws away what comes for a task that it does not know yet", "CB-003 CB-007")
def throws_early_pushes_away() -> None:
    _waits_for(lambda listening: listening._rung.clear())
