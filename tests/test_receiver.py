"""The callback receiver: what it keeps, how it answers, how it misbehaves, and that it stops at once."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from mock_server.receiver import CallbackReceiver
from mock_server.receiver import receiver as receiver_module
from mock_server.receiver.listener import MAX_BODY

CHALLENGE = {"challenge": "c-1"}
UPDATE = {"task_id": "7", "status": "processing"}
TAKEN = {"status": "success"}
POOL = urllib3.PoolManager(retries=False, timeout=10)


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    """A receiver that listens."""
    with CallbackReceiver() as running:
        yield running


def post(receiver: CallbackReceiver, message: object) -> urllib3.BaseHTTPResponse:
    """Sends a message and gives the answer."""
    return POOL.request("POST", receiver.url, json=message, redirect=False)


def connect(receiver: CallbackReceiver) -> socket.socket:
    """A bare connection to the receiver."""
    parts = urlsplit(receiver.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def raw_request(message: object) -> bytes:
    """A message as it goes over the wire."""
    body = json.dumps(message).encode()
    return b"POST /get_callback HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_it_keeps_messages_in_order_and_answers_them(receiver: CallbackReceiver) -> None:
    """Challenges are echoed, updates are taken, and both can be looked up."""
    other = {"task_id": "8", "status": "success", "file_id": "9"}
    answers = [post(receiver, message) for message in (CHALLENGE, UPDATE, other)]
    assert [(answer.status, answer.json()) for answer in answers] == [(200, CHALLENGE), (200, TAKEN), (200, TAKEN)]
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}
    assert receiver.messages == [CHALLENGE, UPDATE, other]
    assert receiver.challenges == ["c-1"]
    assert receiver.updates == [UPDATE, other]
    assert receiver.updates_for("8") == [other]
    receiver.clear()
    assert receiver.messages == receiver.updates == receiver.challenges == []


def test_a_task_of_the_mock_reaches_it(receiver: CallbackReceiver) -> None:
    """Challenge, then processing, then success, as the mock sends them."""
    with MockServer(Settings(port=0, task_seconds=0)) as mock:
        api = Api(mock.url, "k-1")
        task_id = api.create(MINIMAL | {"callback_url": receiver.url}).json["task_id"]
        updates = receiver.wait_for_updates(2)
    assert [update["status"] for update in updates] == ["processing", "success"]
    assert receiver.updates_for(task_id) == updates
    assert receiver.challenges == [receiver.messages[0]["challenge"]]


def test_messages_that_are_no_objects_are_updates(receiver: CallbackReceiver) -> None:
    """Whatever is JSON is kept."""
    post(receiver, [CHALLENGE])
    post(receiver, False)
    assert receiver.updates == [[CHALLENGE], False]
    assert receiver.updates_for("7") == []


def test_only_the_last_messages_are_kept(receiver: CallbackReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones make room, and are no longer waited for."""
    monkeypatch.setattr(receiver_module, "MAX_MESSAGES", 2)
    for number in range(3):
        post(receiver, number)
    assert receiver.messages == [1, 2]
    assert receiver.wait_for_updates(2) == [1, 2]
    with pytest.raises(AssertionError, match="2 of 3 updates"):
        receiver.wait_for_updates(3, timeout=0)


def test_many_at_once_are_all_kept(receiver: CallbackReceiver) -> None:
    """Messages from many threads are neither lost nor delayed."""
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda number: post(receiver, number).status, range(400)))
    assert set(answers) == {200}
    assert sorted(receiver.messages) == list(range(400))


def test_waiting_ends_with_the_update(receiver: CallbackReceiver) -> None:
    """The wait begins before the updates come, and challenges do not count."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(receiver.wait_for_updates, 2, 10)
        for message in (CHALLENGE, UPDATE, CHALLENGE, UPDATE):
            assert not waiting.done()
            post(receiver, message)
        assert waiting.result(timeout=10) == [UPDATE, UPDATE]


def test_a_wait_in_vain_says_what_was_seen(receiver: CallbackReceiver) -> None:
    """The failure names the count, the time and the messages; of many, the last ones."""
    with pytest.raises(AssertionError, match=r"^0 of 1 updates came within 0.01 s; nothing was seen$"):
        receiver.wait_for_updates(1, timeout=0.01)
    post(receiver, CHALLENGE)
    post(receiver, UPDATE)
    with pytest.raises(AssertionError) as caught:
        receiver.wait_for_updates(2, timeout=0.01)
    assert str(caught.value) == (
        f"1 of 2 updates came within 0.01 s; seen: {json.dumps(CHALLENGE)}, {json.dumps(UPDATE)}"
    )
    receiver.clear()
    for number in range(25):
        post(receiver, number)
    with pytest.raises(AssertionError, match="seen: 5 before, then 5, 6, 7, "):
        receiver.wait_for_updates(26, timeout=0.01)


MISBEHAVIOURS: dict[str, tuple[Callable[[CallbackReceiver], None], int, bytes]] = {
    "wrong": (lambda receiver: receiver.wrong(), 200, b'{"challenge": "another"}'),
    "not JSON": (lambda receiver: receiver.not_json(), 200, b"challenge accepted"),
    "status 500": (lambda receiver: receiver.status(500), 500, b'{"challenge": "c-1"}'),
    "status 302": (lambda receiver: receiver.status(302), 302, b'{"challenge": "c-1"}'),
    "status 204": (lambda receiver: receiver.status(204), 204, b""),
    "answers JSON": (lambda receiver: receiver.answers(lambda message: [message]), 200, b'[{"challenge": "c-1"}]'),
    "answers bytes": (lambda receiver: receiver.answers(lambda _message: b"\xff"), 200, b"\xff"),
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_it_misbehaves_until_it_is_told_to_behave(receiver: CallbackReceiver, name: str) -> None:
    """A misbehaviour counts for the very next request and all others until `behave`; the messages are kept all the same."""
    misbehave, status, content = MISBEHAVIOURS[name]
    misbehave(receiver)
    for _ in range(2):
        answer = post(receiver, CHALLENGE)
        assert (answer.status, answer.data) == (status, content)
        assert answer.headers.get("Location") == (receiver.url if status == 302 else None)
    receiver.behave()
    answer = post(receiver, CHALLENGE)
    assert (answer.status, answer.json()) == (200, CHALLENGE)
    assert receiver.messages == [CHALLENGE] * 3


def test_it_closes_without_an_answer(receiver: CallbackReceiver) -> None:
    """Not a byte comes back, and the message is kept."""
    receiver.closes()
    with connect(receiver) as connection:
        connection.sendall(raw_request(UPDATE))
        assert everything(connection) == b""
    assert receiver.messages == [UPDATE]


def test_it_answers_late(receiver: CallbackReceiver) -> None:
    """The message is there at once, the right answer only after the time."""
    receiver.late(0.8)
    with connect(receiver) as connection:
        begin = time.monotonic()
        connection.sendall(raw_request(UPDATE))
        receiver.wait_for_updates(1)
        told = time.monotonic() - begin
        answer = everything(connection)
        took = time.monotonic() - begin
    assert told < 0.8 <= took
    assert answer.endswith(json.dumps(TAKEN).encode())


def test_it_answers_slowly(receiver: CallbackReceiver) -> None:
    """One byte at a time, each a little later than the one before, until the right answer is whole."""
    receiver.slow(0.8)
    with connect(receiver) as connection:
        begin = time.monotonic()
        connection.sendall(raw_request(UPDATE))
        pieces = [(time.monotonic() - begin, piece) for piece in iter(lambda: connection.recv(65_536), b"")]
    answer = b"".join(piece for _, piece in pieces)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(json.dumps(TAKEN).encode())
    assert len(pieces) > 20
    assert pieces[-1][0] >= 0.8
    assert pieces[len(pieces) // 4][0] < 0.6


def test_times_counts_requests(receiver: CallbackReceiver) -> None:
    """After so many requests it behaves again, without being told."""
    receiver.status(500, times=2)
    assert [post(receiver, UPDATE).status for _ in range(4)] == [500, 500, 200, 200]


def test_times_counts_those_it_is_meant_for(receiver: CallbackReceiver) -> None:
    """What is only for updates is not used up by challenges."""
    receiver.status(503, times=1, only="update")
    assert [post(receiver, message).status for message in (CHALLENGE, UPDATE, UPDATE)] == [200, 503, 200]


def test_each_kind_can_be_answered_in_its_own_way(receiver: CallbackReceiver) -> None:
    """Challenges and updates misbehave side by side; a later call takes the place of an earlier one."""
    receiver.status(500)
    receiver.status(401, only="challenge")
    assert [post(receiver, message).status for message in (CHALLENGE, UPDATE)] == [401, 500]
    receiver.not_json(only="update")
    assert [post(receiver, message).status for message in (CHALLENGE, UPDATE)] == [401, 200]


@pytest.mark.parametrize(
    ("misbehave", "words"),
    [
        (lambda receiver: receiver.status(99), "status 99 is not from 200 to 599"),
        (lambda receiver: receiver.late(-1), "-1 seconds cannot be waited for"),
        (lambda receiver: receiver.slow(float("nan")), "nan seconds"),
        (lambda receiver: receiver.wrong(times=0), "times=0 is not at least 1"),
        (lambda receiver: receiver.wrong(only="updates"), "only='updates' is not one of challenge, update"),
    ],
)
def test_what_cannot_be_is_refused(
    receiver: CallbackReceiver, misbehave: Callable[[CallbackReceiver], None], words: str
) -> None:
    """A ValueError says what was wrong, and nothing changes."""
    with pytest.raises(ValueError, match=words):
        misbehave(receiver)
    assert post(receiver, CHALLENGE).json() == CHALLENGE


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
    assert _threads_end()
    assert capfd.readouterr() == ("", "")


def test_an_answer_that_cannot_be_made_is_500(receiver: CallbackReceiver) -> None:
    """The one who wrote the function is told in the answer."""
    receiver.answers(lambda message: message["nothing"])
    answer = post(receiver, UPDATE)
    assert (answer.status, answer.json()) == (500, {"error": "the answer could not be made: KeyError('nothing')"})


def _connection_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("minimax-callback-receiver-")]


def _threads_end() -> bool:
    for thread in _connection_threads():
        thread.join(10)
    return not _connection_threads()


@pytest.mark.parametrize(
    "misbehave", [lambda receiver: receiver.late(3600), lambda receiver: receiver.slow(3600)], ids=["late", "slow"]
)
def test_a_stop_ends_what_waits(misbehave: Callable[[CallbackReceiver], None]) -> None:
    """A stop closes what has an hour to go, without the answer, and leaves neither thread nor port."""
    with CallbackReceiver() as receiver:
        misbehave(receiver)
        idle, waiting = connect(receiver), connect(receiver)
        waiting.sendall(raw_request(UPDATE))
        receiver.wait_for_updates(1)
        begin = time.monotonic()
    assert time.monotonic() - begin < 1
    with waiting, idle:
        assert b"success" not in everything(waiting)
        assert everything(idle) == b""
    assert not _connection_threads()
    with pytest.raises(ConnectionRefusedError):
        connect(receiver)


def test_a_stop_ends_a_wait_for_updates() -> None:
    """Whoever waits is told that the receiver was stopped."""
    with ThreadPoolExecutor(1) as pool:
        with CallbackReceiver() as receiver:
            waiting = pool.submit(receiver.wait_for_updates, 1, 3600)
        with pytest.raises(AssertionError, match="0 of 1 updates came before the receiver was stopped"):
            waiting.result(timeout=10)


def test_it_can_be_stopped_twice_and_started_again() -> None:
    """A second start while it runs is refused; after a stop it listens again and has its messages still."""
    receiver = CallbackReceiver()
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = receiver.url
    receiver.stop()
    receiver.start()
    with pytest.raises(RuntimeError, match="already running"):
        receiver.start()
    post(receiver, 1)
    receiver.stop()
    receiver.stop()
    with receiver:
        post(receiver, 2)
        assert receiver.wait_for_updates(2) == [1, 2]


def test_importing_it_loads_no_server() -> None:
    """The plugin that offers it is loaded into every run of pytest."""
    source = "import sys, mock_server.receiver; print([name for name in sys.modules if name in sys.argv[1:]])"
    heavy = ["http.server", "socketserver", "dataclasses", "flask", "urllib3", "mock_server.settings"]
    done = subprocess.run([sys.executable, "-c", source, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_its_url_is_a_path_of_this_machine(receiver: CallbackReceiver) -> None:
    """127.0.0.1, a port and a path; other paths are served too."""
    parts: Any = urlsplit(receiver.url)
    assert (parts.scheme, parts.hostname, parts.path) == ("http", "127.0.0.1", "/get_callback")
    assert POOL.request("POST", f"{receiver.url}/more?token=1", json=UPDATE).status == 200
