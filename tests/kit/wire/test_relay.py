"""The relay carries bytes and ends as they are, whoever sends them and whatever they mean."""

from __future__ import annotations

import hashlib
import random
import socket
import threading
import time

import pytest

from contract_tests.wire.relay import PIECE
from contract_tests.wire.tap import Switchboard
from tests.kit.wire.ends import Ends, read, reset, rest, sending, was_reset
from tests.over_http.faulty_server import until

REQUEST = b"GET /v1/query/video_generation?task_id=1 HTTP/1.1\r\nHost: x\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
NOISE = random.Random(5).randbytes(300_000)


@pytest.mark.parametrize("said", [REQUEST, b"\x00", b"\n" * 99, NOISE], ids=["request", "zero", "lines", "noise"])
def test_bytes_are_the_same_both_ways(ends: Ends, said: bytes) -> None:
    """HTTP or not, nothing is added, left out or changed."""
    client, server = ends.connect()
    client.sendall(said)
    client.shutdown(socket.SHUT_WR)
    assert rest(server) == (said, "FIN")
    with sending(server, NOISE):
        assert rest(client) == (NOISE, "FIN")


def test_half_closed_by_the_client(ends: Ends) -> None:
    """A client that says it sends no more still gets its answer."""
    client, server = ends.connect()
    client.sendall(REQUEST)
    client.shutdown(socket.SHUT_WR)
    assert rest(server) == (REQUEST, "FIN")
    server.sendall(ANSWER)
    assert read(client, len(ANSWER)) == ANSWER
    server.close()
    assert rest(client) == (b"", "FIN")


def test_half_closed_by_the_server(ends: Ends) -> None:
    """A client that was told the end can still send, as to any server that only stopped sending."""
    client, server = ends.connect()
    server.sendall(ANSWER)
    server.shutdown(socket.SHUT_WR)
    assert rest(client) == (ANSWER, "FIN")
    client.sendall(REQUEST)
    client.close()
    assert rest(server) == (REQUEST, "FIN")


@pytest.mark.parametrize("before", [b"", ANSWER[:-2], NOISE], ids=["nothing", "a part", "much"])
def test_reset_by_the_server(ends: Ends, before: bytes) -> None:
    """The client sees a reset, after what the server had sent before."""
    client, server = ends.connect()
    client.sendall(REQUEST)
    assert read(server, len(REQUEST)) == REQUEST
    server.sendall(before)
    assert read(client, len(before)) == before
    reset(server)
    assert rest(client) == (b"", "RST")


@pytest.mark.parametrize("before", [b"", REQUEST[:-2]], ids=["nothing", "a part"])
def test_reset_by_the_client(ends: Ends, before: bytes) -> None:
    """The server sees a reset, and not an end in order."""
    client, server = ends.connect()
    client.sendall(before)
    assert read(server, len(before)) == before
    reset(client)
    assert rest(server) == (b"", "RST")
    assert [(each.complete, each.end) for each in ends.tap.exchanges()] == [(False, "client")] * bool(before)


def test_reset_after_a_half_close(ends: Ends) -> None:
    """Also of a side that had said it sends no more: there is nothing left to read that would tell."""
    client, server = ends.connect()
    client.shutdown(socket.SHUT_WR)
    assert server.recv(1) == b""
    reset(client)
    until(lambda: was_reset(server))


def test_request_on_a_connection_that_the_server_has_closed(ends: Ends) -> None:
    """A client that uses a kept connection again without looking is reset, and does not wait for ever."""
    client, server = ends.connect()
    client.sendall(REQUEST)
    read(server, len(REQUEST))
    server.sendall(ANSWER)
    server.close()
    assert read(client, len(ANSWER)) == ANSWER
    assert client.recv(1) == b""
    client.sendall(REQUEST)
    until(lambda: was_reset(client))
    assert [(each.end, each.answer is None) for each in ends.tap.exchanges()] == [("", False), ("reset", True)]


def test_answer_before_the_request_was_read(ends: Ends) -> None:
    """A server may answer and go while the client is still sending; the client can read the answer before the reset."""
    client, server = ends.connect()
    client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 50000000\r\n\r\n")
    stopped = threading.Event()

    def send_on() -> None:
        try:
            for _ in range(50):
                client.sendall(b"x" * 1_000_000)
        except OSError:
            stopped.set()

    sender = threading.Thread(target=send_on)
    sender.start()
    read(server, 1000)
    server.sendall(ANSWER)
    server.close()
    sender.join()
    assert stopped.is_set()
    assert rest(client)[0] == ANSWER  # and then the end, since sending has met the reset already
    [exchange] = ends.tap.exchanges()
    assert exchange.answer is not None
    assert (exchange.complete, exchange.answer.body, exchange.answer.complete) == (False, b"hello", True)


def test_reset_in_the_middle_of_a_request(ends: Ends) -> None:
    """Wherever the relay notices it, when it sends or when it reads, it is a reset."""
    for _ in range(10):
        client, server = ends.connect()
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 50000000\r\n\r\n")
        with sending(client, NOISE * 30, may_fail=True):
            read(server, 1000)
            reset(server)
        assert ends.tap.settle(5)
        assert (ends.tap.exchanges()[-1].end, ends.tap.exchanges()[-1].answer) == ("reset", None)


def test_client_that_dies_while_the_server_does_not_read(ends: Ends) -> None:
    """It is seen when an answer cannot be sent to it, although there is still something of it to be read."""
    client, server = ends.connect()
    client.settimeout(0.2)
    client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 50000000\r\n\r\n")
    with pytest.raises(TimeoutError):
        client.sendall(NOISE * 100)
    reset(client)
    for _ in range(2):  # the first is taken by a socket whose reset has not been looked at
        server.sendall(ANSWER)
        ends.tap.exchanges()
    until(lambda: ends.tap.exchanges()[0].end == "client")


def test_a_client_that_does_not_read_slows_the_server_down(ends: Ends) -> None:
    """What is on its way stays bounded; all of it comes when the client reads, and the tap keeps the beginning only."""
    size = 64 * 1_048_576
    client, server = ends.connect()
    client.sendall(REQUEST)
    read(server, len(REQUEST))
    server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    sent = 0
    server.settimeout(0.3)
    with pytest.raises(TimeoutError):
        while True:
            sent += server.send(bytes(PIECE))
    assert sent < size / 2
    server.settimeout(10)
    with sending(server, bytes(size - sent)):
        received, end = rest(client)
    assert (len(received.partition(b"\r\n\r\n")[2]), end) == (size, "FIN")
    answer = ends.tap.exchanges()[0].answer
    assert answer is not None
    assert (answer.size, len(answer.body), answer.complete) == (size, 1_048_576, True)


def test_a_server_that_does_not_read_slows_the_client_down(ends: Ends) -> None:
    """The same the other way round; of request bodies 96 MB are kept in all, and the rest is counted."""
    size = 60 * 1_048_576
    digests = []
    for _ in range(2):
        client, server = ends.connect()
        client.settimeout(0.3)
        head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size
        client.sendall(head)
        sent = 0
        with pytest.raises(TimeoutError):
            while True:
                sent += client.send(NOISE)
        assert sent < size / 2
        client.settimeout(10)
        with sending(client, bytes(size - sent)):
            received, _ = rest(server)
        assert len(received) == len(head) + size
        digests.append(hashlib.sha256(received[len(head) :]).digest())
    first, second = ends.tap.exchanges()
    assert [first.size, second.size] == [size, size]
    assert (hashlib.sha256(first.body).digest(), len(second.body)) == (digests[0], 36 * 1_048_576)


def test_small_pieces_do_not_wait_for_each_other(ends: Ends) -> None:
    """A piece is sent on although the one before it was not acknowledged: fifty rounds would take two seconds otherwise."""
    client, server = ends.connect()
    begin = time.monotonic()
    for _ in range(50):
        for end, other in ((client, server), (server, client)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in (b"a", b"b"):
                end.sendall(piece)
                assert read(other, 1) == piece
    assert time.monotonic() - begin < 1.5


def test_nobody_upstream(switchboard: Switchboard) -> None:
    """Where the upstream refuses the connection, the client is reset."""
    with Ends(switchboard) as ends:
        ends.port.close()
        with pytest.raises(ConnectionResetError):
            ends.client().recv(1)
        assert ends.tap.exchanges() == []


def test_closing_a_tap_ends_its_connections_in_order(ends: Ends) -> None:
    """Neither side is left waiting; what was said stays readable, and nobody can connect any more."""
    client, server = ends.connect()
    client.sendall(REQUEST)
    read(server, len(REQUEST))
    ends.tap.close()
    assert (rest(client), rest(server)) == ((b"", "FIN"), (b"", "FIN"))
    [exchange] = ends.tap.exchanges()
    assert (exchange.operation, exchange.end) == ("query", "")
    with pytest.raises(ConnectionRefusedError):
        ends.client()
