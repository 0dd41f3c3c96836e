"""Every fault that a mock can put on the wire looks the same through a tap, and the record says what it was."""

from __future__ import annotations

import pytest

from contract_tests.api import MINIMAL, Api
from contract_tests.wire.exchange import Exchange
from contract_tests.wire.tap import Switchboard
from mock_server import MockServer
from mock_server.web.wire import WireFault
from tests.kit.wire.ends import rest, to
from tests.over_http.controlling import User, at_once
from tests.over_http.faulty_server import BODY, request, serving

FAULTS = {
    "reset": WireFault("reset"), "close": WireFault("close"), "truncate": WireFault("truncate", size=3),
    "drip": WireFault("drip", size=5, seconds=0.01), "garbage": WireFault("garbage", noise=b"\x00noise\r\n"),
    "hang": WireFault("hang", seconds=0.1),
}  # fmt: skip
# How the exchange ends, and how much of the answer there is: its status, its bytes, whether it is complete.
SEEN = {
    "reset": ("reset", None), "close": ("server", None), "truncate": ("server", (200, BODY[:3], False)),
    "drip": ("", (200, BODY, True)), "garbage": ("server", None), "hang": ("server", None),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize(("method", "version"), [("GET", "1.1"), ("GET", "1.0"), ("POST", "1.1")])
def test_the_same_bytes_and_the_same_end(switchboard: Switchboard, name: str, method: str, version: str) -> None:
    """As a client sees them that is connected to the server itself."""
    with serving(FAULTS[name]) as served:
        tap = switchboard.open_tap(served.server.origin)
        with to(tap) as client:
            client.sendall(request(method=method, version=version))
            through = rest(client)
        assert through == served.exchange(method=method, version=version)
        [exchange] = tap.exchanges()
    assert (exchange.end, seen_of(exchange)) == SEEN[name]
    assert ("no HTTP" in exchange.note) == (name == "garbage")


def seen_of(exchange: Exchange) -> tuple[int, bytes, bool] | None:
    """How much of the answer there is."""
    answer = exchange.answer
    return (answer.status, answer.body, answer.complete) if answer is not None else None


def test_client_that_gives_up(switchboard: Switchboard) -> None:
    """A server that hangs is left by its client, and learns of it."""
    with serving(WireFault("hang", seconds=3600)) as served:
        tap = switchboard.open_tap(served.server.origin)
        with to(tap) as client:
            client.sendall(request())
            assert not tap.settle(0.05)
        assert tap.settle(5)
        [exchange] = tap.exchanges()
        assert (exchange.end, exchange.answer) == ("client", None)


def test_answer_lost_on_the_way_of_a_real_mock(switchboard: Switchboard, server: MockServer) -> None:
    """The create took effect and its answer was lost; the repeat is another exchange."""
    user, tap = User(server), switchboard.open_tap(server.url)
    user.rule({"fault": "reset"}, {"operation": "create"}, times=1)
    with to(tap) as client:
        client.sendall(request("/v1/video_generation", method="POST", more=f"Authorization: Bearer {user.key}\r\n"))
        assert rest(client) == (b"", "RST")
    assert Api(tap.url, user.key).create(MINIMAL).code == 0
    lost, made = tap.exchanges()
    assert (lost.operation, lost.end, lost.answer) == ("create", "reset", None)
    assert (made.operation, made.end, made.json) == ("create", "", MINIMAL)
    assert made.answer is not None
    assert made.answer.json["task_id"]


def test_huge_answer_of_a_real_mock(switchboard: Switchboard, server: MockServer) -> None:
    """64 MB come through; the record has the beginning, and the size."""
    user, tap = User(server), switchboard.open_tap(server.url)
    user.rule({"fault": "huge"}, {"operation": "create"})
    reply = Api(tap.url, user.key).create(MINIMAL)
    answer = tap.exchanges()[0].answer
    assert answer is not None
    assert len(reply.content) == answer.size == 67_108_864
    assert (answer.body, answer.complete) == (reply.content[:1_048_576], True)


def test_link_leads_back_through_the_tap(switchboard: Switchboard, server: MockServer) -> None:
    """The mock builds it from the Host that the client wrote, so the download is seen too."""
    user, tap = User(server), switchboard.open_tap(server.url)
    user.api = Api(tap.url, user.key)
    _, url = user.done()
    assert url.startswith(f"{tap.url}/")
    with to(tap) as client:
        client.sendall(request(url.removeprefix(tap.url), more="Connection: close\r\n"))
        head, _, video = rest(client)[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    found = tap.exchanges()
    assert [each.operation for each in found] == ["create", "other", "query", "retrieve", "download"]
    assert found[-1].answer is not None
    assert found[-1].answer.body == video


def test_two_hundred_connections_at_once(switchboard: Switchboard, server: MockServer) -> None:
    """Every client gets its own answer, and every exchange is written down with it."""
    user, tap = User(server), switchboard.open_tap(server.url)
    tasks: dict[str, str] = {}

    def create(prompt: str) -> None:
        tasks[prompt] = str(Api(tap.url, user.key).create(MINIMAL | {"prompt": prompt}).json["task_id"])

    at_once([lambda prompt=f"cat {number}": create(prompt) for number in range(200)])  # type: ignore[misc]
    found = tap.exchanges()
    assert {each.json["prompt"]: each.answer.json["task_id"] for each in found if each.answer} == tasks
    assert (len(tasks), len(set(tasks.values())), tap.connections) == (200, 200, 200)
    assert sorted(each.connection for each in found) == list(range(1, 201))
    assert [each.at_ms for each in found] == sorted(each.at_ms for each in found)
