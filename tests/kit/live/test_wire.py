"""One request over a real connection, and servers that make it hard."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from contract_tests.live.wire import MAX_ANSWER, NoAnswer, Wanted, send
from mock_server import MockServer
from tests.kit.live.stage import journal, mock, rule

QUERY = "/v1/query/video_generation?task_id=1"


def asked(url: str, path: str = QUERY) -> Wanted:
    """A question with a key."""
    return Wanted("GET", url + path, (("Authorization", "Bearer sk-secret-key"),))


@contextmanager
def server_that_sends(*pieces: bytes, hold: threading.Event | None = None) -> Iterator[str]:
    """Answers one connection with these bytes, and keeps it open until `hold` is set."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                for piece in pieces:
                    connection.sendall(piece)
                if hold is not None:
                    hold.wait(5)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        if hold is not None:
            hold.set()
        thread.join(5)


def test_an_answer(server: MockServer) -> None:
    """Status, headers and body as they came."""
    reply = send(asked(server.url))
    assert reply.status == 200
    assert b"2013" in reply.body
    assert "Trace-Id" in dict(reply.headers)
    assert not reply.cut


def test_nothing_is_added_to_a_request(server: MockServer) -> None:
    """No Content-Type and no Accept-Encoding of a library's own."""
    send(Wanted("POST", f"{server.url}/v1/video_generation", (("Authorization", "Bearer sk-secret-key"),), b"{}"))
    (entry,) = journal(server)
    names = {name.lower() for name in entry["request"]["headers"]}
    assert names == {"host", "authorization", "content-length"}


def test_redirects_are_not_followed(server: MockServer) -> None:
    """The key would go where the server wants it."""
    rule(server, {"operation": "query"}, {"fault": {"name": "redirect", "status": 307, "location": f"{server.url}/x"}})
    assert send(asked(server.url)).status == 307
    assert len(journal(server)) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    """Before anything is sent."""
    with mock(tls=True) as server, pytest.raises(NoAnswer, match="the certificate is not trusted") as nothing:
        send(asked(server.url))
    assert not nothing.value.sent


def test_a_huge_answer_is_cut(server: MockServer) -> None:
    """What is kept is bounded, whatever is sent."""
    rule(server, {"operation": "query"}, {"fault": {"name": "huge", "bytes": 5_000_000}})
    reply = send(asked(server.url))
    assert reply.cut
    assert len(reply.body) == MAX_ANSWER


def test_nobody_listens() -> None:
    """The request was certainly not sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NoAnswer, match="nobody listens there") as nothing:
        send(asked(f"http://127.0.0.1:{port}"))
    assert not nothing.value.sent


@pytest.mark.parametrize("fault", ["reset", "close", "truncate", "garbage"])
def test_answers_that_are_lost(server: MockServer, fault: str) -> None:
    """The request may have arrived, and is not sent again."""
    rule(server, {"operation": "query"}, {"fault": fault})
    with pytest.raises(NoAnswer) as nothing:
        send(asked(server.url))
    assert nothing.value.sent
    assert "secret" not in nothing.value.reason
    assert len(journal(server)) == 1


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\n\r\n{",
    ],
)
def test_the_whole_answer_has_a_deadline(beginning: bytes) -> None:
    """However the server makes it last, and also where the end of the connection would be the end of the answer."""
    with (
        server_that_sends(beginning, hold=threading.Event()) as url,
        pytest.raises(NoAnswer, match=r"no whole answer within 0\.2 s"),
    ):
        send(asked(url), whole=0.2)


def test_an_answer_that_ends_with_its_connection() -> None:
    """Neither length nor chunks."""
    with server_that_sends(b"HTTP/1.0 200 OK\r\n\r\n", b"{}") as url:
        assert send(asked(url)).body == b"{}"


def test_a_request_never_shows_its_key() -> None:
    """Not in a traceback, not in a log."""
    assert "sk-secret" not in repr(asked("http://127.0.0.1"))
