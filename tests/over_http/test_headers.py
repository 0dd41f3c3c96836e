"""What stands in the heads of answers, byte for byte; HEAD, and Allow."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from contract_tests.api import CREATE, QUERY, RETRIEVE
from mock_server import MockServer, Settings
from mock_server.clock import MANUAL_START, ManualClock
from tests.over_http.controlling import User
from tests.over_http.raw import RawAnswer, ask, lines, read, talk

# Names, order and spelling of the record of a refused call.
RECORDED = [
    "Content-Type", "Content-Length", "Connection", "Trace-Id", "Minimax-Request-Id", "alb_receive_time", "alb_request_id",
]  # fmt: skip
# What else this server sends: the record shows neither.
OWN = ["Date", "Server"]
EPOCH = 1_672_531_200


@pytest.fixture(scope="module")
def bare() -> Iterator[MockServer]:
    """A mock as close to the record as it gets."""
    with MockServer(Settings(port=0, no_mock_headers=True, no_keep_alive=True, clock="manual")) as mock:
        yield mock


@pytest.mark.parametrize(
    ("route", "key"),
    [
        (f"POST {CREATE}", ""),
        (f"GET {QUERY}?task_id=1", ""),
        (f"GET {RETRIEVE}?file_id=1", "k-1"),
        ("GET /v1/files", "k-1"),
    ],
)
def test_the_head_is_the_recorded_one(bare: MockServer, route: str, key: str) -> None:
    """Seven headers in this order and spelling, then two of this server."""
    answer = read(talk(bare.url, lines(route, *([f"Authorization: Bearer {key}"] if key else []))))
    assert answer.names == RECORDED + OWN
    assert answer["Connection"] == "close"
    assert answer["Content-Length"] == str(len(answer.body))
    assert re.fullmatch(r"[0-9a-f]{32}", answer["Trace-Id"])
    assert re.fullmatch(r"[0-9a-f]{32}", answer["Minimax-Request-Id"])
    assert re.fullmatch(r"[0-9]{10}\.[0-9]{3}", answer["alb_receive_time"])
    assert re.fullmatch(r"[0-9a-f]{40}", answer["alb_request_id"])
    assert answer["Server"] == "minimax-mock"


def test_the_recorded_example(bare: MockServer) -> None:
    """A call without a key: its status line, type and length are those of the record."""
    answer = read(talk(bare.url, lines(f"POST {CREATE}", "Content-Length: 0")))
    assert answer.status_line == "HTTP/1.1 200 OK"
    assert (answer["Content-Type"], answer["Content-Length"]) == ("application/json; charset=utf-8", "144")


def seconds_in(trace_id: str) -> int:
    """The moment that a Trace-Id begins with."""
    return int(trace_id[:8], 16) + EPOCH


def test_a_recorded_trace_id() -> None:
    """The moment in it is that of alb_receive_time, which was recorded with it."""
    assert seconds_in("0640ba83a3280cd782f714aefb8c6318") == int(1777436547.388)


def test_a_trace_id_has_the_time_of_its_account() -> None:
    """Of the account's clock, which others do not move; calls without an account have the server's."""
    with MockServer(Settings(port=0, clock="manual")) as mock:
        early, late = User(mock), User(mock)
        late.create()
        late.advance(86_400.5)
        for reply, now in (
            (early.create(), MANUAL_START), (late.create(), MANUAL_START + 86_400.5), (late.api.query("1"), MANUAL_START + 86_400.5),
        ):  # fmt: skip
            assert seconds_in(reply.headers["Trace-Id"]) == int(now)
            assert reply.headers["alb_receive_time"] == f"{now:.3f}"
        keyless = ask(mock.url, f"GET {QUERY}")
        assert f"{seconds_in(keyless['Trace-Id'])}.000" == keyless["alb_receive_time"] == f"{MANUAL_START:.3f}"


def test_a_trace_id_runs_with_a_scaled_clock() -> None:
    """As does the time beside it; the account's own clock lies between two of its answers."""
    with MockServer(Settings(port=0, time_scale=100_000)) as mock:
        user = User(mock)
        first = float(user.create().headers["alb_receive_time"])
        now = mock.service.world.account(user.key).clock.now()
        second = user.create().headers
    assert first < now < float(second["alb_receive_time"])
    assert seconds_in(second["Trace-Id"]) == int(float(second["alb_receive_time"]))
    assert second["Trace-Id"][:8] > f"{int(first) - EPOCH:08x}"


def test_a_moment_beyond_eight_digits_begins_anew() -> None:
    """A clock may be moved on for centuries; the Trace-Id keeps its length."""
    with MockServer(Settings(port=0), new_clock=lambda: ManualClock(EPOCH + 2.0**32 + 5)) as mock:
        trace_id = User(mock).create().headers["Trace-Id"]
    assert re.fullmatch(r"00000005[0-9a-f]{24}", trace_id)


def test_a_seed_repeats_every_header_but_the_date() -> None:
    """With the same clock and the same calls; another seed has others, and the time in them is the same."""

    def heads(seed: int) -> list[dict[str, str]]:
        with MockServer(Settings(port=0, clock="manual", seed=seed)) as mock:
            user = User(mock, "k-1")
            replies = [user.create(), user.api.query("1"), user.api.retrieve("x"), user.api.send("GET", "/v1/files")]
            return [{name: value for name, value in reply.headers.items() if name != "Date"} for reply in replies]

    first, other = heads(3), heads(4)
    assert heads(3) == first
    for mine, theirs in zip(first, other, strict=True):
        assert mine["Trace-Id"][:8] == theirs["Trace-Id"][:8]
        assert mine["Trace-Id"][8:] != theirs["Trace-Id"][8:]
        assert mine["alb_request_id"] != theirs["alb_request_id"]
    assert len({head["Trace-Id"] for head in first}) == 4


def twice(mock: MockServer, path: str, *headers: str) -> tuple[RawAnswer, RawAnswer]:
    """The answers to GET and to HEAD."""
    return ask(mock.url, f"GET {path}", *headers), ask(mock.url, f"HEAD {path}", *headers)


@pytest.mark.parametrize(
    ("path", "status"),
    [(f"{QUERY}?task_id=1", 200), (f"{RETRIEVE}?file_id=1", 200), (CREATE, 405), ("/v1/nothing", 404), ("/", 404),
     ("/__mock/health", 200), ("/__mock/reset", 405), ("/__mock/nothing", 404), ("/inference_output/video/x", 404)],
)  # fmt: skip
@pytest.mark.parametrize("key", ["Authorization: Bearer k-1", "Authorization: none"])
def test_head_is_get_without_a_body(server: MockServer, path: str, status: int, key: str) -> None:
    """The same status and headers, and not one byte behind them; only a text that names the method differs."""
    whole, head = twice(server, path, key)
    assert (whole.status, head.status, head.body) == (status, status, b"")
    assert whole["Content-Length"] == str(len(whole.body))
    named = len("HEAD") - len("GET") if path.startswith("/__mock/") and status != 200 else 0
    uptime = path == "/__mock/health"  # whose length may change from call to call
    assert uptime or int(head["Content-Length"]) == len(whole.body) + named
    assert [name for name in head.names if name != "X-Mock-Violations"] == [
        name for name in whole.names if name != "X-Mock-Violations"
    ]


def test_head_of_a_task_and_a_file(user: User) -> None:
    """A finished task and the file behind the link, whose length is told and not one byte of which is sent."""
    task_id = user.task()
    user.advance(60)
    key = f"Authorization: Bearer {user.key}"
    whole, head = twice(user.mock, f"{QUERY}?task_id={task_id}", key)
    assert (head["Content-Length"], head.body) == (str(len(whole.body)), b"")
    link = user.api.retrieve(user.api.query(task_id).json["file_id"]).json["file"]["download_url"]
    whole, head = twice(user.mock, link.removeprefix(user.mock.url))
    assert (head["Content-Length"], head.body) == (str(len(whole.body)), b"")
    assert len(whole.body) > 1000


def test_head_of_what_is_no_request(server: MockServer) -> None:
    """The server's own refusals have no body either."""
    answer = read(talk(server.url, lines(f"HEAD {QUERY}", "Content-Length: x")))
    assert (answer.status, answer.body) == (400, b"")
    assert int(answer["Content-Length"]) > 0


@pytest.mark.parametrize(
    ("route", "allowed"),
    [(f"GET {CREATE}", "OPTIONS, POST"), (f"HEAD {CREATE}", "OPTIONS, POST"), (f"DELETE {CREATE}", "OPTIONS, POST"),
     (f"POST {QUERY}", "GET, HEAD, OPTIONS"), (f"PUT {RETRIEVE}", "GET, HEAD, OPTIONS"),
     ("POST /inference_output/video/x", "GET, HEAD"), ("OPTIONS /inference_output/video/x", "GET, HEAD"),
     ("OPTIONS /__mock/health", "GET, HEAD"), ("POST /__mock/health", "GET, HEAD"), ("OPTIONS /__mock/reset", "POST")],
)  # fmt: skip
def test_allow_names_the_methods_that_are_answered(server: MockServer, route: str, allowed: str) -> None:
    """OPTIONS among them where it is."""
    answer = ask(server.url, route)
    assert (answer.status, answer["Allow"]) == (405, allowed)


@pytest.mark.parametrize("path", ["/", "/nothing", "/v2/x", "*", "http://localhost/nothing"])
def test_options_elsewhere_finds_nothing(server: MockServer, path: str) -> None:
    """As every other method does there."""
    answer = ask(server.url, f"OPTIONS {path}")
    assert (answer.status, answer.body) == (404, b"404 page not found")
