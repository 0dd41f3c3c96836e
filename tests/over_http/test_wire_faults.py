"""Answers that break on the wire, as a bare socket sees them: which bytes, and how the connection ends."""

from __future__ import annotations

import socket
import time

import pytest

from mock_server.serving.tls import ThrowAwayCertificate
from mock_server.web.wire import WireFault
from tests.over_http.faulty_server import BODY, PLAIN, End, head, request, serving, until

FAULTS = [
    WireFault("reset"), WireFault("close"), WireFault("truncate", size=3), WireFault("drip", size=5, seconds=0.01),
    WireFault("garbage", noise=b"\x00noise\r\n"), WireFault("hang", seconds=0.1),
]  # fmt: skip
BYTES = {
    "reset": b"", "close": b"", "truncate": head() + BODY[:3], "drip": head(10, "Connection: close") + BODY,
    "garbage": b"\x00noise\r\n", "hang": b"",
}  # fmt: skip
# A body that these buffers, which do not grow, never hold.
LARGE = bytes(range(256)) * 2_000
SMALL_BUFFER = 8192


def name(fault: object) -> str | None:
    """What a fault is called in the name of a test."""
    return fault.name if isinstance(fault, WireFault) else None


def end_of(fault: WireFault, certificate: ThrowAwayCertificate | None) -> End:
    """How the connection ends: only a drip, which is complete, says goodbye over TLS."""
    if fault.name == "reset":
        return "RST"
    return "BYE" if certificate and fault.name == "drip" else "FIN"


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_exactly_these_bytes_and_that_end(fault: WireFault, certificate: ThrowAwayCertificate | None) -> None:
    """Reset, FIN or a piece of the answer: nothing before, nothing after, over TLS as well; what follows runs once."""
    with serving(fault, certificate=certificate) as served:
        begin = time.monotonic()
        assert served.exchange() == (BYTES[fault.name], end_of(fault, certificate))
        assert time.monotonic() - begin < 1.5
        assert served.application.closed == 1
        until(lambda: served.server.parked == 0, 1)


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_http_1_0_breaks_in_the_same_way(fault: WireFault) -> None:
    """What the head says of the connection is all that differs."""
    expected = BYTES[fault.name]
    with serving(fault) as served:
        if fault.name == "truncate":  # HTTP/1.0 closes; HTTP/1.1 announces it
            assert served.exchange(version="1.0") == (head() + BODY[:3], "FIN")
        else:
            expected = expected.replace(b"Connection: close\r\n", b"")
            assert served.exchange(version="1.0") == (expected, end_of(fault, None))


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_head_has_no_body_to_break(fault: WireFault) -> None:
    """A HEAD that is truncated or dripped has its whole head, with the length that GET would have."""
    with serving(fault) as served:
        received, end = served.exchange(method="HEAD")
    assert (received, end) == (BYTES[fault.name].partition(b"0123")[0].removesuffix(b"012"), end_of(fault, None))


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_a_body_that_nobody_read_does_not_change_the_end(
    fault: WireFault, certificate: ThrowAwayCertificate | None
) -> None:
    """A client that sends five megabytes before it reads sees a FIN where it should, and a reset only where it should."""
    received: bytes = b""
    with serving(fault, certificate=certificate) as served, served.connect() as client:
        try:
            client.send(request(method="POST", more="Content-Length: 5000000\r\n") + b"x" * 5_000_000)
            received, end = client.rest()
        except ConnectionResetError:
            end = "RST"
    # The head of an answer to an unread body says that the connection closes.
    expected = BYTES[fault.name].replace(head(), head(10, "Connection: close"))
    assert (received, end) == (expected, end_of(fault, certificate))


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_the_fault_of_a_later_request_leaves_earlier_answers_whole(
    fault: WireFault, certificate: ThrowAwayCertificate | None
) -> None:
    """On a kept connection the first answer is complete; what was sent after the broken request is not answered."""
    with serving(fault, certificate=certificate) as served, served.connect() as client:
        client.send(request(PLAIN))
        assert client.read(len(head() + BODY)) == head() + BODY
        client.send(request() + request(PLAIN))
        assert client.rest() == (BYTES[fault.name], end_of(fault, certificate))
        assert served.application.closed == 2


@pytest.mark.parametrize("size", [0, 10, 99])
def test_truncate_at_the_edges(size: int) -> None:
    """Nothing of the body, all of it, and no more than there is; the length in the head stays that of the whole."""
    with serving(WireFault("truncate", size=size)) as served:
        assert served.exchange() == (head() + BODY[:size], "FIN")


@pytest.mark.parametrize(("size", "pieces"), [(4, 3), (1, 10), (0, 10), (99, 1)])
def test_a_drip_takes_a_pause_before_every_piece(size: int, pieces: int) -> None:
    """No piece comes early, and the whole answer comes; pieces of nothing are pieces of one byte."""
    begin = time.monotonic()
    with serving(WireFault("drip", size=size, seconds=0.02)) as served:
        assert served.exchange() == (BYTES["drip"], "FIN")
    assert time.monotonic() - begin >= 0.02 * pieces


def test_a_drip_sends_its_head_at_once_and_then_one_piece(certificate: ThrowAwayCertificate | None) -> None:
    """The client has the head long before the first piece, and then that piece and no more."""
    with serving(WireFault("drip", size=4, seconds=0.5), certificate=certificate) as served:
        begin = time.monotonic()
        with served.send() as client:
            whole_head = head(10, "Connection: close")
            assert client.receive() == whole_head
            assert time.monotonic() - begin < 0.5
            assert client.receive() == BODY[:4]
            assert time.monotonic() - begin >= 0.5


def test_a_hang_says_nothing_and_ends_in_time(certificate: ThrowAwayCertificate | None) -> None:
    """Not a byte and no end before its seconds have passed, then a FIN."""
    with serving(WireFault("hang", seconds=0.4), certificate=certificate) as served:
        begin = time.monotonic()
        assert served.exchange() == (b"", "FIN")
        assert 0.4 <= time.monotonic() - begin < 1.5


@pytest.mark.parametrize("seconds", [60.0, 1e300, float("inf")])
def test_a_long_hang_lasts(seconds: float, certificate: ThrowAwayCertificate | None) -> None:
    """More seconds than any timer takes are no reason to end, nor is what the client still sends."""
    with serving(WireFault("hang", seconds=seconds), certificate=certificate) as served, served.send() as client:
        until(lambda: served.server.parked == 1)
        client.send(b"x")
        client.send_half(b"x" * 1000)
        client.plain.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.receive()
        assert served.server.parked == 1


@pytest.mark.parametrize("seconds", [-1.0, float("nan")])
def test_less_than_no_time_is_none(seconds: float) -> None:
    """The fault is carried out without a pause, and so is the next one."""
    with serving(WireFault("drip", seconds=seconds)) as served:
        for _ in range(2):
            assert served.exchange() == (BYTES["drip"], "FIN")


@pytest.mark.parametrize(
    "fault", [WireFault("truncate", size=len(LARGE)), WireFault("drip", size=len(LARGE))], ids=name
)
def test_a_client_that_reads_late_gets_every_byte(fault: WireFault, certificate: ThrowAwayCertificate | None) -> None:
    """What finds no room in the buffers waits for the client, and keeps its order."""
    with serving(fault, body=LARGE, certificate=certificate) as served:
        served.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
        with served.connect(buffer=SMALL_BUFFER) as client:
            client.send(request())
            until(lambda: served.server.parked == 1)
            received, end = client.rest()
    assert received.partition(b"\r\n\r\n")[2] == LARGE
    assert end == end_of(fault, certificate)


def test_a_client_that_only_stopped_sending_gets_its_drip() -> None:
    """Half a close says nothing about reading."""
    with serving(WireFault("drip", size=3, seconds=0.05)) as served, served.send() as client:
        client.plain.shutdown(socket.SHUT_WR)
        assert client.rest() == (BYTES["drip"], "FIN")
        until(lambda: served.server.parked == 0, 1)


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        (WireFault("truncate", size=6), b"4\r\n012"),
        (WireFault("drip", size=7), b"4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n"),
    ],
    ids=name,
)
def test_an_answer_in_chunks_breaks_in_its_chunks(fault: WireFault, body: bytes) -> None:
    """Without a length the answer is framed as it would have been, and cut within the frames."""
    with serving(fault) as served:
        served.application.headers = [("Date", "today"), ("Server", "x")]
        received, end = served.exchange()
    assert received.startswith(b"HTTP/1.1 200 OK\r\nDate: today\r\nServer: x\r\n")
    assert b"\r\nTransfer-Encoding: chunked\r\n" in received
    assert (received.partition(b"\r\n\r\n")[2], end) == (body, "FIN")


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_a_failure_after_the_answer_does_not_repair_it(fault: WireFault) -> None:
    """The fault is carried out although closing the answer raised; no 500 takes its place."""
    with serving(fault) as served:
        served.application.fails_at_close = True
        assert served.exchange() == (BYTES[fault.name], end_of(fault, None))


@pytest.mark.parametrize("fault", [WireFault("truncate"), WireFault("drip")], ids=name)
def test_an_answer_that_cannot_be_had_is_not_made_up(fault: WireFault) -> None:
    """The client of an application that fails sees what it would see without the fault: a 500 in plain words."""
    with serving(fault) as served:
        served.application.fails_at_once = True
        for path in (PLAIN, "/"):
            received, end = served.exchange(path)
            assert received.startswith(b"HTTP/1.1 500 ")
            assert received.endswith(b"\r\n\r\nthe mock itself failed; its log says how\n")
            assert end == "FIN"


def test_the_application_knows_that_faults_are_carried_out() -> None:
    """Every request says so; one without a fault is answered as ever, and its connection kept."""
    with serving(WireFault("reset")) as served, served.connect() as client:
        for _ in range(2):
            client.send(request(PLAIN))
            assert client.read(len(head() + BODY)) == head() + BODY
        assert served.application.told_of_faults == [True, True]
