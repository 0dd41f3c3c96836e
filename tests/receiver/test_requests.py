"""What the receiver does with requests that are no messages, and with clients that go away."""

from __future__ import annotations

import json
import socket

import pytest

from mock_server.receiver import CallbackReceiver
from mock_server.receiver.listener import MAX_BODY
from tests.receiver.wire import CHALLENGE, POOL, UPDATE, connect, connection_threads, everything, post, raw_request


@pytest.mark.parametrize(
    "body", [b"", b"challenge", b'{"challenge": NaN}', b"\xff\xff", b"[" * 100_000, b'{"challenge": "c"', b"{} {}"]
)
def test_a_body_that_is_not_json_is_400(
    receiver: CallbackReceiver, body: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is refused, not kept, and nothing is printed; the next one is served."""
    answer = POOL.request("POST", receiver.url, body=body)
    assert (answer.status, answer.json()) == (400, {"error": "the body is not JSON"})
    assert receiver.messages == []
    assert post(receiver, CHALLENGE).status == 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_other_methods_are_405(receiver: CallbackReceiver, method: str) -> None:
    """Only POST is taken; the answer says so."""
    answer = POOL.request(method, receiver.url, body=json.dumps(UPDATE).encode())
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert receiver.messages == []


def test_head_is_405_without_a_body(receiver: CallbackReceiver) -> None:
    """The answer to HEAD ends with its headers."""
    with connect(receiver) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Transfer-Encoding: chunked", 411),
        (b"Content-Length: -1", 400),
        (b"Content-Length: many", 400),
        (b"Content-Length: %d" % (MAX_BODY + 1), 413),
        (b"Content-Length: " + b"9" * 5000, 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(receiver: CallbackReceiver, header: bytes, status: int) -> None:
    """The answer arrives even when the client goes on sending, and nothing is kept."""
    with connect(receiver) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n" + b" " * 8_000_000)
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection).startswith(b"HTTP/1.1 %d " % status)
    assert receiver.messages == []


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x16\x03\x01\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\n",
        raw_request(UPDATE)[:-1],
        raw_request(12345)[:-2],
    ],
)
def test_a_client_that_breaks_off_is_nothing(
    receiver: CallbackReceiver, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """Half a request is not kept and prints nothing."""
    with connect(receiver) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        everything(connection)
    assert receiver.messages == []
    receiver.stop()
    assert capfd.readouterr() == ("", "")


def test_a_client_that_does_not_wait_is_nothing(receiver: CallbackReceiver, capfd: pytest.CaptureFixture[str]) -> None:
    """An answer to somebody who has gone prints nothing."""
    receiver.slow(0.2)
    for _ in range(3):
        with connect(receiver) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            connection.sendall(raw_request(UPDATE))
    receiver.wait_for_updates(3)
    for thread in connection_threads():
        thread.join(10)
    assert capfd.readouterr() == ("", "")
