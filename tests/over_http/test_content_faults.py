"""Answers whose content is broken, byte for byte, and faults that another server cannot carry out."""

from __future__ import annotations

import gzip
import json
import re
import socket
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from contract_tests.api import QUERY
from mock_server import MockServer, Settings, create_app
from mock_server.errors import StartupError
from mock_server.world.fault import KINDS
from tests.over_http.controlling import PROBLEM, User

ON_WIRE = [name for name, kind in KINDS.items() if kind.on_wire]
PAGE = b"<!DOCTYPE html>\n<html><head><title>%(line)s</title></head>\n<body><h1>%(line)s</h1></body></html>\n"


class Asking(User):
    """Asks for one task again and again, with a client that decodes nothing."""

    def __init__(self, mock: MockServer) -> None:
        super().__init__(mock)
        self.path = f"{QUERY}?task_id={self.task()}"

    def get(self, accept_encoding: str | None = None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and the bytes of the body, taken apart from what came over a bare socket."""
        offers = "" if accept_encoding is None else f"Accept-Encoding: {accept_encoding}\r\n"
        head, _, body = self.bare(f"{offers}Connection: close\r\n").partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        assert first.startswith("HTTP/1.1 ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        assert headers["content-length"] == str(len(body))
        return int(first.split()[1]), headers, body

    def bare(self, more: str = "") -> bytes:
        """Everything that comes over the wire, to the end. Raises ConnectionResetError."""
        return b"".join(self.pieces(more))

    def pieces(self, more: str = "") -> Iterator[bytes]:
        """What comes over a bare socket, piece by piece."""
        address = urlsplit(self.api.url)
        with socket.create_connection((address.hostname, address.port), 30) as client:
            head = f"GET {self.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n{more}\r\n"
            client.sendall(head.encode())
            while piece := client.recv(65_536):
                yield piece

    def fault(self, name: str, **parameters: Any) -> None:
        """The next query is answered with that fault."""
        self.rule({"fault": {"name": name, **parameters} if parameters else name}, {"operation": "query"}, times=1)


@pytest.fixture
def user(server: MockServer) -> Asking:
    """An account with one task."""
    return Asking(server)


def test_wrong_content_type(user: Asking) -> None:
    """The same bytes under another name."""
    plain = user.get()[2]
    user.fault("wrong-content-type")
    user.fault("wrong-content-type", content_type="text/html")
    for expected in ("text/plain", "text/html"):
        status, headers, body = user.get()
        assert (status, headers["content-type"], body) == (200, expected, plain)


@pytest.mark.parametrize(
    ("name", "line"),
    [("bad-gateway", b"502 Bad Gateway"), ("too-many-requests", b"429 Too Many Requests"),
     ("unavailable", b"503 Service Unavailable"), ("redirect", b"302 Found")],
)  # fmt: skip
def test_pages_of_a_gateway(user: Asking, name: str, line: bytes) -> None:
    """HTML with its own status, and no header of the service."""
    user.fault(name)
    status, headers, body = user.get()
    assert (status, body) == (int(line[:3]), PAGE % {b"line": line})
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert not {"trace-id", "minimax-request-id", "alb_request_id"} & set(headers)
    assert user.get()[0] == 200


@pytest.mark.parametrize("name", ["too-many-requests", "unavailable"])
def test_when_to_come_again(user: Asking, name: str) -> None:
    """Two seconds, other seconds, a date in five seconds, or any text."""
    for given, expected in ((None, "2"), (0, "0"), (120, "120"), ("soon", "soon")):
        user.fault(name, **({} if given is None else {"retry_after": given}))
        assert user.get()[1]["retry-after"] == expected
    user.fault(name, retry_after="date+5")
    begin = time.time()
    told = user.get()[1]["retry-after"]
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", told)
    assert begin + 3.9 <= parsedate_to_datetime(told).timestamp() <= time.time() + 5


def test_redirects(user: Asking) -> None:
    """Back to the same address for ever, or to another one, with any redirect status."""
    user.fault("redirect")
    assert user.get()[1]["location"] == user.path
    user.fault("redirect", status=308, location="https://example.com/x?y=1")
    status, headers, _ = user.get()
    assert (status, headers["location"]) == (308, "https://example.com/x?y=1")


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), (None, False), ("br", False), ("gzip;q=0", False),
     ("gzip;q=0.0, br", False), ("gzip;q=0, *", False), ("*;q=0", False)],
)  # fmt: skip
def test_gzip_for_those_who_asked(user: Asking, accepted: str | None, compressed: bool) -> None:
    """Compressed where the client offered to decode it, and only there."""
    plain = user.get()[2]
    user.fault("gzip")
    _, headers, body = user.get(accepted)
    assert headers.get("content-encoding") == ("gzip" if compressed else None)
    assert (gzip.decompress(body) if compressed else body) == plain
    assert (body == plain) is not compressed


def test_gzip_that_nobody_asked_for(user: Asking) -> None:
    """With `unasked` it comes to everybody."""
    plain = user.get()[2]
    user.fault("gzip", unasked=True)
    _, headers, body = user.get("identity")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == plain


def test_broken_json(user: Asking) -> None:
    """Half of it and an exclamation mark; a byte order mark; a member nested as deeply as asked, ten thousand by default."""
    plain = user.get()[2]
    user.fault("invalid-json")
    assert user.get()[2] == plain[: len(plain) // 2] + b"!"
    user.fault("byte-order-mark")
    assert user.get()[2] == b"\xef\xbb\xbf" + plain
    for depth in (3, 10_000):
        user.fault("deep-json", **({} if depth == 10_000 else {"depth": depth}))
        status, headers, body = user.get()
        assert body == plain[:-1] + b',"deep":' + b"[" * depth + b"]" * depth + b"}"
        assert (status, headers["content-type"]) == (200, "application/json; charset=utf-8")
    user.fault("deep-json", depth=3)
    assert json.loads(user.get()[2])["deep"] == [[[]]]


@pytest.mark.parametrize("size", [0, 1000, 300_000])
def test_huge_to_the_byte(user: Asking, size: int) -> None:
    """The answer is JSON with one long member, of exactly that length; never shorter than the answer itself."""
    plain = user.get()[2]
    user.fault("huge", bytes=size)
    body = user.get()[2]
    least = plain[:-1] + b',"padding":"' + b'"}'
    assert body == least[:-2] + b"x" * max(size - len(least), 0) + b'"}'
    assert len(body) == max(size, len(least))


def test_huge_takes_no_memory(user: Asking) -> None:
    """64 MB come over the wire while the server holds next to nothing of them."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    user.fault("huge")
    before = most = resident()
    length, start = 0, b""
    for number, piece in enumerate(user.pieces("Connection: close\r\n")):
        length, start = length + len(piece), start or piece
        if number % 50 == 0:
            most = max(most, resident())
    head = start.partition(b"\r\n\r\n")[0]
    assert b"\r\nContent-Length: 67108864\r\n" in head
    length -= len(head) + 4
    assert length == 67_108_864
    assert most - before < 16_000_000


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.on_wire])
def test_the_journal_names_the_fault(user: Asking, name: str) -> None:
    """Every fault of the content is in the entry's rule, with the status that went out."""
    user.fault(name)
    status, headers, _ = user.get()
    entry = user.control("GET", f"requests/{headers['x-mock-request-id']}", everybody=True).json
    assert (entry["rule"]["then"], entry["http_status"]) == ({"fault": name}, status)


def test_faults_of_the_connection_reach_it(user: Asking) -> None:
    """A rule breaks the connection itself, in each way, with its parameters."""
    plain = user.get()[2]
    user.fault("reset")
    with pytest.raises(ConnectionResetError):
        user.bare()
    user.fault("close")
    assert user.bare() == b""
    user.fault("truncate", bytes=7)
    assert user.bare().partition(b"\r\n\r\n")[2] == plain[:7]
    user.fault("drip", bytes=100, seconds=0.01)
    assert user.bare().partition(b"\r\n\r\n")[2] == plain
    user.fault("garbage", bytes=33)
    assert len(user.bare()) == 33
    user.fault("hang", seconds=0.2)
    begin = time.monotonic()
    assert user.bare() == b""
    assert time.monotonic() - begin >= 0.2
    assert [entry["rule"]["then"]["fault"] for entry in user.journal(operation="query")[1:]][:2] == ["reset", "close"]


def test_garbage_repeats_with_the_seed() -> None:
    """The noise comes from the account's generator."""
    noise = []
    for seed in (1, 1, 2):
        with MockServer(Settings(port=0, clock="manual", seed=seed)) as mock:
            user = Asking(mock)
            user.rule({"fault": {"name": "garbage", "bytes": 40}}, {"operation": "query"}, everybody=True)
            user.key = "same"
            noise.append(user.bare())
    assert noise[0] == noise[1] != noise[2]


def test_a_fault_goes_with_another_http_status(user: Asking) -> None:
    """A connection fault breaks the answer that the rule itself has made."""
    user.rule({"fault": {"name": "truncate", "bytes": 2}, "http": {"status": 500, "body": "oops"}})
    answer = user.bare()
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert answer.partition(b"\r\n\r\n")[2] == b"oo"


@pytest.fixture
def broken_scenario(tmp_path: Path) -> str:
    """A scenario whose second rule needs the connection."""
    path = tmp_path / "cut.yaml"
    path.write_text("title: t\nwhy: w\nclient: c\nrules:\n- then: {code: 1002}\n- then: {fault: reset}\n")
    return str(path)


@pytest.mark.parametrize("name", ON_WIRE)
def test_another_server_refuses_faults_of_the_connection(name: str) -> None:
    """409 with the reason, under any WSGI server but the mock's own; faults of the content are taken."""
    client = create_app(Settings(seed=1)).test_client()
    refused = client.post("/__mock/rules", json={"then": {"fault": name}})
    assert (refused.status_code, refused.content_type) == (409, PROBLEM)
    assert refused.get_json()["field"] == "/then/fault"
    assert f"the fault {name}: it needs the connection itself" in refused.get_json()["detail"]
    assert client.get("/__mock/rules").get_json() == {"rules": []}
    assert client.post("/__mock/rules", json={"then": {"fault": "gzip"}}).status_code == 201


def test_another_server_refuses_scenarios_with_such_faults(broken_scenario: str) -> None:
    """409 at the control API, which leaves the scenario before in force."""
    client = create_app(Settings(seed=1, scenario_file=(broken_scenario,))).test_client()
    refused = client.post("/__mock/scenario", json={"name": "cut"})
    assert (refused.status_code, refused.get_json()["field"]) == (409, "name")
    assert "cut has the fault reset" in refused.get_json()["detail"]
    assert client.get("/__mock/scenario").get_json() == {"name": None}


def test_another_server_does_not_start_with_such_a_scenario(broken_scenario: str) -> None:
    """The application is not made, with the reason in one line; the mock's own server starts with it."""
    settings = Settings(port=0, scenario="cut", scenario_file=(broken_scenario,))
    with pytest.raises(StartupError, match="--scenario: cut has the fault reset: it needs the connection") as caught:
        create_app(settings)
    assert "\n" not in str(caught.value)
    with MockServer(settings) as mock:
        assert User(mock).create().code == 1002


def test_faults_do_not_hold_up_other_answers() -> None:
    """More hanging connections than threads, and the next call is answered all the same."""
    with MockServer(Settings(port=0, threads=4)) as mock:
        asking = Asking(mock)
        asking.rule({"fault": {"name": "hang", "seconds": 600}}, {"operation": "query"}, times=8)
        address = urlsplit(mock.url)
        clients = [socket.create_connection((address.hostname, address.port), 30) for _ in range(8)]
        for client in clients:
            client.sendall(
                f"GET {asking.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {asking.key}\r\n\r\n".encode()
            )
        asked = {"match": {"operation": "query"}, "times": 8}
        assert asking.control("POST", "requests/wait", asked).status == 200
        assert asking.get()[0] == 200
        for client in clients:
            client.close()
