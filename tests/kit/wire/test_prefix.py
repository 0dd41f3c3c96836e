"""A prefix is taken off the targets of requests that have it, and nothing else is touched."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from contract_tests.api import MINIMAL, Api
from contract_tests.wire.conversation import Conversation
from contract_tests.wire.message import Budget
from contract_tests.wire.tap import Switchboard
from mock_server import MockServer
from tests.kit.wire.ends import Ends, read, rest
from tests.over_http.controlling import User

BODY = b"\r\nGET /tenant-1/v1/x HTTP/1.1\r\n\r\n"
LINES = {
    b"GET /tenant-1/v1/files/retrieve?file_id=1 HTTP/1.1": b"GET /v1/files/retrieve?file_id=1 HTTP/1.1",
    b"GET  /tenant-1//v1/a b  HTTP/1.0": b"GET //v1/a b  HTTP/1.0",
    b"GET /tenant-1?x=/tenant-1/ HTTP/1.1": b"GET /?x=/tenant-1/ HTTP/1.1",
    b"GET /tenant-1 HTTP/1.1": b"GET / HTTP/1.1",
    b"GET /tenant-1/tenant-1/ HTTP/1.1": b"GET /tenant-1/ HTTP/1.1",
    b"GET /tenant-10/v1/x HTTP/1.1": b"GET /tenant-10/v1/x HTTP/1.1",
    b"GET /v1/tenant-1/x HTTP/1.1": b"GET /v1/tenant-1/x HTTP/1.1",
    b"GET /inference_output/a.mp4 HTTP/1.1": b"GET /inference_output/a.mp4 HTTP/1.1",
}
REST = b"\r\nA: /tenant-1/x\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(BODY), BODY)
SENT = b"".join(line + REST for line in LINES)
PASSED = b"".join(line + REST for line in LINES.values())


@pytest.fixture
def ends(switchboard: Switchboard) -> Iterator[Ends]:
    """A server's port, and a tap with a prefix before it."""
    with Ends(switchboard, prefix="/tenant-1") as opened:
        yield opened


def test_url_has_the_prefix(ends: Ends, switchboard: Switchboard) -> None:
    """As clients are given it: without a slash at the end."""
    assert ends.tap.url.endswith("/tenant-1")
    assert switchboard.open_tap("http://127.0.0.1:1", prefix="/a/b/").url.endswith("/a/b")


def test_only_targets_are_touched(ends: Ends) -> None:
    """On a connection with many requests, with and without the prefix, and bodies that look like requests."""
    client, server = ends.connect()
    client.sendall(SENT)
    assert read(server, len(PASSED)) == PASSED
    client.shutdown(socket.SHUT_WR)
    assert rest(server) == (b"", "FIN")
    found = ends.tap.exchanges()
    assert [each.target.encode() for each in found] == [line[4:-9].strip() for line in LINES]
    assert [each.prefix for each in found] == ["/tenant-1"] * 5 + [""] * 3
    assert [each.operation for each in found] == [
        "retrieve",
        "other",
        *["download"] * 3,
        "download",
        "other",
        "download",
    ]


@pytest.mark.parametrize("piece", [1, 2, 3, 50, 1000])
def test_in_whatever_pieces(piece: int) -> None:
    """What is passed on does not depend on how the bytes come."""
    conversation = Conversation(1, "api", Budget(10_000), prefix="/tenant-1")
    passed = b"".join(conversation.ask(SENT[start : start + piece], 0.0) for start in range(0, len(SENT), piece))
    assert (passed, conversation.held()) == (PASSED, b"")


def test_at_whatever_byte_it_ends() -> None:
    """All that came is passed on; of a first line that is not whole nothing, until the client sends no more."""
    start = passed_start = 0
    for line, passed_line in LINES.items():
        for size in range(1, len(line + REST) + 1):
            conversation = Conversation(1, "api", Budget(10_000), prefix="/tenant-1")
            passed = conversation.ask(SENT[: start + size], 0.0)[passed_start:]
            if size < len(line) + 2:
                assert (passed, conversation.held()) == (b"", (line + REST)[:size])
            else:
                assert (passed, conversation.held()) == (passed_line + REST[: size - len(line)], b"")
        start, passed_start = start + len(line + REST), passed_start + len(passed_line + REST)


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x00/tenant-1/", b"GET\n/tenant-1/ HTTP/1.1\r\n\r\n", b"a" * 200_000])
def test_what_is_no_request_passes(ends: Ends, noise: bytes) -> None:
    """At once, without waiting for the end of a line that may never come."""
    client, server = ends.connect()
    client.sendall(noise)
    assert read(server, len(noise)) == noise


def test_half_a_line_passes_at_the_end(ends: Ends) -> None:
    """It is held until then, since the prefix may still come."""
    client, server = ends.connect()
    client.sendall(b"GET /tenant-1/v1")
    client.shutdown(socket.SHUT_WR)
    assert rest(server) == (b"GET /tenant-1/v1", "FIN")


def test_real_mock_behind_a_prefix(switchboard: Switchboard, server: MockServer) -> None:
    """The API answers under the prefix, and the record has what the client sent."""
    user, tap = User(server), switchboard.open_tap(server.url, prefix="/tenant-x1")
    assert Api(tap.url, user.key).create(MINIMAL).code == 0
    [exchange] = tap.exchanges()
    assert (exchange.target, exchange.path) == ("/tenant-x1/v1/video_generation", "/tenant-x1/v1/video_generation")
    assert (exchange.operation, exchange.prefix) == ("create", "/tenant-x1")


@pytest.mark.parametrize("prefix", ["tenant", "/a b", "/é", "/a\n"])
def test_prefix_that_cannot_be_one(switchboard: Switchboard, prefix: str) -> None:
    """One line that names it."""
    with pytest.raises(ValueError, match=r"prefix: '.*' is no path such as /tenant-1"):
        switchboard.open_tap("http://127.0.0.1:1", prefix=prefix)
