"""What only a bare socket sees: bodies over the limit, early answers, HTTP/1.0, absolute form."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings

LIMIT = 4096


@pytest.fixture(scope="module")
def small() -> Iterator[MockServer]:
    """A mock that takes bodies of 4 KB."""
    with MockServer(Settings(port=0, max_body=LIMIT)) as mock:
        yield mock


def talk(mock: MockServer, request: bytes) -> bytes:
    """Sends bytes and reads until the server closes."""
    parts = urlsplit(mock.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    return received


def head(length: str, *more: str) -> bytes:
    """The head of a create call with that framing."""
    lines = ["POST /v1/video_generation HTTP/1.1", "Host: x", "Authorization: Bearer k-1", length, *more]
    return ("\r\n".join([*lines, "Content-Type: application/json"]) + "\r\n\r\n").encode()


def test_declared_length_over_the_limit_is_answered_without_reading(small: MockServer) -> None:
    """The answer comes although not one byte of the declared gigabyte was sent."""
    parts = urlsplit(small.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(head("Content-Length: 1000000000"))
        received = connection.recv(65_536)
        while not received.endswith(b"}"):
            received += connection.recv(65_536)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in received
    body = json.loads(received.partition(b"\r\n\r\n")[2])
    assert body["base_resp"]["status_code"] == 2013


def test_client_that_is_still_sending_reads_the_413(small: MockServer) -> None:
    """A well-behaved library sends everything before it reads; it gets the answer, not a reset."""
    reply = Api(small.url, "k-1").create(MINIMAL | {"prompt": "x" * 5_000_000})
    assert (reply.status, reply.code) == (413, 2013)
    (violation,) = json.loads(reply.headers["X-Mock-Violations"])
    assert (violation["rule"], violation["allowed"]) == ("max-body", "at most 4096 bytes")


def test_a_bare_client_that_sends_everything_first_reads_the_413(small: MockServer) -> None:
    """Fifty megabytes are taken off the wire and thrown away before the connection goes."""
    parts = urlsplit(small.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(head("Content-Length: 50000000"))
        for _ in range(50):
            connection.sendall(b"x" * 1_000_000)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    assert received.startswith(b"HTTP/1.1 413 ")


def test_body_of_the_limit_passes(small: MockServer) -> None:
    """The limit itself is still read, padded with blanks."""
    body = json.dumps(MINIMAL).encode().ljust(LIMIT)
    api = Api(small.url, "k-1")
    assert api.send("POST", "/v1/video_generation", headers={"Content-Type": "application/json"}, body=body).code == 0
    reply = api.send("POST", "/v1/video_generation", headers={"Content-Type": "application/json"}, body=body + b" ")
    assert reply.status == 413


def test_chunked_body(small: MockServer) -> None:
    """A body of unknown length is read, and refused once it is over the limit."""
    body = json.dumps(MINIMAL).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:10], body[10:])) + b"0\r\n\r\n"
    answer = talk(small, head("Transfer-Encoding: chunked", "Connection: close") + chunks)
    assert b'"status_code":0' in answer
    huge = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    answer = talk(small, head("Transfer-Encoding: chunked", "Connection: close") + huge * 3 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_http_1_0_without_host(small: MockServer) -> None:
    """An old client is served, and a link it is given leads back to the server."""
    body = json.dumps(MINIMAL | {"first_frame_image": f"{small.url}/__mock/gallery/format-gif.gif"}).encode()
    request = (
        b"POST /v1/video_generation HTTP/1.0\r\nAuthorization: Bearer k-1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    assert b"unsupported image format" in talk(small, request + body)


def test_absolute_form(small: MockServer) -> None:
    """A client that takes the mock for a proxy reaches the same path."""
    request = b"GET http://api.minimax.io/v1/files HTTP/1.1\r\nHost: api.minimax.io\r\nConnection: close\r\n\r\n"
    answer = talk(small, request)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b"404 page not found")


@pytest.mark.parametrize(
    "request_bytes",
    [b"\r\n\r\n", b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
     b"POST /v1/video_generation HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
     b"POST /v1/video_generation HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\nConnection: close\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: a b<script>\r\nConnection: close\r\n\r\n"],
)  # fmt: skip
def test_nonsense_is_answered_in_plain_words(small: MockServer, request_bytes: bytes) -> None:
    """No HTML, no traceback, and the server goes on."""
    answer = talk(small, request_bytes)
    assert b"<html" not in answer.lower()
    assert b"Traceback" not in answer
    assert not answer.startswith(b"HTTP/1.1 5") or b" 505 " in answer[:20]
    assert Api(small.url, "k-1").create(MINIMAL).code == 0


def test_the_phrase_of_a_status_is_written_as_usual(small: MockServer) -> None:
    """Not in capitals, which would give the framework away."""
    answer = talk(small, b"GET /__mock/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
