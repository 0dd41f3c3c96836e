"""Clients that are slow: they take no worker from others, and are given up in time."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mock_server import Settings, create_app
from mock_server.serving.tls import ThrowAwayCertificate
from mock_server.serving.wsgi_server import WsgiServer
from tests.abuse.conftest import HEALTH, PATIENCE, SOON, THREADS, Dripping, Victim
from tests.over_http.faulty_server import descriptors, running, until

CREATE = b"POST /v1/video_generation HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n"
HALF_HEAD = b"GET /__mock/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW_BODY = CREATE + b"Content-Length: 90000\r\n\r\n{"
SLOW_CHUNKS = CREATE + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"


def read_all(client: socket.socket) -> bytes:
    """Everything until the end; a reset is one, too."""
    received = b""
    try:
        while piece := client.recv(65_536):
            received += piece
    except ConnectionError:
        pass
    return received


@pytest.mark.parametrize("first", [HALF_HEAD, SLOW_BODY], ids=["heads", "bodies"])
def test_five_hundred_dripping_clients_delay_nobody(victim: Victim, first: bytes) -> None:
    """Four workers, five hundred clients that send a byte now and then, and every other one is answered."""
    with Dripping(victim, 500, first, b"x"):
        for _ in range(10):
            assert victim.is_well()


@pytest.mark.parametrize(
    ("first", "drip"), [(b"G", b"E"), (HALF_HEAD, b"x"), (SLOW_BODY, b"x"), (SLOW_CHUNKS, b"1\r\n \r\n")]
)
def test_whoever_drips_is_given_up(victim: Victim, first: bytes, drip: bytes) -> None:
    """A byte now and then keeps no connection alive."""
    with Dripping(victim, 8, first, drip, every=0.1) as clients:
        until(lambda: clients.given_up == 8, seconds=PATIENCE * 2 + 10)


def test_a_head_that_never_ends_is_told_so(victim: Victim) -> None:
    """408, in one line."""
    answer = victim.talk(HALF_HEAD)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b"\r\n\r\nthe request did not come to its end in time\n")


def test_a_body_that_never_ends_is_told_so(victim: Victim) -> None:
    """As a body that was cut off is, by the application."""
    answer = victim.talk(SLOW_BODY)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"the body did not come to its end" in answer


def test_a_body_that_nobody_wants_is_not_waited_for_long(victim: Victim) -> None:
    """The answer comes although the body does not."""
    answer = victim.talk(b"GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"\r\nConnection: close\r\n" in answer


def test_a_slow_body_that_comes_is_read(victim: Victim) -> None:
    """Slow is not wrong: in three pieces with pauses the body is taken, with all workers busy in this way."""
    pause = threading.Event()
    with ExitStack() as stack:
        clients = [stack.enter_context(victim.connect()) for _ in range(THREADS * 3)]
        for piece in (CREATE + b"Connection: close\r\nContent-Length: 6\r\n\r\n", b'{"a"', b":1"):
            for client in clients:
                client.sendall(piece)
            pause.wait(0.2)
        for client in clients:
            assert b'"status_code":2013' in (answer := read_all(client)) and b"did not come" not in answer


def test_silent_handshakes_delay_nobody(certificate: ThrowAwayCertificate) -> None:
    """Over TLS: clients that do not shake hands, or begin to, take no worker, and go in time."""
    server = WsgiServer(create_app(Settings()), "127.0.0.1", 0, threads=2, tls=certificate.context)
    server.timeout = PATIENCE
    trust = ssl.create_default_context(cafile=certificate.ca_file)
    with running(server), ExitStack() as stack:
        address = ("127.0.0.1", server.bind_addr[1])
        clients = [stack.enter_context(socket.create_connection(address, timeout=20)) for _ in range(100)]
        for client in clients[:50]:
            client.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        plain = stack.enter_context(socket.create_connection(address, timeout=SOON))
        spoken = stack.enter_context(trust.wrap_socket(plain, server_hostname="localhost"))
        spoken.sendall(HEALTH)
        assert spoken.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        for client in clients:
            assert read_all(client) == b""


@pytest.fixture(scope="module")
def certificate() -> Iterator[ThrowAwayCertificate]:
    """One for the tests of this file."""
    made = ThrowAwayCertificate(())
    yield made
    made.remove()


def test_clients_that_read_nothing_delay_nobody(victim: Victim) -> None:
    """Twelve downloads of a picture that is larger than the buffers, none of them read."""
    with ExitStack() as stack:
        for _ in range(THREADS * 3):
            client = stack.enter_context(victim.connect())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(b"GET /__mock/gallery/size-under-limit.png HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in range(5):
            assert victim.is_well()


def test_after_all_that_nothing_is_left(victim: Victim) -> None:
    """Threads and descriptors go back to where they were."""
    assert victim.is_well()
    until(lambda: victim.server.parked == 0)
    threads, files = threading.active_count(), descriptors()
    for first in (HALF_HEAD, SLOW_BODY, SLOW_CHUNKS, b"GARBAGE\r\n\r\n"):
        with Dripping(victim, 30, first, b"x"):
            assert victim.is_well()
    until(lambda: victim.server.parked == 0, seconds=20)
    # The first connection that waits for its end opens the parking lot: one thread, a selector and a pair of sockets.
    until(lambda: threading.active_count() <= threads + 1, seconds=20)
    until(lambda: descriptors() <= files + 3, seconds=20)
