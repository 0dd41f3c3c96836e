"""The client: orders a video, waits for it, and saves it."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .api import Api, State
from .callback import Doorbell
from .download import LinkExpired, save
from .errors import VideoError, about
from .order import Order
from .patience import Deadline, Patience
from .transport import Transport

# The shortest pause between two queries, in seconds, whatever is asked for.
LEAST_POLL = 0.1
# How often a query or retrieve that failed is asked for again, in a row, until the task is reported as out of reach.
REPEATS = 3
Pause = Callable[[float], object]


@dataclass(frozen=True)
class Video:
    """A saved video. `sha256` is in hex; `task_id` is None when only the file was asked for."""

    path: Path
    sha256: str
    file_id: str
    task_id: str | None = None


class VideoClient:
    """Speaks to the service at `base_url`, such as https://api.minimax.io. May be used by many threads at once.

    All times are in seconds: `deadline` for a whole call, `poll` from one query to the next, `connect` and `read` for one
    step on the network. `retries` is how often an order that was refused for the moment alone is sent again; one whose
    answer was lost never is. `on_task` is told each task's id at once: write it down, as the task is paid for. Another key
    needs another client. Every method raises VideoError.
    """

    def __init__(
        self, base_url: str, api_key: str, *, deadline: float = 1200.0, poll: float = 10.0, retries: int = 3,
        connect: float = 5.0, read: float = 60.0, tls: ssl.SSLContext | None = None,
        on_task: Callable[[str], object] | None = None, now: Callable[[], float] = time.monotonic,
        pause: Pause = time.sleep, chance: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self._transport = Transport(connect, read, tls)
        self._api = Api(base_url, api_key, self._transport)
        self._poll, self._retries = max(poll, LEAST_POLL), retries
        self._deadline = partial(Deadline, deadline, now)
        self._on_task, self._pause = on_task, pause
        self._patience = Patience(self._poll, pause, chance)

    def generate(self, order: Order, path: Path) -> Video:
        """Makes a video and saves it: one create, queries until the end, one download."""
        return self._generate(order, path, self._pause)

    def generate_with_callback(self, order: Order, path: Path, bell: Doorbell | None = None) -> Video:
        """The same, but asks as soon as the service calls. The real one can only call a `bell` with a public URL."""
        with bell or Doorbell() as listening:
            order = replace(order, callback_url=listening.url)
            return self._generate(order, path, lambda seconds: listening.wait(seconds, LEAST_POLL))

    def finish(self, task_id: str, path: Path) -> Video:
        """Waits for a task that was made before, here or elsewhere, and saves its video. Creates nothing."""
        return self._finish(task_id, path, self._deadline(), self._pause)

    def create(self, order: Order) -> str:
        """Makes a task and gives its id. An error that is `ambiguous` may have cost a video."""
        return self._create(order, self._deadline())

    def query(self, task_id: str) -> State:
        """How the task stands, asked once. That it failed is an error, of kind task_failed or sensitive."""
        return self._api.query(task_id, self._deadline())

    def wait(self, task_id: str) -> str:
        """Waits until the task is done and gives the id of its file."""
        return self._wait(task_id, self._deadline(), self._pause)

    def retrieve(self, file_id: str) -> str:
        """A link to the file, which is valid for some hours and for everybody."""
        return self._retrieve(file_id, self._deadline())

    def download(self, file_id: str, path: Path) -> Video:
        """Saves the file under that path, whole or not at all."""
        return self._download(file_id, path, self._deadline())

    def _generate(self, order: Order, path: Path, pause: Pause) -> Video:
        if not path.parent.is_dir():  # Found out after the video was paid for, it would be too late.
            raise VideoError("usage", f"path: there is no folder {path.parent}")
        deadline = self._deadline()
        return self._finish(self._create(order, deadline), path, deadline, pause)

    def _finish(self, task_id: str, path: Path, deadline: Deadline, pause: Pause) -> Video:
        with about(task_id=task_id):
            file_id = self._wait(task_id, deadline, pause)
            return replace(self._download(file_id, path, deadline), task_id=task_id)

    def _create(self, order: Order, deadline: Deadline) -> str:
        body = order.body()
        task_id = self._patience.repeat(
            lambda: self._api.create(body, deadline), deadline, self._retries,
            lambda error: error.kind == "rate_limited" or error.retry_after is not None,
        )  # fmt: skip
        if self._on_task is not None:
            self._on_task(task_id)
        return task_id

    def _wait(self, task_id: str, deadline: Deadline, pause: Pause) -> str:
        status = "not known"
        while True:
            try:
                state = self._patience.repeat(lambda: self._api.query(task_id, deadline), deadline, REPEATS, _may_pass)
            except VideoError as error:
                if error.kind == "timeout" and deadline.left() <= 0:
                    break
                raise
            if state.done and state.file_id is not None:
                return state.file_id
            status = repr(state.status[:100])
            if deadline.left() <= self._poll:
                break
            pause(self._poll)
        late = f"no time is left to ask again; when last asked about, the task was {status}"
        raise VideoError("timeout", late, retryable=True, task_id=task_id)

    def _retrieve(self, file_id: str, deadline: Deadline) -> str:
        return self._patience.repeat(lambda: self._api.retrieve(file_id, deadline), deadline, REPEATS, _may_pass)

    def _download(self, file_id: str, path: Path, deadline: Deadline) -> Video:
        with about(file_id=file_id):
            for _ in range(2):
                with suppress(LinkExpired):  # A link is valid for hours, but a program may have slept for longer.
                    fetch = partial(save, self._transport, self._retrieve(file_id, deadline), path, deadline)
                    return Video(path, self._patience.repeat(fetch, deadline, self._retries, _may_pass), file_id)
            raise VideoError("download", "the link has expired, and so has a new one (HTTP 403)")


def _may_pass(error: VideoError) -> bool:
    """Whether to ask once more within the same call; a quota opens in hours."""
    return error.kind != "quota"
