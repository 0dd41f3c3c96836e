"""What a picture in the body of a create costs: time and memory over the least that any server needs, and who waits for it.

The floor is a Flask view on the same server that does only what cannot be left out: it reads the body, parses the JSON
once and decodes the base64 once. Both run in a process of their own. Needs Linux, whose /proc tells the highest
resident memory and lets it be measured anew.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.row import FLOOR, Limit, Row

MB = 1_000_000
SMALL, LARGE, SEVERAL = 1 * MB, 19 * MB, 14 << 20
AT_ONCE = 6
CREATES, QUERIES_SECONDS, PATIENCE_SECONDS = {SMALL: 20, LARGE: 5}, 3.0, 60.0
CREATE, QUERY = "POST /v1/video_generation", "GET /v1/query/video_generation?task_id=1"
PROMPTS = {"in English": "A cat.", "with Chinese and an emoji": "一只猫 🐈"}
_FLOOR = "from benchmarks.images import serve_floor; serve_floor()"
COMMANDS = {"floor": ["-c", _FLOOR], "mock": ["-m", "mock_server", "serve", "--port", "0"]}


def create_body(size: int, prompt: str = PROMPTS["in English"]) -> bytes:
    """A create with a picture of so many bytes: a PNG whose pixels nobody can read."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5B4x", 13, b"IHDR", 1280, 720, 8, 2, 0, 0, 0)
    picture = base64.b64encode(head + os.urandom(size - len(head))).decode()
    call = {"model": "MiniMax-Hailuo-2.3", "prompt": prompt, "first_frame_image": f"data:image/png;base64,{picture}"}
    return json.dumps(call, ensure_ascii=False).encode()


def serve_floor() -> None:
    """Serves the floor until the end of the process."""
    from flask import Flask, Response, request

    from mock_server.serving.heap import give_back_large_blocks
    from mock_server.serving.wsgi_server import WsgiServer

    give_back_large_blocks()
    application = Flask("floor")

    @application.post("/v1/video_generation")
    def create() -> Response:
        # In pieces, since a server may give less than it is asked for.
        body = b"".join(iter(lambda: request.environ["wsgi.input"].read(LARGE), b""))
        picture = json.loads(body)["first_frame_image"]
        return Response(f'{{"bytes":{len(base64.b64decode(picture.partition(",")[2]))}}}')

    @application.get("/v1/query/video_generation")
    def query() -> Response:
        return Response("{}")

    server = WsgiServer(application, "127.0.0.1", 0, threads=64)
    server.listen()
    print(json.dumps({"url": server.origin}), flush=True)
    server.serve()


@dataclass(frozen=True, slots=True)
class Subject:
    """A server in a process of its own."""

    pid: int
    port: int

    def memory(self, name: str) -> int:
        """Resident memory in bytes: VmRSS is what there is now, VmHWM the highest since `forget_peak`."""
        (found,) = re.findall(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{self.pid}/status").read_text(), re.M)
        return int(found) * 1024

    def seconds(self) -> float:
        """Processor time that the process has used, which a busy machine spoils less than the time that passes."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def forget_peak(self) -> None:
        """Lets the highest memory begin anew (proc(5), clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


class Client:
    """One connection, over which one request is sent after another."""

    def __init__(self, subject: Subject) -> None:
        self._socket = socket.create_connection(("127.0.0.1", subject.port), timeout=PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def ask(self, call: str, body: bytes = b"") -> float:
        """Seconds from the first byte of the request to the last of the answer, which has to be a 200."""
        head = f"{call} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer k\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        started = time.perf_counter()
        self._socket.sendall(head.encode() + b"\r\n")
        if body:
            self._socket.sendall(body)
        status = self._answers.readline()
        if b" 200 " not in status:
            raise OSError(f"answered {status!r}")
        length = 0
        while (line := self._answers.readline().lower()) != b"\r\n":
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        answer = self._answers.read(length)
        elapsed = time.perf_counter() - started
        if b'"task_id":""' in answer.replace(b" ", b""):
            raise OSError(f"refused: {answer!r}")
        return elapsed

    def close(self) -> None:
        """Ends the connection."""
        self._answers.close()
        self._socket.close()


@contextmanager
def running(name: str) -> Iterator[Subject]:
    """Runs a server while the block runs, warm: each kind of call was answered once."""
    child = subprocess.Popen(
        [sys.executable, *COMMANDS[name]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert child.stdout is not None
        ready = json.loads(child.stdout.readline())
        subject = Subject(child.pid, urlsplit(ready["url"]).port or 0)
        client = Client(subject)
        for call, body in ((QUERY, b""), (CREATE, create_body(10_000))):
            client.ask(call, body)
        client.close()
        yield subject
    finally:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=PATIENCE_SECONDS)


def milliseconds(subject: Subject, body: bytes, creates: int) -> tuple[float, float]:
    """The median of creates one after another, and the processor time that one of them takes."""
    client = Client(subject)
    before = subject.seconds()
    times = [client.ask(CREATE, body) for _ in range(creates)]
    used = subject.seconds() - before
    client.close()
    return statistics.median(times) * 1000, used / creates * 1000


def peak(subject: Subject, body: bytes, at_once: int = 1) -> float:
    """The highest memory while so many post the body at the same time, over that before, as a multiple of one body."""
    before = subject.memory("VmRSS")
    subject.forget_peak()
    clients = [Client(subject) for _ in range(at_once)]
    posts = [threading.Thread(target=client.ask, args=(CREATE, body)) for client in clients]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    for client in clients:
        client.close()
    return (subject.memory("VmHWM") - before) / len(body)


def queries(subject: Subject) -> tuple[float, float]:
    """Milliseconds (p50, p99) of queries one after another."""
    client = Client(subject)
    times: list[float] = []
    end = time.monotonic() + QUERIES_SECONDS
    while time.monotonic() < end:
        times.append(client.ask(QUERY) * 1000)
        time.sleep(0.001)  # a client that has something else to do as well
    client.close()
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def queries_meanwhile(subject: Subject, body: bytes) -> tuple[float, float]:
    """The same while another client posts the body over and over."""
    done = threading.Event()
    poster = Client(subject)

    def post() -> None:
        while not done.is_set():
            poster.ask(CREATE, body)

    posting = threading.Thread(target=post)
    posting.start()
    times = queries(subject)
    done.set()
    posting.join()
    poster.close()
    return times


_ROWS: dict[str, tuple[str, Sequence[Limit]]] = {
    "create with a picture of 1 MB": ("ms", ()),
    "create with a picture of 1 MB, processor time": ("ms", ()),
    "create with a picture of 19 MB": ("ms", [Limit("mock", FLOOR, at_most=1.5)]),
    "create with a picture of 19 MB, processor time": ("ms", [Limit("mock", FLOOR, at_most=1.5)]),
    **{
        f"peak memory of a create with 19 MB, prompt {words}": ("times the body", [Limit("mock", at_most=4)])
        for words in PROMPTS
    },
    f"peak memory of {AT_ONCE} creates with 14 MiB at once": ("times one body", ()),
    "query while nothing is posted, p50": ("ms", ()),
    "query while nothing is posted, p99": ("ms", ()),
    "query while 19 MB are posted, p50": ("ms", ()),
    "query while 19 MB are posted, p99": ("ms", [Limit("mock", at_most=100, words="on two cores")]),
}


def turn(name: str) -> list[float]:
    """Every number of one subject, in the order of the rows."""
    large = create_body(LARGE)
    with running(name) as subject:
        peaks = [peak(subject, create_body(LARGE, prompt)) for prompt in PROMPTS.values()]
        several = peak(subject, create_body(SEVERAL), AT_ONCE)
        return [
            *milliseconds(subject, create_body(SMALL), CREATES[SMALL]),
            *milliseconds(subject, large, CREATES[LARGE]),
            *peaks,
            several,
            *queries(subject),
            *queries_meanwhile(subject, large),
        ]


def measure(rounds: int) -> list[Row]:
    """Time, memory, and how long others wait."""
    turns = [{name: turn(name) for name in COMMANDS} for _ in range(rounds)]
    return [
        Row(what, unit, {name: [each[name][at] for each in turns] for name in COMMANDS}, FLOOR, subject="mock", limits=limits)
        for at, (what, (unit, limits)) in enumerate(_ROWS.items())
    ]  # fmt: skip
