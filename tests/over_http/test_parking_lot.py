"""Connections that wait for a broken answer to end: no thread is held, no place is kept, and a stop ends them all."""

from __future__ import annotations

import errno
import socket
import struct
import threading
import time
from contextlib import ExitStack

import pytest

from mock_server.serving import parked
from mock_server.serving.parked import Ending
from mock_server.serving.parking_lot import ParkingLot
from mock_server.serving.tls import ThrowAwayCertificate
from mock_server.web.wire import WireFault
from tests.over_http.faulty_server import (
    BODY,
    PLAIN,
    Client,
    Served,
    descriptors,
    head,
    request,
    running,
    serving,
    until,
)

HANG = WireFault("hang", seconds=60)
DRIP = WireFault("drip", size=1, seconds=60)
# A body that no pair of socket buffers holds, and a receive buffer that does not grow.
LARGE = bytes(10_000_000)
SMALL_BUFFER = 8192
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


def name(fault: object) -> str | None:
    """What a fault is called in the name of a test."""
    return fault.name if isinstance(fault, WireFault) else None


def park(served: Served, stack: ExitStack, number: int) -> list[Client]:
    """So many connections that wait, all of them parked."""
    before = served.server.parked
    clients = [stack.enter_context(served.send()) for _ in range(number)]
    until(lambda: served.server.parked == before + number)
    return clients


def ordinary_answer_time(served: Served) -> float:
    """How long a client waits for an ordinary answer on a fresh connection."""
    begin = time.monotonic()
    with served.send(PLAIN) as client:
        assert client.read(len(head() + BODY)) == head() + BODY
    return time.monotonic() - begin


@pytest.mark.parametrize("fault", [HANG, DRIP], ids=name)
def test_a_hundred_waiting_connections_take_no_thread(fault: WireFault) -> None:
    """Two threads, a hundred clients that wait, and another one is answered at once."""
    with serving(fault, threads=2) as served, ExitStack() as stack:
        park(served, stack, 100)
        assert ordinary_answer_time(served) < 1
        assert served.server.parked == 100


@pytest.mark.parametrize("half_closed", [False, True])
def test_waiting_costs_no_computing(half_closed: bool) -> None:
    """Twenty drips between two pieces, of clients that still send or do not, leave the processor alone."""
    with serving(DRIP) as served, ExitStack() as stack:
        for client in park(served, stack, 20):
            client.read(len(head()))
            if half_closed:
                client.plain.shutdown(socket.SHUT_WR)
        begin = time.process_time()
        threading.Event().wait(0.4)
        assert time.process_time() - begin < 0.2


@pytest.mark.parametrize("fault", [HANG, DRIP, WireFault("drip", size=1, seconds=0)], ids=["hang", "drip", "busy drip"])
def test_a_stop_ends_everything(fault: WireFault, certificate: ThrowAwayCertificate | None) -> None:
    """Fifty clients wait; the stop takes less than two seconds and leaves no thread and no descriptor."""
    threads, files = set(threading.enumerate()), descriptors()
    with ExitStack() as stack:
        with serving(fault, body=bytes(500_000), certificate=certificate) as served:
            clients = park(served, stack, 50)
            begin = time.monotonic()
        assert time.monotonic() - begin < 2
        assert served.server.parked == 0
        until(lambda: set(threading.enumerate()) <= threads)
        assert descriptors() <= files + len(clients)
        for client in clients:
            assert client.rest()[1] in ("FIN", "RST")


def close(client: Client) -> None:
    """Closes in order."""
    client.plain.close()


def reset(client: Client) -> None:
    """Closes with a reset."""
    client.plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    client.plain.close()


def say_goodbye(client: Client) -> None:
    """Ends TLS, where it is spoken, and waits for the server before it closes."""
    if client.speaks_tls:
        client.say_goodbye()
    else:
        client.plain.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("leave", [close, reset, say_goodbye])
def test_a_client_that_leaves_a_hang_frees_its_place(leave: object, certificate: ThrowAwayCertificate | None) -> None:
    """However it leaves, and whatever it had still sent: its place is free long before the hang is over."""
    assert callable(leave)
    with serving(HANG, certificate=certificate) as served, ExitStack() as stack:
        gone, staying = park(served, stack, 2)
        gone.send(b"x" * 300_000)
        leave(gone)
        until(lambda: served.server.parked == 1, 2)
        staying.plain.settimeout(0.1)
        with pytest.raises(TimeoutError):
            staying.receive()


@pytest.mark.parametrize("leave", [close, reset])
def test_a_client_that_leaves_a_drip_frees_its_place(leave: object, certificate: ThrowAwayCertificate | None) -> None:
    """At the latest once a piece finds nobody."""
    assert callable(leave)
    with (
        serving(WireFault("drip", seconds=0.05), body=LARGE, certificate=certificate) as served,
        ExitStack() as stack,
    ):
        (gone,) = park(served, stack, 1)
        gone.read(10)
        leave(gone)
        until(lambda: served.server.parked == 0, 2)


def test_a_client_that_does_not_read_delays_nobody_and_is_given_up(certificate: ThrowAwayCertificate | None) -> None:
    """While its buffers are full others get their pieces, and it keeps its place no longer than with an ordinary answer."""
    fault = WireFault("drip", size=len(LARGE), seconds=0)
    with serving(fault, body=LARGE, certificate=certificate, timeout=1) as served, ExitStack() as stack:
        silent = stack.enter_context(served.connect(buffer=SMALL_BUFFER))
        silent.send(request())
        until(lambda: served.server.parked == 1)
        received, _ = served.exchange()
        assert received.endswith(LARGE)
        assert served.server.parked >= 1
        until(lambda: served.server.parked == 0, 3)


def test_a_client_that_never_closes_does_not_keep_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its FIN it is given a while, and then forgotten."""
    monkeypatch.setattr(parked, "LINGER_SECONDS", 0.2)
    with serving(WireFault("close")) as served, served.send() as client:
        begin = time.monotonic()
        assert client.rest() == (b"", "FIN")
        until(lambda: served.server.parked == 0, 1)
        assert time.monotonic() - begin >= 0.15


def test_the_one_too_many_is_closed_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log says so; those who wait go on waiting, and a place that became free is taken again."""
    with serving(HANG) as served, ExitStack() as stack:
        served.server.parking_lot.places = 2
        first, _ = park(served, stack, 2)
        begin = time.monotonic()
        assert served.exchange() == (b"", "FIN")
        assert time.monotonic() - begin < 1
        assert "closed at once: 2 are waiting already" in caplog.text
        assert served.server.parked == 2
        close(first)
        until(lambda: served.server.parked == 1)
        park(served, stack, 1)


@pytest.mark.parametrize(
    "fault",
    [WireFault("reset"), WireFault("close"), WireFault("truncate"), WireFault("drip", size=9), WireFault("hang"),
     WireFault("garbage", noise=b"x")],
    ids=name,
)  # fmt: skip
def test_no_fault_leaves_a_descriptor(fault: WireFault, certificate: ThrowAwayCertificate | None) -> None:
    """Thirty times each, and as many files are open as after the first."""
    with serving(fault, certificate=certificate) as served:
        served.exchange()
        until(lambda: served.server.parked == 0)
        files = descriptors()
        for _ in range(30):
            served.exchange()
        until(lambda: served.server.parked == 0)
        until(lambda: descriptors() <= files)


def test_waiting_connections_do_not_count_as_kept_ones() -> None:
    """With room for one kept connection and five that wait, one is kept and serves a second request."""
    with serving(HANG) as served, ExitStack() as stack:
        served.server.keep_alive_conn_limit = 1
        park(served, stack, 5)
        client = stack.enter_context(served.connect())
        for _ in range(2):
            client.send(request(PLAIN))
            assert client.read(len(head() + BODY)) == head() + BODY


def test_the_thread_starts_with_the_first_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without faults has none, whatever others have; with many there is one."""
    starts: list[ParkingLot] = []
    start = ParkingLot._start

    def noted(lot: ParkingLot) -> None:
        starts.append(lot)
        start(lot)

    monkeypatch.setattr(ParkingLot, "_start", noted)
    with serving(HANG) as other, serving(HANG) as served, ExitStack() as stack:
        park(other, stack, 1)
        ordinary_answer_time(served)
        assert served.server.parking_lot not in starts
        park(served, stack, 3)
        assert starts.count(served.server.parking_lot) == 1


def test_a_server_that_is_started_again_takes_connections_again() -> None:
    """Stopped with a client waiting, and started again."""
    with serving(HANG) as served, ExitStack() as stack:
        (client,) = park(served, stack, 1)
        served.server.stop()
        assert client.rest() == (b"", "FIN")
        with running(served.server):
            park(served, stack, 1)
            assert ordinary_answer_time(served) < 1


def test_a_connection_that_comes_after_the_stop_is_closed() -> None:
    """A thread that is done only when the lot has gone leaves nothing open and starts nothing."""
    lot = ParkingLot()
    lot.open()
    lot.close()
    ours, theirs = socket.socketpair()
    with ours:
        lot.park(theirs, Ending(b"late"))
        ours.settimeout(5)
        assert ours.recv(1) == b""
        assert theirs.fileno() == -1
        assert len(lot) == 0


def test_a_lot_that_cannot_start_closes_what_it_is_given(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without descriptors for it the connection is closed, the log says why, and the server goes on."""

    def none_left() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with serving(HANG) as served:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "socketpair", none_left)
            assert served.exchange() == (b"", "FIN")
            assert "Too many open files" in caplog.text
        with ExitStack() as stack:
            park(served, stack, 1)
