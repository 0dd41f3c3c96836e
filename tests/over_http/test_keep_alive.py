"""Connections that end with their answer, as with the service, and connections that are kept."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from contract_tests.api import CREATE, MINIMAL, QUERY
from mock_server import MockServer, Settings, create_app
from mock_server.serving.tls import ThrowAwayCertificate
from mock_server.web.wire import WireFault
from tests.over_http.controlling import User
from tests.over_http.faulty_server import BODY, PLAIN, head, request, serving
from tests.over_http.raw import lines, read, talk
from tests.over_http.test_wire_faults import BYTES, FAULTS, end_of, name

LIMIT = 2048
WHOLE = head(10, "Connection: close") + BODY
NO_FAULT = WireFault("close")


@pytest.fixture(scope="module")
def closing() -> Iterator[MockServer]:
    """A mock that closes each connection."""
    with MockServer(Settings(port=0, no_keep_alive=True, max_body=LIMIT)) as mock:
        yield mock


def test_an_answer_ends_its_connection(certificate: ThrowAwayCertificate | None) -> None:
    """It says so behind its length, as recorded; over TLS the client is told that this was all."""
    with serving(NO_FAULT, keep_alive=False, certificate=certificate) as served:
        assert served.exchange(PLAIN) == (WHOLE, "BYE" if certificate else "FIN")


def test_by_default_a_connection_is_kept(certificate: ThrowAwayCertificate | None) -> None:
    """Nothing is said of it, and the next request is answered."""
    with serving(NO_FAULT, certificate=certificate) as served, served.connect() as client:
        for _ in range(2):
            client.send(request(PLAIN))
            assert client.read(len(head() + BODY)) == head() + BODY


@pytest.mark.parametrize("more", ["Connection: keep-alive\r\n", "Connection: close\r\n", ""])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_whatever_the_client_asks_for(version: str, more: str) -> None:
    """HTTP/1.0 as well, which else says nothing of a connection that ends."""
    with serving(NO_FAULT, keep_alive=False) as served, served.connect() as client:
        client.send(request(PLAIN, version=version, more=more))
        assert client.rest() == (WHOLE, "FIN")


@pytest.mark.parametrize("size", [0, 500_000])
def test_a_second_request_is_not_answered(certificate: ThrowAwayCertificate | None, size: int) -> None:
    """One that came with the first is dropped, and the first answer is not lost to a reset, however much came."""
    with serving(NO_FAULT, keep_alive=False, certificate=certificate) as served, served.connect() as client:
        client.send(request(PLAIN) + request(PLAIN, more=f"Content-Length: {size}\r\n") + b"x" * size)
        received, end = client.rest()
        assert (received, served.application.closed) == (WHOLE, 1)
        assert end in ("FIN", "BYE")


def test_a_client_that_keeps_its_end_open_holds_no_thread() -> None:
    """Clients that read and do not close are no hindrance for the next one."""
    with serving(NO_FAULT, keep_alive=False, threads=1) as served:
        begin = time.monotonic()
        clients = [served.connect() for _ in range(10)]
        for client in clients:
            client.send(request(PLAIN))
            assert client.read(len(WHOLE)) == WHOLE
        assert time.monotonic() - begin < 5
        for client in clients:
            client.plain.close()


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_broken_answers_break_in_the_same_way(fault: WireFault, certificate: ThrowAwayCertificate | None) -> None:
    """A head that is sent says that the connection ends; nothing else differs."""
    expected = BYTES[fault.name].replace(head(), head(10, "Connection: close"))
    with serving(fault, keep_alive=False, certificate=certificate) as served:
        assert served.exchange() == (expected, end_of(fault, certificate))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (lines(f"GET {QUERY}"), 200), (lines(f"HEAD {QUERY}"), 200), (lines(f"OPTIONS {CREATE}"), 200),
        (lines("GET /v1/files"), 404), (lines(f"GET {CREATE}"), 405), (lines("GET /__mock/health"), 200),
        (lines(f"POST {CREATE}", "Authorization: Bearer k", f"Content-Length: {LIMIT + 1}"), 413),
        (lines(f"POST {CREATE}", "Content-Length: x"), 400), (lines("GET //["), 400), (b"GARBAGE\r\n\r\n", 400),
    ],
)  # fmt: skip
def test_every_answer_says_it_once(closing: MockServer, sent: bytes, status: int) -> None:
    """Those of the service, of the control API, and of the server itself."""
    answer = read(talk(closing.url, sent))
    assert (answer.status, answer["Connection"]) == (status, "close")


def test_a_delayed_answer_says_it_too(closing: MockServer) -> None:
    """Also while another thread stands in."""
    user = User(closing)
    user.rule({"delay": 0.05}, {"operation": "query"})
    answer = read(talk(closing.url, lines(f"GET {QUERY}", f"Authorization: Bearer {user.key}")))
    assert (answer.status, answer["Connection"]) == (200, "close")


def test_a_client_with_a_pool_opens_another(closing: MockServer) -> None:
    """A task from create to download, each call on a connection of its own."""
    user = User(closing)
    user.rule({"task": {"seconds": 0}})
    task_id = user.api.create(MINIMAL).json["task_id"]
    file_id = user.api.query(task_id).json["file_id"]
    reply = user.api.send("GET", user.api.retrieve(file_id).json["file"]["download_url"])
    assert (reply.headers["Connection"], reply.headers["Content-Length"]) == ("close", str(len(reply.content)))


def test_another_server_keeps_its_own_ways() -> None:
    """The connection is the server's (PEP 3333), so the application says nothing of it."""
    assert "Connection" not in create_app(Settings(no_keep_alive=True)).test_client().get(QUERY).headers
