"""The challenge: what proves a receiver, and everything that does not, each with its reason."""

from __future__ import annotations

import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from tests.callbacks.receiver import Behaviour, Received, Receiver, echo, reply

TIMEOUT = 0.4
REFUSED = {
    "task_id": "",
    "base_resp": {"status_code": 2013, "status_msg": "invalid params, fail to check callback url"},
}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """A mock that waits for a challenge only briefly."""
    with MockServer(Settings(port=0, callback_timeout=TIMEOUT, progress="polls:3")) as server:
        yield server


@pytest.fixture
def api(mock: MockServer) -> Api:
    """The mock, called with a key that no other test uses."""
    return Api(mock.url, f"test-{secrets.token_hex(8)}")


def test_challenge_as_documented(api: Api) -> None:
    """One POST of JSON during the create: a fresh UUID-like value, no key, the query string kept byte for byte."""
    with Receiver() as receiver:
        for _ in range(2):
            assert api.create(MINIMAL | {"callback_url": receiver.url + "?b=%20x&a=1&a=ü%2F#top"}).code == 0
        first, second = receiver.received
    assert first.head.startswith("POST /callback?b=%20x&a=1&a=%C3%BC%2F HTTP/1.1\r\n")
    assert "content-type: application/json" in first.head.lower()
    assert f"host: 127.0.0.1:{receiver.port}" in first.head.lower()
    assert "authorization" not in first.head.lower()
    assert api.key is not None
    assert api.key not in first.head + first.body.decode()
    assert list(first.json) == ["challenge"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first.json["challenge"])
    assert first.json != second.json


def test_challenge_comes_before_the_task_and_the_answer(api: Api, mock: MockServer) -> None:
    """While the receiver is asked, there is no task yet."""
    seen: list[int] = []
    assert api.key is not None
    key = api.key

    def look(connection: socket.socket, received: Received) -> None:
        seen.append(len(mock.service.world.account(key).tasks()))
        echo(connection, received)

    with Receiver(look) as receiver:
        assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 0
    assert seen == [0]
    assert len(mock.service.world.account(key).tasks()) == 1


def wrong_value(connection: socket.socket, received: Received) -> None:
    """Sends another challenge back."""
    reply(json.dumps({"challenge": received.json["challenge"].upper() + "x"}))(connection, received)


def wrapped(connection: socket.socket, received: Received) -> None:
    """Puts the echo into another object."""
    reply(json.dumps({"data": received.json}))(connection, received)


def as_list(connection: socket.socket, received: Received) -> None:
    """Sends an array."""
    reply(json.dumps([received.json]))(connection, received)


def bare(connection: socket.socket, received: Received) -> None:
    """Sends the value alone."""
    reply(json.dumps(received.json["challenge"]))(connection, received)


def as_text(connection: socket.socket, received: Received) -> None:
    """Sends the right JSON under another type."""
    reply(received.body, content_type="text/plain")(connection, received)


def created(connection: socket.socket, received: Received) -> None:
    """Echoes with a server error."""
    reply(received.body, status="500 Internal Server Error")(connection, received)


def redirect(connection: socket.socket, received: Received) -> None:
    """Sends the caller elsewhere."""
    reply(received.body, status="302 Found", more="Location: http://127.0.0.1:1/\r\n")(connection, received)


def silent(connection: socket.socket, _received: Received) -> None:
    """Never answers; ends when the caller goes."""
    connection.recv(1)


def drip(connection: socket.socket, received: Received) -> None:
    """Sends the right answer so slowly that each byte comes in time and the last one does not."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(received.body)}\r\n\r\n".encode()
    for byte in head + received.body:
        connection.sendall(bytes([byte]))
        if threading.Event().wait(0.02):
            return


def drip_in_the_body(connection: socket.socket, received: Received) -> None:
    """Sends the head at once and drips the body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
    for byte in received.body.ljust(1000):
        connection.sendall(bytes([byte]))
        if threading.Event().wait(0.02):
            return


def flood(connection: socket.socket, _received: Received) -> None:
    """Sends without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b" " * 65_536)


def long_echo(connection: socket.socket, received: Received) -> None:
    """Sends the right echo with one byte more than may be."""
    reply(received.body.ljust(65_537))(connection, received)


def cut_off(connection: socket.socket, received: Received) -> None:
    """Promises more than it sends."""
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n" + received.body
    )


def no_http(connection: socket.socket, _received: Received) -> None:
    """Speaks another protocol."""
    connection.sendall(b"220 mail.example ESMTP\r\n")


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (wrong_value, "another challenge came back"),
        (reply('{"challenge": 5}'), "came back as a number, not as a string"),
        (reply('{"challenge": null}'), "came back as null"),
        (reply('{"ok": true}'), "has no field challenge"),
        (wrapped, "has no field challenge; it stands inside 'data'"),
        (as_list, "an array, not an object"),
        (bare, "a string, not an object"),
        (reply("true"), "a boolean, not an object"),
        (reply("not json"), "is not JSON"),
        (reply(b"\xff\xfe"), "is not JSON"),
        (reply("[" * 50_000), "is not JSON"),
        (reply(""), "is not JSON"),
        (reply('{"challenge": NaN}'), "is not JSON"),
        (reply(b"\xef\xbb\xbf{}"), "is not JSON"),
        (reply("x", more="Content-Encoding: gzip\r\n"), "is encoded (Content-Encoding: 'gzip')"),
        (as_text, "Content-Type is 'text/plain'"),
        (created, "HTTP 500, not 2xx"),
        (reply("gone", status="404 Not Found", content_type="text/html"), "HTTP 404, not 2xx"),
        (redirect, "redirect (HTTP 302), which is never followed"),
        (silent, "no complete answer within 0.4 s (connected, but no answer began)"),
        (drip, "no complete answer within 0.4 s"),
        (drip_in_the_body, "no complete answer within 0.4 s (reading the answer)"),
        (flood, "longer than 65536 bytes"),
        (long_echo, "longer than 65536 bytes"),
        (cut_off, "cut off"),
        (no_http, "no proper HTTP"),
        (lambda connection, _received: connection.close(), "closed without an answer"),
    ],
)
def test_everything_else_is_2013_with_its_reason(api: Api, mock: MockServer, behave: Behaviour, reason: str) -> None:
    """The vendor's text to the client; the true reason in header, journal and callbacks; asked once, no task, no update."""
    with Receiver(behave) as receiver:
        begin = time.monotonic()
        answer = api.create(MINIMAL | {"callback_url": receiver.url})
        assert time.monotonic() - begin < TIMEOUT + 1
        assert answer.json == REFUSED
        (violation,) = json.loads(answer.headers["X-Mock-Violations"])
        assert violation["rule"] == "callback-challenge"
        assert reason in violation["hint"]
        entry = api.send("GET", f"/__mock/requests/{answer.headers['X-Mock-Request-Id']}").json
        (note,) = entry["notes"]
        assert note["note"] == "challenge"
        assert reason in note["reason"]
        assert api.key is not None
        (delivery,) = api.send("GET", "/__mock/callbacks", query={"account": api.key}).json["callbacks"]
        assert (delivery["kind"], delivery["delivered"]) == ("challenge", False)
        assert len(receiver.received) == 1
    assert mock.service.world.account(api.key).tasks() == []


def test_answer_start_is_shown_in_one_line(api: Api) -> None:
    """What the receiver said is in the hint, with its line breaks made harmless."""
    with Receiver(reply("Blocked request.\nThis host is not allowed.", status="403 Forbidden")) as receiver:
        answer = api.create(MINIMAL | {"callback_url": receiver.url})
    hint = json.loads(answer.headers["X-Mock-Violations"])[0]["hint"]
    assert r'the answer began with "Blocked request.\nThis host is not allowed."' in hint


def test_credentials_in_the_url_are_neither_sent_nor_shown(api: Api) -> None:
    """Refused without a word to anybody, and hidden in answer, journal and record."""
    with Receiver() as receiver:
        answer = api.create(MINIMAL | {"callback_url": receiver.url.replace("//", "//user:hidden-word@")})
        assert answer.json == REFUSED
        assert receiver.received == []
    assert api.key is not None
    for text in (
        str(answer.headers),
        api.send("GET", "/__mock/requests", query={"account": api.key}).content.decode(),
        api.send("GET", "/__mock/callbacks", query={"account": api.key}).content.decode(),
    ):
        assert "hidden-word" not in text
        assert "credentials in the URL are not sent" in text


def test_a_port_where_nobody_listens(api: Api) -> None:
    """Refused connections are told apart from silence."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    answer = api.create(MINIMAL | {"callback_url": f"http://127.0.0.1:{port}/"})
    assert answer.json == REFUSED
    assert "cannot connect: Connection refused" in answer.headers["X-Mock-Violations"]


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted"])
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "application/hal+json"]
)
def test_what_proves_a_receiver(api: Api, status: str, content_type: str) -> None:
    """Any 2xx, any JSON type, more fields beside the challenge, exactly 64 KiB."""

    def behave(connection: socket.socket, received: Received) -> None:
        body = json.dumps({"more": [1], **received.json}).encode().ljust(65_536)
        reply(body, status=status, content_type=content_type)(connection, received)

    with Receiver(behave) as receiver:
        assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 0


def test_chunked_echo(api: Api) -> None:
    """An answer without a length is read to its end."""

    def behave(connection: socket.socket, received: Received) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(received.body), received.body))

    with Receiver(behave) as receiver:
        assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 0


def test_money_comes_back_when_the_receiver_fails() -> None:
    """A balance for one video still buys it after a failed challenge."""
    with MockServer(Settings(port=0, balance=0.28, callback_timeout=TIMEOUT)) as mock, Receiver(created) as receiver:
        api = Api(mock.url, "k-1")
        assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 2013
        receiver.behave = echo
        assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 0
        assert api.create(MINIMAL).code == 1008


def test_waiting_challenges_delay_nobody_else() -> None:
    """With 32 creates waiting for silent receivers, another create and a query are answered at once."""
    settings = Settings(port=0, callback_timeout=5)
    with MockServer(settings) as mock, Receiver(silent) as receiver:
        codes: list[int] = []

        def wait(number: int) -> None:
            codes.append(Api(mock.url, f"waiting-{number}").create(MINIMAL | {"callback_url": receiver.url}).code)

        threads = [threading.Thread(target=wait, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        receiver.wait_for(32)
        begin = time.monotonic()
        api = Api(mock.url, "in-a-hurry")
        assert api.query(api.create(MINIMAL).json["task_id"]).code == 0
        assert time.monotonic() - begin < 1
        assert codes == []
        # A stop ends the waiting: every create is answered, and nobody hangs.
        mock.stop()
        for thread in threads:
            thread.join(5)
        assert codes == [2013] * 32
        assert time.monotonic() - begin < 4


def test_receivers_that_call_the_mock_before_they_answer() -> None:
    """More of them at once than the mock has threads, and each gets its answer while its challenge is under way."""
    with MockServer(Settings(port=0, threads=2, callback_timeout=2)) as mock:
        api = Api(mock.url, "asks-back")
        together = threading.Barrier(4)

        def ask_back(connection: socket.socket, received: Received) -> None:
            if "challenge" in received.json:
                together.wait(20)
                assert Api(mock.url, "asks-back").query("1").status == 200
            echo(connection, received)

        codes: list[int | None] = []
        with Receiver(ask_back) as receiver:
            order = MINIMAL | {"callback_url": receiver.url}
            creates = [threading.Thread(target=lambda: codes.append(api.create(order).code)) for _ in range(4)]
            for each in creates:
                each.start()
            for each in creates:
                each.join(60)
    assert codes == [0] * 4
