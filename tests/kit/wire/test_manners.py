"""The gateway that passes answers on in another manner."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
import urllib3

from contract_tests.wire.manners import MANNERS, Manners
from mock_server import MockServer, Settings

_ORDER = json.dumps({"model": "MiniMax-Hailuo-02", "first_frame_image": "https://example.com/cat.jpg"}).encode()
_HEAD = {"Authorization": "Bearer k", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def mock_url() -> Iterator[str]:
    """A mock."""
    with MockServer(Settings(port=0)) as server:
        yield server.url


def _raw(url: str, request: bytes) -> bytes:
    """All that is answered to a request after which the connection ends."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    return received


def _create(url: str, *, version: bytes = b"HTTP/1.1") -> bytes:
    head = b"POST /v1/video_generation %s\r\nHost: x\r\nAuthorization: Bearer k\r\nConnection: close\r\n" % version
    return _raw(url, b"%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (head, len(_ORDER), _ORDER))


@pytest.mark.parametrize("manner", sorted(MANNERS))
def test_every_manner_passes_the_answer_on(mock_url: str, manner: str) -> None:
    """A client that knows HTTP reads the same answer in every manner, also one whose request comes in chunks."""
    with Manners(mock_url, manner) as gateway, urllib3.PoolManager(retries=False, timeout=5) as pool:
        for body in (_ORDER, iter([_ORDER[:10], _ORDER[10:]])):
            address = f"{gateway.url}/v1/video_generation"
            reply = pool.request("POST", address, body=body, headers=_HEAD)
            assert reply.json()["base_resp"]["status_code"] == 0
        missing = pool.request("GET", f"{gateway.url}/nothing")
        assert missing.status == 404


def test_chunked(mock_url: str) -> None:
    """No length is told, and the chunks are shorter than an id."""
    with Manners(mock_url, "chunked") as gateway:
        head, _, body = _create(gateway.url).partition(b"\r\n\r\n")
    assert b"content-length" not in head.lower()
    assert body.startswith(b"7\r\n")
    assert body.endswith(b"\r\n0\r\n\r\n")


def test_http10(mock_url: str) -> None:
    """The version is 1.0, no length is told, and the connection ends although the client would keep it."""
    with Manners(mock_url, "http10") as gateway:
        answer = _raw(gateway.url, b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 404 ")
    assert b"content-length" not in head.lower()
    assert body


def test_headers(mock_url: str) -> None:
    """Names in odd case, or no type at all."""
    with Manners(mock_url, "odd-headers") as gateway:
        assert b"\r\ncONTENT-tYPE: application/json;charset=UTF-8\r\n" in _create(gateway.url)
    with Manners(mock_url, "untyped") as gateway:
        assert b"content-type" not in _create(gateway.url).lower()


def test_mangled(mock_url: str) -> None:
    """The character that stands for others becomes bytes that are no text, and the length fits."""
    with Manners(mock_url, "mangled") as gateway, urllib3.PoolManager(retries=False, timeout=5) as pool:
        rule = {"match": {"operation": "create"}, "then": {"code": 1008, "text": "no \ufffd"}}
        pool.request("POST", f"{mock_url}/__mock/rules?account=mangled", json=rule)
        headers = _HEAD | {"Authorization": "Bearer mangled"}
        reply = pool.request("POST", f"{gateway.url}/v1/video_generation", body=_ORDER, headers=headers)
    assert b'"no \xff\xfe\xc3"' in reply.data
    with pytest.raises(UnicodeDecodeError):
        reply.data.decode("utf-8")


def test_head_has_no_body(mock_url: str) -> None:
    """The answer to HEAD ends with its headers."""
    with Manners(mock_url, "odd-headers") as gateway:
        answer = _raw(gateway.url, b"HEAD /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b"\r\n\r\n")
