"""Another host serves what it was given and writes down what it was asked; and a port where nobody is."""

from __future__ import annotations

import errno
import hashlib
import random
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import urllib3

from contract_tests.wire.elsewhere import Elsewhere, closed_port_url
from tests.kit.wire.ends import rest
from tests.over_http.faulty_server import descriptors, until

CONTENT = random.Random(3).randbytes(100_000)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Another host."""
    with Elsewhere() as opened:
        yield opened


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    """A client that keeps connections and repeats nothing."""
    with urllib3.PoolManager(retries=False, timeout=10) as opened:
        yield opened


def to(elsewhere: Elsewhere, host: str = "127.0.0.1") -> socket.socket:
    """A bare connection."""
    return socket.create_connection((host, int(elsewhere.url.rpartition(":")[2])), timeout=10)


def test_it_has_another_name(elsewhere: Elsewhere) -> None:
    """Neither host nor port are those of the API, wherever the name leads."""
    assert elsewhere.url.startswith("http://localhost:")
    names = {address[4][0] for address in socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)}
    for host in names:
        with to(elsewhere, str(host)) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert rest(client)[0].startswith(b"HTTP/1.1 404 ")


def test_both_families_where_there_are_two(elsewhere: Elsewhere) -> None:
    """The same port on ::1, if this machine has that address."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        assert len(elsewhere._servers) == 1
    else:
        with to(elsewhere, "::1") as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert rest(client)[0].startswith(b"HTTP/1.1 404 ")


def test_port_that_somebody_else_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one is taken where only one of the two addresses has the port free; one address is enough."""
    real, asked = socket.create_server, []

    def create(address: tuple[str, int], *, family: int = socket.AF_INET) -> socket.socket:
        asked.append(address[0])
        if family == socket.AF_INET6:
            raise OSError(errno.EADDRINUSE if asked.count("::1") < 3 else errno.EADDRNOTAVAIL, "told")
        return real(address)

    monkeypatch.setattr(socket, "create_server", create)
    with Elsewhere() as opened:
        assert asked == ["127.0.0.1", "::1"] * 3
        assert len(opened._servers) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_served(elsewhere: Elsewhere, pool: urllib3.PoolManager, method: str) -> None:
    """Body, type, status and headers as they were given; the exchange is written down with what the client sent."""
    url = elsewhere.serve("/a.mp4", CONTENT, status=203, headers={"Content-Disposition": "attachment"})
    assert url == f"{elsewhere.url}/a.mp4"
    reply = pool.request(
        method, f"{url}?x=1", headers={"Authorization": "Bearer k"}, body=b"{}" if method == "POST" else None
    )
    assert (reply.status, reply.headers["Content-Type"], reply.headers["Content-Length"]) == (
        203,
        "video/mp4",
        "100000",
    )
    assert reply.headers["Content-Disposition"] == "attachment"
    assert reply.data == (b"" if method == "HEAD" else CONTENT)
    [exchange] = elsewhere.exchanges()
    assert (exchange.host, exchange.connection, exchange.method, exchange.target) == (
        "elsewhere",
        1,
        method,
        "/a.mp4?x=1",
    )
    assert (exchange.values("authorization"), exchange.body) == (["Bearer k"], b"{}" if method == "POST" else b"")
    assert exchange.answer is not None
    assert (exchange.answer.status, exchange.answer.body, exchange.answer.complete) == (203, reply.data, True)


def test_everything_else_is_not_found(elsewhere: Elsewhere, pool: urllib3.PoolManager) -> None:
    """As JSON, on the same connection."""
    elsewhere.serve("/a?token=1", b"with", content_type=None)
    elsewhere.serve("/a", b"without", content_type="text/html")
    replies = [pool.request("GET", f"{elsewhere.url}{path}") for path in ("/a?token=1", "/a?token=2", "/A", "/")]
    assert [reply.data for reply in replies[:2]] == [b"with", b"without"]
    assert ["Content-Type" in reply.headers for reply in replies[:2]] == [False, True]
    assert [(reply.status, list(reply.json())) for reply in replies[2:]] == [(404, ["error"])] * 2
    assert [each.connection for each in elsewhere.exchanges()] == [1, 1, 1, 1]


def test_body_that_breaks_off(elsewhere: Elsewhere, pool: urllib3.PoolManager) -> None:
    """The whole length is promised, and the connection ends after a part."""
    url = elsewhere.serve("/a.mp4", CONTENT, cut=1000)
    with pytest.raises(urllib3.exceptions.ProtocolError, match="IncompleteRead"):
        pool.request("GET", url)
    [exchange] = elsewhere.exchanges()
    assert exchange.answer is not None
    assert (exchange.end, exchange.answer.size, exchange.answer.complete) == ("server", 1000, False)
    assert elsewhere.sha256("/a.mp4") == hashlib.sha256(CONTENT).hexdigest()


def test_large_body_is_not_held(elsewhere: Elsewhere, pool: urllib3.PoolManager) -> None:
    """200 MB are made while they are sent, and only as fast as they are read."""
    size = 200 * 1_048_576
    url = elsewhere.serve("/large.mp4", CONTENT, size=size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    digest, received = hashlib.sha256(), 0
    with pool.request("GET", url, preload_content=False) as reply:
        for piece in reply.stream(65_536):
            digest.update(piece)
            received += len(piece)
    assert (received, digest.hexdigest()) == (size, elsewhere.sha256("/large.mp4"))
    answer = elsewhere.exchanges()[0].answer
    assert answer is not None
    assert (answer.size, len(answer.body), answer.complete) == (size, 1_048_576, True)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < size / 4


def test_size_without_a_body(elsewhere: Elsewhere, pool: urllib3.PoolManager) -> None:
    """Zeros; and a size of zero is an empty file."""
    for path, size in (("/zeros", 70_000), ("/empty", 0)):
        assert pool.request("GET", elsewhere.serve(path, size=size)).data == bytes(size)
        assert elsewhere.sha256(path) == hashlib.sha256(bytes(size)).hexdigest()


def test_pipelined_and_in_pieces(elsewhere: Elsewhere) -> None:
    """Requests are answered in their order, whole or byte by byte; what is no request ends the connection."""
    elsewhere.serve("/a", b"a")
    with to(elsewhere) as client:
        for byte in b"GET /a HTTP/1.1\r\n\r\nPOST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}":
            client.sendall(bytes([byte]))
        client.sendall(b"GET /a HTTP/1.1\r\n\r\nnonsense\r\n")
        received, end = rest(client)
    assert (received.count(b"HTTP/1.1 200 OK\r\n"), received.count(b"HTTP/1.1 404 "), end) == (3, 1, "FIN")
    assert [each.method for each in elsewhere.exchanges()] == ["GET", "POST", "GET", ""]


def test_close_is_kept(elsewhere: Elsewhere) -> None:
    """A client that asks for the end of the connection gets it."""
    elsewhere.serve("/a", b"a")
    with to(elsewhere) as client:
        client.sendall(b"GET /a HTTP/1.1\r\nConnection: x, Close\r\n\r\n")
        assert rest(client)[0].endswith(b"\r\n\r\na")


def test_client_that_goes_away(elsewhere: Elsewhere) -> None:
    """In the middle of a large body, or of its own request: it is written down as its end."""
    elsewhere.serve("/large", size=10**9)
    with to(elsewhere) as client:
        client.sendall(b"GET /large HTTP/1.1\r\n\r\n")
        client.recv(1000)
    with to(elsewhere) as client:
        client.sendall(b"GET /lar")
    until(lambda: [each.end for each in elsewhere.exchanges()] == ["client", "client"])
    assert [each.complete for each in elsewhere.exchanges()] == [True, False]


def test_clock(elsewhere: Elsewhere, pool: urllib3.PoolManager) -> None:
    """It can be set to that of a tap."""
    pool.request("GET", elsewhere.url)
    began = elsewhere.start_clock()
    assert elsewhere.exchanges()[0].at_ms < 0
    assert elsewhere.start_clock(began - 100) == began - 100
    assert elsewhere.exchanges()[0].at_ms > 99_000


def test_nothing_stays_after_the_end() -> None:
    """No thread and no socket, also in the middle of an answer; what was asked can still be read."""
    before = descriptors()
    with Elsewhere() as opened:
        opened.serve("/large", size=10**9)
        with to(opened) as client, to(opened):
            client.sendall(b"GET /large HTTP/1.1\r\n\r\n")
            client.recv(1000)
            opened.close()
            assert len(opened.exchanges()) == 1
            assert "minimax-contract-elsewhere" not in {each.name for each in threading.enumerate()}
    assert descriptors() == before


def test_path_that_cannot_be_one(elsewhere: Elsewhere) -> None:
    """One line that names it."""
    with pytest.raises(ValueError, match="path: 'a' does not begin with /"):
        elsewhere.serve("a")


def test_closed_port() -> None:
    """Nobody listens there, nobody else can, and it is the same for the whole process."""
    url = closed_port_url()
    assert url == closed_port_url()
    host, _, port = url.removeprefix("http://").partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((host, int(port)))


def test_closed_port_leaves_nothing_behind() -> None:
    """Not even a warning about a socket when the process ends."""
    command = "from contract_tests.wire.elsewhere import closed_port_url; print(closed_port_url())"
    done = subprocess.run([sys.executable, "-X", "dev", "-c", command], capture_output=True, text=True, check=True)
    assert (done.stdout.startswith("http://127.0.0.1:"), done.stderr) == (True, "")
