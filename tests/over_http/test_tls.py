"""`--tls`: a certificate for the local names, links that are https, and clients that do not shake hands."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from contract_tests.api import MINIMAL
from mock_server import MockServer, Settings
from mock_server.errors import SettingsError

HEADERS = {"Authorization": "Bearer k-1", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """A mock that speaks https, also under the name of the real host."""
    with MockServer(Settings(port=0, task_seconds=0, tls=True, tls_name=("api.minimax.io",))) as server:
        yield server


def port(mock: MockServer) -> int:
    """The port it listens on."""
    return urlsplit(mock.url).port or 0


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "api.minimax.io"])
def test_the_whole_way_over_tls(mock: MockServer, name: str) -> None:
    """With the CA trusted, create to download works under each name; the link is https."""
    assert mock.url.startswith("https://127.0.0.1:")
    with urllib3.HTTPSConnectionPool(
        "127.0.0.1", port(mock), ca_certs=mock.ca_file, server_hostname=name, assert_hostname=name
    ) as pool:
        created = pool.request("POST", "/v1/video_generation", headers=HEADERS, body=json.dumps(MINIMAL)).json()
        done = pool.request("GET", f"/v1/query/video_generation?task_id={created['task_id']}", headers=HEADERS).json()
        file = pool.request("GET", f"/v1/files/retrieve?file_id={done['file_id']}", headers=HEADERS).json()["file"]
        assert file["download_url"].startswith(f"https://127.0.0.1:{port(mock)}/")
        assert (
            pool.request("GET", urlsplit(file["download_url"]).path + "?" + urlsplit(file["download_url"]).query).status
            == 200
        )


def test_a_client_that_trusts_only_the_system_refuses(mock: MockServer) -> None:
    """The certificate is nobody's but ours."""
    with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection(("127.0.0.1", port(mock))) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")


def test_plain_http_is_told_so(mock: MockServer) -> None:
    """A client that speaks http gets a sentence, not a torn connection."""
    with socket.create_connection(("127.0.0.1", port(mock)), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"This mock speaks https on this port.\n")


def test_silent_clients_hold_up_nobody(mock: MockServer) -> None:
    """Ten connections that never shake hands, and another client is served at once."""
    silent = [socket.create_connection(("127.0.0.1", port(mock))) for _ in range(10)]
    try:
        begin = time.monotonic()
        with urllib3.HTTPSConnectionPool("127.0.0.1", port(mock), ca_certs=mock.ca_file) as pool:
            assert pool.request("GET", "/__mock/health").status == 200
        assert time.monotonic() - begin < 2
    finally:
        for connection in silent:
            connection.close()


@pytest.mark.parametrize("size", [8191, 8192, 24_576])
def test_a_second_request_that_came_with_the_first_is_answered(mock: MockServer, size: int) -> None:
    """What TLS has already decrypted waits for no further bytes from the client."""
    trust = ssl.create_default_context(cafile=mock.ca_file)
    first = b"GET /__mock/health HTTP/1.1\r\nHost: localhost\r\nX-Pad: \r\n\r\n"
    first = first.replace(b"X-Pad: ", b"X-Pad: " + b"x" * (size - len(first)))
    second = b"GET /__mock/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", port(mock)), timeout=5) as plain,
        trust.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(first + second)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_the_files_are_gone_after_a_stop() -> None:
    """What was made at start is removed."""
    with MockServer(Settings(port=0, tls=True)) as server:
        assert server.ca_file is not None
        ca_file = Path(server.ca_file)
        assert "BEGIN CERTIFICATE" in ca_file.read_text()
    assert not ca_file.parent.exists()


def test_a_name_without_tls_is_a_mistake() -> None:
    """--tls-name alone would be ignored, so it is refused."""
    with pytest.raises(SettingsError, match="only with --tls"):
        Settings(tls_name=("x",))
