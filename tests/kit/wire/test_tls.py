"""A tap that speaks TLS with a certificate nobody trusts: who refuses it, and who does not."""

from __future__ import annotations

import shutil
import ssl
import subprocess

import pytest
import urllib3

from contract_tests.wire.tap import Switchboard, Tap
from mock_server import MockServer
from tests.kit.wire.ends import to
from tests.over_http.controlling import User
from tests.over_http.faulty_server import until

QUERY = "/v1/query/video_generation?task_id=1"
# Node looks at the certificate after the handshake, and leaves then.
NODE = "require('https').get(process.argv[1]).on('error', (error) => { console.log(error.code); process.exit(3) })"


@pytest.fixture
def tap(switchboard: Switchboard, server: MockServer) -> Tap:
    """A tap with TLS before a real mock."""
    opened = switchboard.open_tap(server.url, tls=True)
    assert opened.url.startswith("https://127.0.0.1:")
    return opened


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_client_that_checks_the_certificate(tap: Tap, version: ssl.TLSVersion) -> None:
    """It breaks off the handshake, which is counted; there is no exchange."""
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = version
    for number in (1, 2):
        with to(tap) as client, pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
            context.wrap_socket(client, server_hostname="127.0.0.1")
        until(lambda number=number: tap.refused_handshakes == number)  # type: ignore[misc]
    assert (tap.exchanges(), tap.connections) == ([], 2)


@pytest.mark.parametrize("command", [["curl", "-sS"], ["node", "-e", NODE]], ids=["curl", "node"])
def test_strangers_that_check_it(tap: Tap, command: list[str]) -> None:
    """Also a client that leaves only after the handshake has refused it."""
    assert shutil.which(command[0]) is not None
    done = subprocess.run([*command, f"{tap.url}{QUERY}"], capture_output=True, timeout=30, check=False)
    assert done.returncode != 0
    until(lambda: tap.refused_handshakes == 1)
    assert tap.exchanges() == []


def test_client_that_leaves_after_the_handshake(tap: Tap) -> None:
    """It may have looked at the certificate on its own; without a request it counts as one that refused."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with to(tap) as plain, context.wrap_socket(plain) as client:
        assert client.version() == "TLSv1.3"
        assert tap.refused_handshakes == 0
    until(lambda: tap.refused_handshakes == 1)
    assert tap.exchanges() == []


def test_client_that_checks_nothing(tap: Tap, server: MockServer) -> None:
    """It is served as without TLS, on connections that are kept, and is not counted."""
    user = User(server)
    with urllib3.PoolManager(cert_reqs="CERT_NONE", assert_hostname=False, retries=False) as pool:
        with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
            replies = [
                pool.request("GET", f"{tap.url}{QUERY}", headers={"Authorization": f"Bearer {user.key}"})
                for _ in range(3)
            ]
        assert [reply.json()["base_resp"]["status_code"] for reply in replies] == [2013] * 3
        found = tap.exchanges()
    assert [(each.operation, each.connection) for each in found] == [("query", 1)] * 3
    assert [each.answer.body for each in found if each.answer] == [reply.data for reply in replies]
    assert (tap.refused_handshakes, tap.connections) == (0, 1)


def test_end_of_a_connection(tap: Tap, server: MockServer) -> None:
    """The server's end is the client's: with a goodbye, and nothing missing."""
    user = User(server)
    user.rule({"fault": "huge"}, {"operation": "query"})
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with to(tap) as plain, context.wrap_socket(plain) as client:
        lines = [f"GET {QUERY} HTTP/1.1", "Host: x", "Connection: close", f"Authorization: Bearer {user.key}", "", ""]
        client.sendall("\r\n".join(lines).encode())
        received = 0
        while piece := client.recv(1_048_576):
            received += len(piece)
    [exchange] = tap.exchanges()
    assert exchange.answer is not None
    assert (exchange.answer.size, exchange.answer.complete) == (67_108_864, True)
    assert received > exchange.answer.size


def test_client_that_speaks_no_tls(tap: Tap) -> None:
    """It is not served, and its request is no exchange."""
    with to(tap) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert not client.recv(1000).startswith(b"HTTP")
        with pytest.raises(OSError, match=r"reset|Broken pipe|end"):
            if client.recv(1) == b"":
                raise OSError("end")
    assert tap.exchanges() == []


def test_upstream_that_is_gone(switchboard: Switchboard) -> None:
    """The client sees the end after its handshake, and nothing hangs."""
    gone = switchboard.open_tap("http://127.0.0.1:1", tls=True)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with to(gone) as plain, context.wrap_socket(plain) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert client.recv(1) == b""
    assert gone.exchanges() == []
