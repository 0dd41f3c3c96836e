"""Connections that are opened and forgotten, bodies in chunks, and a stop in the middle of everything."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings, create_app
from mock_server.errors import StartupError
from mock_server.serving.wsgi_server import WsgiServer
from tests.command_line.test_serve import serving

HEAD = (
    b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k-1\r\nContent-Type: application/json\r\n%s\r\n\r\n"
)
GOOD = json.dumps(MINIMAL).encode()
NEXT = b"GET /__mock/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """A mock with few threads, so that it is soon clear who takes one."""
    with MockServer(Settings(port=0, threads=4, max_body=100_000, task_seconds=0)) as server:
        yield server


def connect(url: str) -> socket.socket:
    """A connection that waits ten seconds at most."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)


def chunked(*parts: bytes, path: bytes = b"/v1/video_generation", end: bytes = b"0\r\n\r\n") -> bytes:
    """A request whose body comes in these chunks."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return HEAD % (path, b"Transfer-Encoding: chunked") + chunks + end


def answers(mock: MockServer, sent: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    with connect(mock.url) as connection:
        connection.sendall(sent)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    return received


def test_connections_that_send_nothing_take_no_thread(mock: MockServer) -> None:
    """Far more silent connections than threads, fresh ones and kept ones, and a client is served at once."""
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connect(mock.url))
        for _ in range(20):
            kept = stack.enter_context(connect(mock.url))
            kept.sendall(chunked(GOOD))
            received = b""
            while not received.endswith(b"}}"):
                received += kept.recv(65_536)
            assert b'"status_code":0' in received
        begin = time.monotonic()
        assert Api(mock.url, None).send("GET", "/__mock/health").status == 200
        assert time.monotonic() - begin < 1


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b"0\r\nX-Trailer: 1\r\n\r\n", b"0;ext=1\r\n\r\n"])
def test_a_chunked_body_leaves_the_connection_clean(mock: MockServer, end: bytes) -> None:
    """The next request on the connection is answered, trailers or not."""
    received = answers(mock, chunked(GOOD[:7], GOOD[7:], end=end) + NEXT)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert b'"status":"ok"' in received


@pytest.mark.parametrize("path", [b"/nope", b"/__mock/reset", b"/v1/files/retrieve"])
def test_an_unread_chunked_body_is_never_taken_for_a_request(mock: MockServer, path: bytes) -> None:
    """What stands in the body of a refused request is not executed; the connection is closed."""
    received = answers(mock, chunked(b"GET /__mock/gallery HTTP/1.1\r\nHost: localhost\r\n\r\n", path=path) + NEXT)
    assert received.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in received.lower()
    assert b"pictures" not in received


@pytest.mark.parametrize(
    "body",
    [b"ZZ\r\n", b"5\r\nhelloXX", b"-5\r\nhello\r\n", b"FFFFFFFFFFFFFFFFF\r\n", b"1_0\r\n", b"1\r\na\r\n" * 70_000],
)
def test_broken_chunks_are_the_clients_fault(mock: MockServer, body: bytes) -> None:
    """2013 with the reason, no traceback, and the connection closes."""
    received = answers(mock, HEAD % (b"/v1/video_generation", b"Transfer-Encoding: chunked") + body)
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert b'"status_code":2013' in received
    assert b"the body did not come to its end" in received
    assert b"connection: close" in received.lower()


def test_a_body_that_ends_early_says_so(mock: MockServer) -> None:
    """How much came of what was promised."""
    with connect(mock.url) as connection:
        connection.sendall(HEAD % (b"/v1/video_generation", b"Content-Length: 1000") + b'{"model"')
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    assert b"the body ended after 8 of 1000 bytes" in received


def test_one_huge_chunk_is_refused_without_being_kept(mock: MockServer) -> None:
    """The limit holds within a chunk, too."""
    with connect(mock.url) as connection:
        connection.sendall(
            HEAD % (b"/v1/video_generation", b"Transfer-Encoding: chunked") + b"40000000\r\n" + b"x" * 300_000
        )
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "line", [b"Content-Length: -5", b"Content-Length: 1_0", b"Content-Length: 5\r\nTransfer-Encoding: chunked"]
)
def test_a_length_in_doubt_is_refused(mock: MockServer, line: bytes) -> None:
    """400, and the connection closes, since nobody knows where the next request begins."""
    received = answers(mock, HEAD % (b"/v1/video_generation", line) + b"0\r\n\r\n" + NEXT)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("value", [b"close", b"Close", b"TE, close"])
def test_close_in_any_spelling_closes(mock: MockServer, value: bytes) -> None:
    """A client that reads to the end does not wait."""
    begin = time.monotonic()
    assert answers(mock, NEXT.replace(b"close", value)).startswith(b"HTTP/1.1 200 OK")
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("request_line", [b"A\rFAKE / HTTP/1.1", b"\x1b[2J / HTTP/1.1", b"GET //[ HTTP/1.1"])
def test_strange_request_lines_are_400(mock: MockServer, request_line: bytes) -> None:
    """Nothing of them reaches a log or a route."""
    assert answers(mock, request_line + b"\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("host", ["a" * 300, "[", "a b", "x:y", "_under.score:80", ""])
def test_strange_hosts_change_no_route(mock: MockServer, host: str) -> None:
    """Every Host reaches the same paths, and a link leads somewhere."""
    api = Api(mock.url, "k-1")
    headers = {"Host": host, "Content-Type": "application/json"}
    task_id = api.send("POST", "/v1/video_generation", headers=headers, body=GOOD).json["task_id"]
    file_id = api.query(task_id).json["file_id"]
    file = api.send("GET", "/v1/files/retrieve", headers={"Host": host}, query={"file_id": file_id}).json["file"]
    shown = urlsplit(file["download_url"]).netloc
    assert shown == (host if host in ("a" * 300, "_under.score:80") and len(host) < 256 else urlsplit(mock.url).netloc)


def test_two_prefer_lines_both_count(mock: MockServer) -> None:
    """RFC 7240 lets the header stand on several lines."""
    more = b"Prefer: code=1002\r\nPrefer: wait=5\r\nConnection: close\r\nContent-Length: %d" % len(GOOD)
    assert b'"status_code":1002' in answers(mock, HEAD % (b"/v1/video_generation", more) + GOOD)


@pytest.mark.parametrize("state", ["silent", "half a head", "half a body", "does not read"])
def test_a_stop_takes_two_seconds_whatever_clients_do(state: str) -> None:
    """More connections than threads, in each state, and SIGTERM still ends the process with 0."""
    sent = {
        "silent": b"", "half a head": b"GET / HT", "half a body": HEAD % (b"/v1/video_generation", b"Content-Length: 99"),
        "does not read": b"GET /__mock/gallery/size-under-limit.png HTTP/1.1\r\nHost: x\r\n\r\n",
    }[state]  # fmt: skip
    with serving("--threads", "2") as (process, ready), ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(connect(str(ready["url"]))).sendall(sent)
        threading.Event().wait(0.2)
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
        assert time.monotonic() - begin < 2
    assert process.returncode == 0


def test_an_answer_that_ends_after_the_stop_closes_its_connection() -> None:
    """A thread that is done only when the selector has gone closes the connection, and does not die of it."""
    server = WsgiServer(create_app(Settings(seed=1)), "127.0.0.1", 0, threads=2)
    server.listen()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    server.stop()
    thread.join()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = server.ConnectionClass(server, theirs)
        server.ready = True  # what the thread saw a moment before the stop
        server.put_conn(connection)
        server.ready = False
        ours.settimeout(5)
        assert ours.recv(1) == b""


def test_a_mock_can_be_stopped_and_started_again() -> None:
    """Twice started is a mistake; started again after a stop it serves."""
    mock = MockServer(Settings(port=0))
    with mock:
        with pytest.raises(StartupError, match="already running"):
            mock.start()
        url = mock.url
    with mock:
        assert mock.url == url
        assert Api(mock.url, "k-1").create(MINIMAL).code == 0


def test_threads_that_ended_are_forgotten() -> None:
    """Neither those that stood in for delayed answers nor those of before a stop stay in memory."""
    mock = MockServer(Settings(port=0, threads=2))
    for _ in range(3):
        with mock:
            api = Api(mock.url, "k-1")
            mock.account("k-1").rule({"delay": 0.001})
            for _ in range(5):
                api.query("1")
    workers = mock._server.stats["Worker Threads"]
    assert not [name for name in workers if name not in {thread.name for thread in threading.enumerate()}]


def test_a_failed_start_leaves_nothing_open() -> None:
    """Thirty attempts on a port in use cost no file descriptor."""
    from pathlib import Path

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        before = descriptors()
        for _ in range(30):
            with pytest.raises(StartupError):
                MockServer(Settings(port=port)).start()
        assert descriptors() <= before + 1
