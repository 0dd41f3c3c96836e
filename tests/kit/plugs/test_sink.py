"""The proxy that lets nothing through."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from contract_tests.plugs.sink import Asked, Reach, Sink, asked_for


@pytest.fixture
def sink() -> Iterator[Sink]:
    """One that listens."""
    with Sink() as listening:
        yield listening


def _connect(sink: Sink) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(sink.url).port or 0), timeout=10)


def _ask(sink: Sink, *pieces: bytes) -> bytes:
    with _connect(sink) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (b"GET http://A.Example:81/x HTTP/1.1", Asked(Reach.FOREIGN, "a.example")),
        (b"CONNECT b.example:443 HTTP/1.1", Asked(Reach.FOREIGN, "b.example")),
        (b"CONNECT [2001:db8::1]:443 HTTP/1.1", Asked(Reach.FOREIGN, "2001:db8::1")),
        (b"POST http://user:pw@127.evil.example/ HTTP/1.0", Asked(Reach.FOREIGN, "127.evil.example")),
        (b"GET http://localhost.example/ HTTP/1.1", Asked(Reach.FOREIGN, "localhost.example")),
        (b"GET http://127.0.0.1:80/x HTTP/1.1", Asked(Reach.LOCAL, "127.0.0.1")),
        (b"CONNECT [::1]:443 HTTP/1.1", Asked(Reach.LOCAL, "::1")),
        (b"GET http://[::ffff:127.0.0.1]/ HTTP/1.1", Asked(Reach.LOCAL, "::ffff:127.0.0.1")),
        (b"GET http://api.localhost./ HTTP/1.1", Asked(Reach.LOCAL, "api.localhost")),
        (b"GET http://probe.minimax-mock.invalid/v1 HTTP/1.1", Asked(Reach.NOWHERE, "probe.minimax-mock.invalid")),
        (b"GET http://notinvalid/ HTTP/1.1", Asked(Reach.FOREIGN, "notinvalid")),
        (b"GET /v1/x?key=secret HTTP/1.1", Asked(Reach.DIRECT, "GET /v1/x")),
        (b"\x16\x03\x01\x02\x00", None),
        (b"GET http:// HTTP/1.1", None),
        (b"GET http://[::1 HTTP/1.1", None),
        (b"", None),
    ],
)
def test_who_was_asked_for(line: bytes, asked: Asked | None) -> None:
    """Foreign hosts, this machine, and names that cannot exist are told apart."""
    assert asked_for(line + b"\r\nHost: x\r\n\r\n") == asked


def test_answers_502_and_remembers(sink: Sink) -> None:
    """However the request is cut into pieces; each host once, and only until it is taken."""
    for _ in range(2):
        answer = _ask(sink, b"GET http://a.exa", b"mple/ HTTP/1.1\r\nHost: a", b".example\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert sink.take() == (Asked(Reach.FOREIGN, "a.example"),)
    assert sink.take() == ()
    assert sink.watched


def test_body_does_not_destroy_the_answer(sink: Sink) -> None:
    """A megabyte that follows is read and dropped."""
    answer = _ask(sink, b"POST http://a.example/ HTTP/1.1\r\n\r\n", b"x" * 1_000_000)
    assert answer.startswith(b"HTTP/1.1 502 ")


def test_head_without_end_is_answered(sink: Sink) -> None:
    """And fills nobody's memory."""
    answer = _ask(sink, b"GET http://a.example/ HTTP/1.1\r\nX: " + b"x" * 100_000)
    assert answer.startswith(b"HTTP/1.1 502 ")


def test_requests_to_itself_prove_nothing(sink: Sink) -> None:
    """A request that takes it for the server did not come by way of a proxy."""
    _ask(sink, b"GET /v1/x HTTP/1.1\r\n\r\n")
    assert not sink.watched
    assert sink.take() == (Asked(Reach.DIRECT, "GET /v1/x"),)


def test_idle_connections_hold_up_nobody(sink: Sink) -> None:
    """Neither other requests nor the end."""
    with _connect(sink), _connect(sink) as half:
        half.sendall(b"GET http://b.exam")
        assert _ask(sink, b"CONNECT a.example:443 HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 502")
        sink.close()
        assert half.recv(10) == b""
