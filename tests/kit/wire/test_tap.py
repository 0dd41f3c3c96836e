"""What a tap tells, when it tells it, and that nothing of it stays."""

from __future__ import annotations

import select
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from contract_tests.api import MINIMAL, Api
from contract_tests.wire.exchange import Exchange
from contract_tests.wire.tap import Switchboard
from mock_server import MockServer
from tests.kit.wire.ends import Ends, read, to
from tests.over_http.controlling import User
from tests.over_http.faulty_server import descriptors, until

REQUEST = b"POST /v1/video_generation HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"task": 1}'
THREAD = "minimax-contract-wire"


def threads() -> list[str]:
    """The names of the threads of switchboards."""
    return [each.name for each in threading.enumerate() if each.name == THREAD]


def test_nothing_stays_after_the_end() -> None:
    """No thread and no socket, in the middle of exchanges, of a handshake, and before anything was accepted."""
    before, begin = descriptors(), time.monotonic()
    with Switchboard() as switchboard:
        assert threads() == []  # it costs nothing until it is used
        with Ends(switchboard) as ends:
            client, server = ends.connect()
            client.sendall(REQUEST)
            read(server, len(REQUEST))
            server.sendall(ANSWER[:-1])
            half_closed, _ = ends.connect()
            half_closed.shutdown(socket.SHUT_WR)
            tls = switchboard.open_tap("http://127.0.0.1:1", tls=True)
            with to(tls), to(tls) as talking:
                talking.sendall(b"\x16\x03\x01")
                taps = [ends.tap, tls, *(switchboard.open_tap("http://127.0.0.1:1") for _ in range(100))]
                assert threads() == [THREAD]
                switchboard.close()
        assert threads() == []
        [exchange] = ends.tap.exchanges()
        assert (exchange.json, exchange.answer is not None and exchange.answer.complete) == ({}, False)
        assert (ends.tap.connections, tls.connections) == (2, 2)
        for tap in taps:
            tap.close()
    assert time.monotonic() - begin < 20  # a handshake has a minute
    assert descriptors() <= before + 1  # the lock of the certificate's library may have read its randomness
    with pytest.raises(RuntimeError):
        switchboard.open_tap("http://127.0.0.1:1")


def test_an_unused_switchboard_ends() -> None:
    """Closing twice does no harm either."""
    with Switchboard() as switchboard:
        pass
    switchboard.close()


@pytest.mark.parametrize("upstream", ["https://127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1:1/v1", "http://"])
def test_upstream_that_cannot_be_one(switchboard: Switchboard, upstream: str) -> None:
    """One line that names it."""
    with pytest.raises(ValueError, match=r"upstream: '.*' is no origin such as http://127.0.0.1:8026"):
        switchboard.open_tap(upstream)


def test_exchanges_are_there_when_the_client_is_gone(ends: Ends) -> None:
    """All that a client sent before it ended is seen, without waiting."""
    for number in range(1, 51):
        with to(ends.tap) as client:
            client.sendall(REQUEST)
        found = ends.tap.exchanges()
        assert [(each.operation, each.complete, each.end) for each in found] == [("create", True, "client")] * number


def test_an_exchange_is_seen_while_it_is_under_way(ends: Ends) -> None:
    """First the request, then the beginning of its answer, then the whole."""
    client, server = ends.connect()
    client.sendall(REQUEST[:-1])
    until(lambda: [each.complete for each in ends.tap.exchanges()] == [False])
    client.sendall(REQUEST[-1:])
    read(server, len(REQUEST))
    assert [(each.complete, each.answer) for each in ends.tap.exchanges()] == [(True, None)]
    server.sendall(ANSWER[:-1])
    read(client, len(ANSWER) - 1)
    assert [each.answer.complete for each in ends.tap.exchanges() if each.answer] == [False]
    server.sendall(ANSWER[-1:])
    read(client, 1)
    assert [each.answer.complete for each in ends.tap.exchanges() if each.answer] == [True]


def test_times_are_in_the_order_of_events(ends: Ends) -> None:
    """Of requests that overlap on two connections, and of their answers; all since the clock was started."""
    begin = ends.tap.start_clock()
    (first, first_server), (second, second_server) = ends.connect(), ends.connect()
    for client, server in ((second, second_server), (first, first_server)):
        client.sendall(REQUEST)
        read(server, len(REQUEST))
    for client, server in ((first, first_server), (second, second_server)):
        server.sendall(ANSWER)
        read(client, len(ANSWER))
    later, sooner = sorted(ends.tap.exchanges(), key=lambda each: each.connection)
    assert sooner.answer is not None
    assert later.answer is not None
    moments = (
        sooner.at_ms, sooner.ended_ms, later.at_ms, later.ended_ms, later.answer.at_ms, later.answer.ended_ms,
        sooner.answer.at_ms, sooner.answer.ended_ms,
    )  # fmt: skip
    assert list(moments) == sorted(moments)
    assert moments[0] > 0
    assert moments[-1] < (time.monotonic() - begin) * 1000
    assert ends.tap.exchanges() == [sooner, later]
    assert ends.tap.start_clock(begin - 10) == ends.tap.began == begin - 10
    assert [each.at_ms > 10_000 for each in ends.tap.exchanges()] == [True, True]
    assert ends.tap.start_clock() > begin
    assert [each.at_ms < 0 for each in ends.tap.exchanges()] == [True, True]


def test_event_comes_when_the_client_can_read_the_whole_answer(ends: Ends) -> None:
    """Not with a part of it, not for another exchange, and at once for one that is over."""
    client, server = ends.connect()
    asked = []

    def is_create(exchange: Exchange) -> bool:
        asked.append(exchange.operation)
        return exchange.operation == "create" and select.select([client], [], [], 1)[0] == [client]

    answered = ends.tap.when(is_create)
    for sent in (REQUEST.replace(b"video_generation", b"other"), REQUEST):
        client.sendall(sent)
        read(server, len(sent))
        server.sendall(ANSWER[:-1])
        read(client, len(ANSWER) - 1)
        ends.tap.exchanges()
        assert not answered.is_set()
        server.sendall(ANSWER[-1:])
        if sent != REQUEST:
            read(client, 1)
    assert answered.wait(5)
    client.setblocking(False)
    assert client.recv(10) == ANSWER[-1:]
    assert asked == ["other", "create"]
    assert ends.tap.when(lambda each: each.operation == "create").is_set()
    assert not ends.tap.when(lambda each: each.operation == "query").is_set()


def test_predicate_that_fails(ends: Ends) -> None:
    """Its error is raised where the tap is asked next, once; what passes still passes."""
    client, server = ends.connect()
    ends.tap.when(lambda each: each.answer.json["no such thing"] == 1)  # type: ignore[union-attr]
    client.sendall(REQUEST)
    read(server, len(REQUEST))
    server.sendall(ANSWER)
    assert read(client, len(ANSWER)) == ANSWER
    with pytest.raises(KeyError, match="no such thing"):
        ends.tap.exchanges()
    assert len(ends.tap.exchanges()) == 1


def test_predicate_that_asks_the_tap(ends: Ends) -> None:
    """It would wait for itself; that is an error and not a standstill."""
    client, server = ends.connect()
    ends.tap.when(lambda _: bool(ends.tap.exchanges()))
    client.sendall(REQUEST)
    read(server, len(REQUEST))
    server.sendall(ANSWER)
    read(client, len(ANSWER))
    with pytest.raises(RuntimeError, match="cannot wait for the loop"):
        ends.tap.exchanges()


CREATES_AND_WAITS = """
import sys, time, urllib3
print(urllib3.request("POST", sys.argv[1] + "/v1/video_generation", headers={"Authorization": "Bearer " + sys.argv[2]},
                      json={"model": "MiniMax-Hailuo-02", "first_frame_image": "https://example.com/a.jpg"}).json()["task_id"])
sys.stdout.flush()
time.sleep(60)
"""


def test_client_that_is_killed_after_its_create(switchboard: Switchboard, server: MockServer) -> None:
    """The event comes in time to end a real process, and the exchange is whole."""
    user, tap = User(server), switchboard.open_tap(server.url)
    answered = tap.when(lambda each: each.operation == "create")
    command = [sys.executable, "-c", CREATES_AND_WAITS, tap.url, user.key]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
        assert answered.wait(30)
        assert client.stdout is not None
        printed = client.stdout.readline()
        client.send_signal(signal.SIGKILL)
    [exchange] = tap.exchanges()
    assert exchange.answer is not None
    assert exchange.answer.json["task_id"] == printed.decode().strip()
    assert tap.settle()


def test_settling_waits_for_answers(ends: Ends) -> None:
    """A request that has no whole answer yet is waited for; an idle connection is not."""
    client, server = ends.connect()
    assert ends.tap.settle(0)
    client.sendall(REQUEST)
    read(server, len(REQUEST))
    server.sendall(ANSWER[:-1])
    read(client, len(ANSWER) - 1)
    assert not ends.tap.settle(0.02)
    threading.Timer(0.05, server.sendall, [ANSWER[-1:]]).start()
    assert ends.tap.settle(5)
    assert [each.answer.complete for each in ends.tap.exchanges() if each.answer] == [True]
    ends.tap.close()
    assert ends.tap.settle(0)


def test_settling_waits_for_those_that_are_dying(ends: Ends) -> None:
    """The connection of a client that has gone is over once the server has let it go."""
    client, server = ends.connect()
    client.sendall(REQUEST)
    client.close()
    assert not ends.tap.settle(0.02)
    server.close()
    assert ends.tap.settle(5)


def test_taps_do_not_see_each_other(switchboard: Switchboard, server: MockServer) -> None:
    """A case has its own port, and its exchanges are those of that port; a closed one is gone, the others are not."""
    user = User(server)
    taps = [switchboard.open_tap(server.url) for _ in range(3)]
    for number, tap in enumerate(taps):
        for _ in range(number):
            assert Api(tap.url, user.key).create(MINIMAL).code == 0
    taps[0].close()
    assert [len(tap.exchanges()) for tap in taps] == [0, 1, 2]
    assert [tap.connections for tap in taps] == [0, 1, 2]
    assert Api(taps[1].url, user.key).create(MINIMAL).code == 0
