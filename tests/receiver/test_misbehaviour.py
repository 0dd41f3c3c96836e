"""How the receiver misbehaves when it is told to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from mock_server.receiver import CallbackReceiver
from tests.receiver.wire import CHALLENGE, TAKEN, UPDATE, connect, everything, post, raw_request

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


def test_an_answer_that_cannot_be_made_is_500(receiver: CallbackReceiver) -> None:
    """The one who wrote the function is told in the answer."""
    receiver.answers(lambda message: message["nothing"])
    answer = post(receiver, UPDATE)
    assert (answer.status, answer.json()) == (500, {"error": "the answer could not be made: KeyError('nothing')"})
