"""Receivers that are dead in every way, beside one that is well: it is told everything, at its time, and waits for nobody."""

from __future__ import annotations

import json
import secrets
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from mock_server.callbacks.answering import MAX_HEAD, MAX_INTERIM
from mock_server.callbacks.places import AT_ONCE_TO_ONE, Places
from mock_server.world.account import Account
from mock_server.world.order import Order
from mock_server.world.task import Plan, Task
from tests.callbacks.receiver import Behaviour, Received, Receiver, echo, reply, wait_until

BURST = 500
# With as many messages to each as go out at once, more than all that may be under way.
DEAD = 40
# So long would a dead receiver be waited for, if anybody waited for it: longer than a test may last.
FOR_EVER = 60.0
# A task that ends where it would have begun tells its receiver only that.
REFUSED = 1026


def order(url: str) -> Order:
    """An order whose receiver has been proven."""
    return Order("MiniMax-Hailuo-02", "768P", 6, "a cat", 280, url)


def begin(mock: MockServer, account: Account, url: str, seconds: float = 0.0) -> Task:
    """A task as a create call leaves it, that tells its receiver one thing after so many seconds."""
    task = account.open_task(order(url), Plan(seconds, fail_code=REFUSED, processing=seconds))
    mock.service.callbacks.follow(account, task)
    mock.service.callbacks.release(account, task)
    return task


def told(receiver: Receiver) -> Counter[str]:
    """How often the receiver was told of which task."""
    return Counter(received.json["task_id"] for received in receiver.received if "task_id" in received.json)


def say_nothing(connection: socket.socket, _received: Received) -> None:
    """Waits until the caller goes."""
    connection.recv(1)


@contextmanager
def silent() -> Iterator[str]:
    """A receiver whose connections stand, and that never reads."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/callback"


@contextmanager
def blackhole() -> Iterator[str]:
    """A receiver whose connections never stand: its backlog is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as stack:
        port = listener.getsockname()[1]
        for _ in range(4):
            connection = stack.enter_context(socket.socket())
            connection.setblocking(False)
            with suppress(BlockingIOError):
                connection.connect(("127.0.0.1", port))
        yield f"http://127.0.0.1:{port}/callback"


@contextmanager
def refusing() -> Iterator[str]:
    """A port on which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/callback"


@contextmanager
def dripping() -> Iterator[str]:
    """A receiver that never stops to send a head, byte by byte."""
    gone = threading.Event()

    def drip(connection: socket.socket, _received: Received) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not gone.wait(0.25):
            connection.sendall(b"x")

    with Receiver(drip) as receiver:
        yield receiver.url
        gone.set()


@contextmanager
def nameless() -> Iterator[str]:
    """A receiver whose name is never found; the resolver of the mock hangs."""
    yield f"http://{secrets.token_hex(4)}.hanging.test/callback"


@pytest.mark.parametrize("kind", [silent, blackhole, refusing, dripping, nameless])
def test_dead_receivers_delay_nobody(kind: Callable[[], AbstractContextManager[str]]) -> None:
    """Forty of them, each with more messages than may be under way to it, before one that is told everything meanwhile."""
    ended = threading.Event()

    def resolver(name: str, _port: int) -> Sequence[str]:
        if name.endswith(".hanging.test"):
            ended.wait(FOR_EVER)
            return []
        return ["127.0.0.1"]

    settings = Settings(port=0, callback_timeout=FOR_EVER)
    with ExitStack() as stack, MockServer(settings, resolver=resolver) as mock, Receiver() as alive:
        account = mock.service.world.account("k-1")
        for _ in range(DEAD):
            url = stack.enter_context(kind())
            for _ in range(AT_ONCE_TO_ONE + 8):
                begin(mock, account, url)
        by_name = alive.url.replace("127.0.0.1", "receiver.test")
        tasks = [begin(mock, account, url) for _ in range(50) for url in (alive.url, by_name)]
        wait_until(lambda: len(told(alive)) == len(tasks), FOR_EVER / 3)
        assert told(alive) == {str(task.id): 1 for task in tasks}
        ended.set()


def test_so_many_are_under_way_and_no_more() -> None:
    """A receiver that never answers has 32 connections, whatever waits for it."""
    with MockServer(Settings(port=0, callback_timeout=FOR_EVER)) as mock, Receiver(say_nothing) as receiver:
        account = mock.service.world.account("k-1")
        for _ in range(4 * AT_ONCE_TO_ONE):
            begin(mock, account, receiver.url)
        receiver.wait_for(AT_ONCE_TO_ONE)
        updates = mock.service.callbacks._updates
        assert updates is not None
        assert Places().free - updates.places.free == AT_ONCE_TO_ONE
        mock.stop()
        assert len(receiver.received) == AT_ONCE_TO_ONE
        assert updates.places.free == Places().free


def test_late_challenges_are_bounded_too() -> None:
    """A challenge that a rule sends after the answer waits for its turn like any other message."""
    with MockServer(Settings(port=0, callback_timeout=FOR_EVER)) as mock, Receiver(say_nothing) as receiver:
        api = Api(mock.url, "k-1")
        rule = {"match": {"operation": "challenge"}, "then": {"after_answer": True}}
        api.send("POST", "/__mock/rules", body=json.dumps(rule).encode())
        for _ in range(2 * AT_ONCE_TO_ONE):
            assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 0
        receiver.wait_for(AT_ONCE_TO_ONE)
        updates = mock.service.callbacks._updates
        assert updates is not None
        assert Places().free - updates.places.free == AT_ONCE_TO_ONE
        mock.stop()
        assert len(receiver.received) == AT_ONCE_TO_ONE
        assert updates.places.free == Places().free


class HastyClock:
    """A clock that stands where it is put, and says of every moment that it is there already."""

    def __init__(self) -> None:
        self.shown = 1_795_000_000.0
        self.asked = 0

    def now(self) -> float:
        """Where it stands; counts who asks."""
        self.asked += 1
        return self.shown

    def seconds_until(self, _when: float) -> float:
        """So that every timer comes too soon."""
        return 0.0

    def when_moved(self, _listener: Callable[[], None]) -> None:
        """Tells nobody, as a clock that runs by itself."""


def test_a_timer_that_comes_too_soon_sends_nothing() -> None:
    """A millisecond before its moment a task is looked at again and again, and nothing goes out; at its moment it does."""
    clock = HastyClock()
    with MockServer(Settings(port=0), new_clock=lambda: clock) as mock, Receiver() as receiver:
        task = begin(mock, mock.service.world.account("k-1"), receiver.url, 10.0)
        moment = task.ends_at()
        assert moment is not None
        clock.shown, clock.asked = moment - 0.001, 0
        wait_until(lambda: clock.asked > 100)
        assert receiver.received == []
        clock.shown = moment
        receiver.wait_for(1)
        assert told(receiver) == {str(task.id): 1}


def test_a_burst_is_told_wholly_and_never_early() -> None:
    """Five hundred due within a moment: each comes once, and none before the account's clock shows its moment."""
    with MockServer(Settings(port=0)) as mock, Receiver() as receiver:
        account = mock.service.world.account("k-1")
        tasks = [begin(mock, account, receiver.url, 0.3 + number / 5000) for number in range(BURST)]
        wait_until(lambda: sum(told(receiver).values()) >= BURST, 60)
        record = mock.service.callbacks.record
        wait_until(lambda: len(record.deliveries("k-1")[0]) == BURST)
        deliveries, _ = record.deliveries("k-1")
        assert told(receiver) == {str(task.id): 1 for task in tasks}
        due = {str(task.id): task.ends_at() or 0.0 for task in tasks}
        assert [each.reason for each in deliveries] == [None] * BURST
        assert [each.task_id for each in deliveries if each.sent_at < due[each.task_id or ""]] == []


def heads_without_end(piece: bytes, head: bytes = b"") -> Behaviour:
    """Sends this for as long as anybody listens."""

    def behave(connection: socket.socket, _received: Received) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece * 1000)

    return behave


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (heads_without_end(b"HTTP/1.1 100 Continue\r\n\r\n"), f"more than {MAX_INTERIM} interim answers (1xx)"),
        (heads_without_end(b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"), f"more than {MAX_INTERIM} interim answers (1xx)"),
        (heads_without_end(b"HTTP/1.1 100 C\n\n", b"\r\n\r\n"), f"more than {MAX_INTERIM} interim answers (1xx)"),
        (heads_without_end(b"\r\nHTTP/1.0 100\r\n\r\n"), "interim answers (1xx)"),
        # As much as comes in one piece decides whether its length or its form is noticed first.
        (heads_without_end(b"X: y\r\n", b"HTTP/1.1 200 OK\r\n"), "the head of the answer is longer|is no proper HTTP"),
        (heads_without_end(b"x", b"HTTP/1.1 200 OK\r\nX: "), "the head of the answer is longer|is no proper HTTP"),
        (heads_without_end(b"\r\n"), f"the head of the answer is longer than {MAX_HEAD} bytes"),
    ],
)  # fmt: skip
def test_an_answer_that_never_begins_ends_the_attempt(behave: Behaviour, reason: str) -> None:
    """Interim answers and headers without end are given up after so many, long before the time is over."""
    with MockServer(Settings(port=0, callback_timeout=FOR_EVER)) as mock, Receiver(behave) as receiver:
        answer = Api(mock.url, "k-1").create(MINIMAL | {"callback_url": receiver.url})
        assert answer.code == 2013
        assert any(each in answer.headers["X-Mock-Violations"] for each in reason.split("|"))


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_few_interim_answers_are_read_over(end: bytes) -> None:
    """As an honest receiver may send them, whole or torn apart."""

    def behave(connection: socket.socket, received: Received) -> None:
        interim = end.join([b"HTTP/1.1 103 Early Hints", b"Link: </a>", b"", b""])
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in interim:
            connection.sendall(bytes([byte]))
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * (MAX_INTERIM - 1))
        echo(connection, received)

    with MockServer(Settings(port=0)) as mock, Receiver(behave) as receiver:
        assert Api(mock.url, "k-1").create(MINIMAL | {"callback_url": receiver.url}).code == 0


def test_a_body_may_speak_of_interim_answers() -> None:
    """What stands in a body is no head."""
    text = b'{"challenge": "%s", "log": "' + b"HTTP/1.1 100 Continue\\r\\n" * 50 + b'"}\n\n\n'

    def behave(connection: socket.socket, received: Received) -> None:
        reply(text.replace(b"%s", received.json["challenge"].encode()) + b"\r\n\r\n" * 50)(connection, received)

    with MockServer(Settings(port=0)) as mock, Receiver(behave) as receiver:
        assert Api(mock.url, "k-1").create(MINIMAL | {"callback_url": receiver.url}).code == 0
