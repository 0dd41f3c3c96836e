"""The sender sends exactly what it is told, records what came, and never waits longer than it may."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress

import pytest

from contract_tests.receiver.sender import Request, Sender
from tests.callbacks.receiver import Received, Receiver, echo, reply


def sender_to(receiver: Receiver) -> Sender:
    """A sender for a receiver on a bare socket."""
    return Sender("127.0.0.1", receiver.port, "/callback", time.monotonic())


def whole_request(connection: socket.socket) -> bool:
    """Reads a request with the body {}; gives whether there was one."""
    data = b""
    while not data.endswith(b"{}"):
        piece = connection.recv(65_536)
        if not piece:
            return False
        data += piece
    return True


def silence(connection: socket.socket, _received: Received) -> None:
    """Never answers."""
    connection.recv(1)


def test_a_request_has_nothing_but_what_is_needed() -> None:
    """Host, length, type, and that the connection ends."""
    with Receiver() as receiver:
        exchange = sender_to(receiver).send(Request(b'{"challenge": "x"}'))
        (received,) = receiver.wait_for(1)
    assert received.head.split("\r\n") == [
        "POST /callback HTTP/1.1", f"Host: 127.0.0.1:{receiver.port}", "Content-Length: 18", "Content-Type: application/json",
        "Connection: close",
    ]  # fmt: skip
    assert exchange.answer is not None
    assert (exchange.answer.status, exchange.answer.json, exchange.answer.complete) == (200, {"challenge": "x"}, True)
    assert 0 <= exchange.at_ms <= exchange.answer.at_ms <= exchange.answer.ended_ms


def test_chunks_have_no_length() -> None:
    """The framing is that of RFC 9112, 7.1."""
    sent: list[bytes] = []

    def behave(connection: socket.socket, received: Received) -> None:
        data = received.body
        while not data.endswith(b"0\r\n\r\n"):
            data += connection.recv(65_536)
        sent.append(data)
        reply("{}")(connection, received)

    with Receiver(behave) as receiver:
        exchange = sender_to(receiver).send(Request(b'{"challenge": "abc"}', chunked=True))
        (received,) = receiver.wait_for(1)
    assert exchange.answer is not None
    assert "Transfer-Encoding: chunked" in received.head
    assert "Content-Length" not in received.head
    assert sent == [b'10\r\n{"challenge": "a\r\n4\r\nbc"}\r\n0\r\n\r\n']


def test_silence_ends_with_the_patience() -> None:
    """No answer, and the kit was the one who ended it."""
    with Receiver(silence) as receiver:
        started = time.monotonic()
        exchange = sender_to(receiver).send(Request(b"{}", patience=0.2))
        assert time.monotonic() - started < 2
    assert exchange.answer is None
    assert exchange.end == "client"


def test_an_answer_that_drips_ends_with_the_patience_too() -> None:
    """Each byte comes in time, all of them do not."""
    stop = threading.Event()

    def drip(connection: socket.socket, _received: Received) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.02):
            connection.sendall(b"x")

    with Receiver(drip) as receiver:
        exchange = sender_to(receiver).send(Request(b"{}", patience=0.2))
        stop.set()
    assert exchange.answer is not None
    assert not exchange.answer.complete
    assert 0 < exchange.answer.size < 1000


def test_nobody_listens() -> None:
    """A closed port is no answer, and no exception."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    exchange = Sender("127.0.0.1", port, "/", time.monotonic()).send(Request(b"{}"))
    assert exchange.answer is None
    assert not exchange.complete


def test_a_refusal_before_the_body_is_read_is_seen() -> None:
    """The rest of the body is not sent, and the answer is not lost with the connection."""

    def refuse(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                refuse(connection)

        threading.Thread(target=serve, daemon=True).start()
        sender = Sender("127.0.0.1", server.getsockname()[1], "/", time.monotonic())
        exchange = sender.send(Request(b"x" * 32_000_000))
    assert exchange.answer is not None
    assert exchange.answer.status == 413
    assert not exchange.complete


@pytest.mark.parametrize("kept", [True, False])
def test_a_connection_is_kept_or_opened_anew(kept: bool) -> None:
    """Two requests on one connection, or on a second one when the first was closed after its answer."""
    seen: list[int] = []

    def serve(connection: socket.socket, number: int) -> None:
        with connection:
            while whole_request(connection):
                seen.append(number)
                more = b"" if kept else b"Connection: close\r\n"
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + more + b"\r\n{}")
                if not kept:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):  # the test is over
                for number in (1, 2):
                    connection, _ = server.accept()
                    serve(connection, number)

        threading.Thread(target=accept, daemon=True).start()
        with Sender("127.0.0.1", server.getsockname()[1], "/", time.monotonic()).connection() as connection:
            answers = [connection.send(Request(b"{}")).answer for _ in range(2)]
    assert all(answer is not None and answer.status == 200 for answer in answers)
    assert seen == ([1, 1] if kept else [1, 2])


def test_times_count_from_the_beginning_of_the_case() -> None:
    """Exchanges of one case can be put in order."""
    with Receiver(echo) as receiver:
        sender = sender_to(receiver)
        first, second = (sender.send(Request(json.dumps({"challenge": str(n)}).encode())) for n in range(2))
    assert first.answer is not None
    assert first.answer.ended_ms <= second.at_ms
    assert (first.connection, second.connection) == (1, 2)
