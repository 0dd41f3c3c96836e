"""A callback receiver to copy: it proves itself, believes nobody but the query API, and fetches each video once.

Callbacks carry no signature and may come twice, late, in any order or never. So a message is taken as a hint that a task
has changed: it is noted, answered at once, and then the query API is asked, whose word counts. Tasks that are not heard of
again are asked about with growing pauses.

Plain WSGI and the standard library. Serve it with one process and threads, for example
`gunicorn --threads 8 'examples.reference_receiver:make_app()'`, and create tasks with a callback_url that ends in its
path. It reads MINIMAX_BASE_URL and MINIMAX_API_KEY; CALLBACK_PATH (/callback; make a part of it unguessable) and
RECEIVER_FOLDER (receiver-data) may be set. `GET /tasks/{task_id}` tells how a task stands.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

LOG = logging.getLogger("receiver")
MAX_BODY = 65_536  # messages have a few hundred bytes
MAX_ID = 40
WORKERS = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds between two questions about a task
FORGET_PAUSE = 8.0  # a task that the service does not know is forgotten when its pauses have grown so long
UNKNOWN = 2013
TIMEOUT = 30.0
TABLE = """CREATE TABLE IF NOT EXISTS tasks (task_id TEXT PRIMARY KEY, status TEXT NOT NULL DEFAULT 'open',
           file_id TEXT, code INTEGER, message TEXT, sha256 TEXT)"""


class Refused(Exception):
    """The message is not taken; status and text are for the sender."""

    def __init__(self, status: str, text: str, *headers: tuple[str, str]) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, list(headers)


class Receiver:
    """The application. Its workers begin with it, and take up the tasks that an earlier run left open."""

    content_type = "application/json"

    def __init__(self, folder: Path, base_url: str, api_key: str, path: str = "/callback") -> None:
        self.folder, self.base_url, self.api_key, self.path = folder, base_url.rstrip("/"), api_key, path
        (folder / "videos").mkdir(parents=True, exist_ok=True)
        self.changed = threading.Condition()
        self.due: dict[str, float] = {}  # when to ask about which task
        self.pauses: dict[str, float] = {}
        self.working: set[str] = set()  # tasks that a worker is busy with: one at a time for each
        with closing(self.store()) as store:
            store.execute(TABLE)
            for (task_id,) in store.execute("SELECT task_id FROM tasks WHERE status = 'open'"):
                self.ask_soon(task_id)
        for _ in range(WORKERS):
            threading.Thread(target=self.work, daemon=True).start()

    @classmethod
    def from_environment(cls) -> Receiver:
        """The application as the environment describes it."""
        setting = os.environ.get
        folder, path = Path(setting("RECEIVER_FOLDER", "receiver-data")), setting("CALLBACK_PATH", "/callback")
        return cls(folder, os.environ["MINIMAX_BASE_URL"], os.environ["MINIMAX_API_KEY"], path)

    # What is asked of us

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answers one request. What goes wrong inside is logged, and never told."""
        try:
            status, headers, answer = self.respond(environ)
        except Refused as refused:
            status, headers, answer = refused.status, refused.headers, {"error": refused.text}
        except Exception:
            LOG.exception("a request could not be handled")
            status, headers, answer = "503 Service Unavailable", [], {"error": "try again later"}
        body = self.encode(answer)
        start_response(status, [("Content-Type", self.content_type), ("Content-Length", str(len(body))), *headers])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        """Status, headers and answer to one request."""
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if path.startswith("/tasks/"):
            if (task := self.task(path.removeprefix("/tasks/"))) is None:
                raise Refused("404 Not Found", "no such task")
            return "200 OK", [], task
        if path.rstrip("/") != self.path.rstrip("/"):
            raise Refused("404 Not Found", "nothing here")
        if method != "POST":
            raise Refused("405 Method Not Allowed", "POST only", ("Allow", "POST"))
        return "200 OK", [], self.take(self.parse(self.read(environ)))

    def encode(self, answer: Any) -> bytes:
        """An answer as it is sent."""
        return json.dumps(answer).encode()

    def read(self, environ: dict[str, Any]) -> bytes:
        """The body, of a bounded length."""
        length = environ.get("CONTENT_LENGTH") or ""
        if length and not length.isdigit():
            raise Refused("400 Bad Request", "the Content-Length is no number")
        if not length and not environ.get("wsgi.input_terminated"):
            return b""
        wanted = int(length) if length else MAX_BODY + 1
        if wanted > MAX_BODY + (not length):
            raise Refused("413 Content Too Large", f"at most {MAX_BODY} bytes are taken")
        body: bytes = environ["wsgi.input"].read(wanted)
        if len(body) > MAX_BODY:
            raise Refused("413 Content Too Large", f"at most {MAX_BODY} bytes are taken")
        return body

    def parse(self, body: bytes) -> dict[str, Any]:
        """The message."""
        try:
            message = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Refused("400 Bad Request", "the body is not JSON") from None
        if not isinstance(message, dict):
            raise Refused("400 Bad Request", "the message is not an object")
        return message

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to a message."""
        if "challenge" in message:  # not its truth: a challenge may be empty
            return self.echo(message["challenge"])
        self.note(self.task_id(message))
        return {"status": "success"}

    def echo(self, challenge: Any) -> dict[str, Any]:
        """The proof that this is a receiver."""
        if not isinstance(challenge, str):
            raise Refused("400 Bad Request", "the challenge is no text")
        return {"challenge": challenge}

    def task_id(self, message: dict[str, Any]) -> str:
        """Which task a message is about. An id is a text of digits, or the number."""
        given = message.get("task_id")
        text = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_ID):
            raise Refused("400 Bad Request", "the task_id is no id")
        return text

    def note(self, task_id: str) -> None:
        """Something has happened to a task: unless it has ended, it is remembered and asked about soon."""
        if self.remember(task_id) == "open":
            self.ask_soon(task_id)

    def remember(self, task_id: str) -> str:
        """Stores a task, if it is new; gives its status."""
        with closing(self.store()) as store:
            store.execute("INSERT OR IGNORE INTO tasks (task_id) VALUES (?)", (task_id,))
            (status,) = store.execute("SELECT status FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
        return str(status)

    def task(self, task_id: str) -> dict[str, Any] | None:
        """How a task stands."""
        with closing(self.store()) as store:
            store.row_factory = sqlite3.Row
            row = store.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
        return None if row is None else dict(row)

    def store(self) -> sqlite3.Connection:
        """The tasks, on disk. Every statement is a transaction of its own."""
        return sqlite3.connect(self.folder / "tasks.sqlite", timeout=10, isolation_level=None)

    # What we ask

    def ask_soon(self, task_id: str) -> None:
        """A worker asks about the task next."""
        with self.changed:
            self.due[task_id] = time.monotonic()
            self.pauses[task_id] = FIRST_PAUSE
            self.changed.notify()

    def work(self) -> None:
        """Asks about one due task after the other, for ever."""
        while True:
            task_id = self.next_due()
            try:
                self.settle(task_id)
            except Exception as error:
                LOG.warning("task %s: %s; it is asked about again later", task_id, type(error).__name__)
            finally:
                self.finish(task_id)

    def next_due(self) -> str:
        """Waits for the next task that is due and that no other worker is busy with."""
        with self.changed:
            while True:
                now = time.monotonic()
                waiting = [(when, task_id) for task_id, when in self.due.items() if task_id not in self.working]
                when, task_id = min(waiting, default=(now + LONGEST_PAUSE, ""))
                if task_id and when <= now:
                    del self.due[task_id]
                    self.working.add(task_id)
                    return task_id
                self.changed.wait(when - now)

    def finish(self, task_id: str) -> None:
        """Lets go of a task; one that is still open is asked about again after a pause."""
        try:
            is_open = (self.task(task_id) or {}).get("status") == "open"
        except sqlite3.Error:
            is_open = True
        with self.changed:
            self.working.discard(task_id)
            if is_open:
                pause = self.pauses.get(task_id, FIRST_PAUSE)
                self.pauses[task_id] = min(2 * pause, LONGEST_PAUSE)
                self.due.setdefault(task_id, time.monotonic() + pause)
            else:
                self.pauses.pop(task_id, None)
                self.due.pop(task_id, None)
            self.changed.notify()

    def settle(self, task_id: str) -> None:
        """Asks how a task stands, and records its end. Nothing happens to one that has ended for us already."""
        if (self.task(task_id) or {}).get("status") != "open":
            return
        truth = self.call("/v1/query/video_generation", task_id=task_id)
        status = truth.get("status")
        if status == "Success":
            file_id = str(truth["file_id"])
            self.end(task_id, status="success", file_id=file_id, sha256=self.fetch(task_id, file_id))
        elif status == "Fail":
            told = truth["base_resp"]
            self.end(task_id, status="failed", code=told["status_code"], message=told["status_msg"])
        elif truth["base_resp"]["status_code"] == UNKNOWN and self.pauses[task_id] >= FORGET_PAUSE:
            self.forget(task_id)  # somebody made it up

    def end(self, task_id: str, **values: Any) -> None:
        """Records how a task ended; the first end stands."""
        names = ", ".join(f"{name} = ?" for name in values)
        with closing(self.store()) as store:
            store.execute(
                f"UPDATE tasks SET {names} WHERE task_id = ? AND status = 'open'", (*values.values(), task_id)
            )
        LOG.info("task %s: %s", task_id, values["status"])

    def forget(self, task_id: str) -> None:
        """Takes a task out of the store."""
        with closing(self.store()) as store:
            store.execute("DELETE FROM tasks WHERE task_id = ? AND status = 'open'", (task_id,))

    def fetch(self, task_id: str, file_id: str) -> str:
        """Stores the video under its final name once it is whole; gives its SHA-256."""
        link = self.call("/v1/files/retrieve", file_id=file_id)["file"]["download_url"]
        part, final = (self.folder / "videos" / f"{task_id}.{ending}" for ending in ("part", "mp4"))
        digest = hashlib.sha256()
        with urllib.request.urlopen(link, timeout=TIMEOUT) as answer, part.open("wb") as file:  # without the key
            while piece := answer.read(1 << 20):
                digest.update(piece)
                file.write(piece)
            if answer.length:
                raise EOFError(f"{answer.length} bytes are missing")
        part.replace(final)
        return digest.hexdigest()

    def call(self, path: str, **query: str) -> dict[str, Any]:
        """Asks the service."""
        address = f"{self.base_url}{path}?{urlencode(query)}"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {self.api_key}"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


make_app = Receiver.from_environment
