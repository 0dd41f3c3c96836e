"""What is made of the bytes of a connection: any bytes, cut anywhere, come out as exchanges that say what was seen."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from contract_tests.wire.conversation import Conversation
from contract_tests.wire.exchange import Answer, Exchange
from contract_tests.wire.message import Budget
from contract_tests.wire.reading import HEAD_LIMIT

KEPT = 1000
GET = b"GET /v1/files/retrieve?file_id=7 HTTP/1.1\r\nHost: x\r\n\r\n"
CREATE = b'POST /v1/video_generation HTTP/1.1\r\nContent-Length: 13\r\nX: 1\r\n\r\n{"model":"m"}'
CHUNKED = (
    b"POST /v1/video_generation HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'6;a=b\r\n{"mode\r\n7\r\nl":"m"}\r\n0\r\nTrailer: 1\r\n\r\n'
)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
STREAMED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, CHUNKED\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
ENDLESS = b"HTTP/1.0 200 OK\r\n\r\n{}"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\nContent-Length: 99\r\n\r\n"


def said(asked: bytes, answered: bytes = b"", *ends: str, piece: int = 0) -> list[Exchange]:
    """The exchanges of a connection on which this was said, in pieces of that size, and which ended so."""
    found = Conversation(3, "api", Budget(KEPT))
    for data, take in ((asked, found.ask), (answered, found.answer)):
        step = piece or max(len(data), 1)
        for start in range(0, len(data), step):
            take(data[start : start + step], 10.0 + start)
    for end in ends:
        found.over(end)
    return found.exchanges(10.0)


def one(asked: bytes, answered: bytes = b"", *ends: str, piece: int = 0) -> Exchange:
    """The only exchange."""
    [found] = said(asked, answered, *ends, piece=piece)
    return found


def answer(answered: bytes, *ends: str, asked: bytes = GET) -> Answer:
    """The only answer."""
    found = one(asked, answered, *ends).answer
    assert found is not None
    return found


@pytest.mark.parametrize("piece", [0, 1, 7])
def test_an_exchange(piece: int) -> None:
    """Everything of a request and its answer, in whatever pieces they come."""
    found = one(CREATE, OK, piece=piece)
    assert (found.host, found.connection, found.method, found.version) == ("api", 3, "POST", "HTTP/1.1")
    assert (found.target, found.path, found.query) == ("/v1/video_generation", "/v1/video_generation", {})
    assert found.headers == (("Content-Length", "13"), ("X", "1"))
    assert (found.body, found.json, found.size, found.complete) == (b'{"model":"m"}', {"model": "m"}, 13, True)
    assert (found.operation, found.end, found.note) == ("create", "", "")
    assert found.answer is not None
    assert (found.answer.status, found.answer.headers) == (200, (("Content-Length", "2"),))
    assert (found.answer.body, found.answer.json, found.answer.size, found.answer.complete) == (b"{}", {}, 2, True)


def test_times_are_those_of_the_first_and_the_last_byte() -> None:
    """In milliseconds since the moment that is asked for."""
    found = Conversation(1, "api", Budget(KEPT))
    found.ask(CREATE[:20], 5.0)
    found.ask(CREATE[20:], 5.25)
    found.answer(GO_ON, 5.5)
    found.answer(OK[:4], 6.0)
    found.answer(OK[4:], 6.5)
    [exchange] = found.exchanges(4.0)
    assert exchange.answer is not None
    assert (exchange.at_ms, exchange.ended_ms) == (1000.0, 1250.0)
    assert (exchange.answer.at_ms, exchange.answer.ended_ms) == (2000.0, 2500.0)


@pytest.mark.parametrize("asked", [CREATE, CHUNKED], ids=["length", "chunked"])
@pytest.mark.parametrize(
    "answered", [OK, STREAMED, ENDLESS, GO_ON + GO_ON + OK], ids=["length", "chunked", "end", "100"]
)
def test_every_framing_says_the_same(asked: bytes, answered: bytes) -> None:
    """A length, chunks, the end of the connection, interim answers before."""
    found = one(asked, answered, "server", piece=3)
    assert found.answer is not None
    assert (found.body, found.complete, found.end) == (b'{"model":"m"}', True, "")
    assert (found.answer.status, found.answer.body, found.answer.size, found.answer.complete) == (200, b"{}", 2, True)


def test_keep_alive_and_pipelining() -> None:
    """Answers belong to requests in their order, whether one waits for the other or not."""
    asked, answered = GET + CREATE + b"\r\n" + CHUNKED + GET, OK + STREAMED + EMPTY + OK
    for piece in (0, 1, 11):
        found = said(asked, answered, piece=piece)
        assert [each.operation for each in found] == ["retrieve", "create", "create", "retrieve"]
        assert [each.answer.status for each in found if each.answer] == [200, 200, 204, 200]
        assert all(each.complete and each.answer and each.answer.complete for each in found)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (GET.replace(b"GET", b"HEAD"), b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
        (GET, EMPTY),
        (GET, b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (GET, b"HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n"),
    ],
    ids=["HEAD", "204", "304", "zero"],
)
def test_answers_without_a_body(asked: bytes, answered: bytes) -> None:
    """They are over with their head, and the next one is read."""
    first, second = said(asked + GET, answered + OK)
    assert first.answer is not None
    assert (first.answer.size, first.answer.complete) == (0, True)
    assert second.answer is not None
    assert second.answer.body == b"{}"


def test_switched_protocol() -> None:
    """What follows a switch is no HTTP, and counts as the answer until the end."""
    found = answer(b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x00\r\n")
    assert (found.status, found.body, found.complete) == (101, b"\x81\x00\r\n", False)


@pytest.mark.parametrize("asked", [GET, CREATE, CHUNKED], ids=["GET", "length", "chunked"])
def test_a_request_cut_at_every_byte(asked: bytes) -> None:
    """What has come is shown; what has not is not made up, and the request is not complete."""
    [whole] = said(asked)
    assert said(b"", b"", "client") == []
    for size in range(1, len(asked)):
        found = one(asked[:size], b"", "client")
        assert (found.complete, found.answer, found.end) == (False, None, "client")
        first_line = size > asked.index(b"\n")
        assert found.method == (whole.method if first_line else "")
        assert found.target == (whole.target if first_line else "")
        assert bool(found.note) is not first_line
        assert whole.headers[: len(found.headers)] == found.headers
        assert whole.body.startswith(found.body)
    assert (whole.complete, whole.end) == (True, "")


@pytest.mark.parametrize("answered", [OK, STREAMED, GO_ON + OK], ids=["length", "chunked", "100"])
@pytest.mark.parametrize("end", ["server", "reset"])
def test_an_answer_cut_at_every_byte(answered: bytes, end: str) -> None:
    """Without a whole status line there is none; afterwards there is one that is not complete."""
    whole, final = answer(answered), answered.removeprefix(GO_ON)
    begins = len(answered) - len(final)
    for size in range(len(answered)):
        found = one(GET, answered[:size], end)
        assert found.end == end
        if size <= begins + final.index(b"\n"):
            assert found.answer is None
            assert bool(found.note) is (size > 0)
        else:
            assert found.answer is not None
            assert (found.answer.complete, found.answer.status) == (False, 200)
            assert whole.headers[: len(found.answer.headers)] == found.answer.headers
            assert whole.body.startswith(found.answer.body)


def test_an_answer_without_a_length_is_whole_unless_it_was_reset() -> None:
    """Nothing else can tell."""
    assert [answer(ENDLESS, end).complete for end in ("server", "reset", "client")] == [True, False, False]


@pytest.mark.parametrize(
    "answered",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1,2\r\n\r\n{}", b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", b"HTTP/1.1 200\r\nContent-Length: %s\r\n\r\n{}" % (b"9" * 9999),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a" * HEAD_LIMIT + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * HEAD_LIMIT,
    ],
    ids=["two lengths", "digit", "negative", "huge", "no chunk", "longer chunk", "line", "head"],
)  # fmt: skip
def test_wrong_framing(answered: bytes) -> None:
    """The status is known, the answer is never complete, and the note says why."""
    first, second = said(GET + GET, answered + OK, "server")
    assert first.answer is not None
    assert (first.answer.status, first.answer.complete, first.end) == (200, False, "server")
    assert first.note
    assert second.answer is None


@pytest.mark.parametrize(
    "noise", [b"\x00\x01\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"\r\n" + OK, b"HTTP/1.1 000 \r\n\r\n"]
)
def test_an_answer_that_is_no_http(noise: bytes) -> None:
    """There is no answer, and the note shows how the bytes begin and how many they are."""
    found = one(GET, noise + b"x" * 64, "server")
    assert (found.answer, found.end) == (None, "server")
    assert f"{len(noise) + 64} bytes" in found.note
    assert repr(noise)[2:-1] in found.note


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x02\n", b"GET /\r\n\r\n", b"a b HTTP/12\r\n", b"(GET) / HTTP/1.1\r\n\r\n"]
)
def test_a_request_that_is_no_http(noise: bytes) -> None:
    """It has no method, all its bytes are the body, and an answer to it is read all the same."""
    found = one(noise + GET, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "server")
    assert (found.method, found.target, found.operation, found.complete) == ("", "", "other", False)
    assert (found.body, found.end) == (noise + GET, "")
    assert found.note
    assert found.answer is not None
    assert found.answer.status == 400


def test_an_answer_that_nobody_asked_for() -> None:
    """It is shown as one to nothing, and later answers still find their requests."""
    found = Conversation(1, "api", Budget(KEPT))
    found.answer(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", 1.0)
    found.ask(GET, 2.0)
    found.answer(OK, 3.0)
    first, second = found.exchanges(0.0)
    assert (first.method, first.at_ms, first.answer is not None and first.answer.status) == ("", 1000.0, 408)
    assert (second.operation, second.answer is not None and second.answer.status) == ("retrieve", 200)


def test_an_answer_before_the_request_is_whole() -> None:
    """A refusal that does not wait for the body belongs to that request."""
    found = one(CREATE[:-1], b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
    assert (found.complete, found.answer is not None and found.answer.status) == (False, 413)


def test_headers_stay_as_they_came() -> None:
    """In their order, repeated, in their own spelling, as Latin-1, with lines that go on and lines that are none."""
    head = b"GET / HTTP/1.1\r\nb: 1\r\nA:  \xe9 \t\r\nB:2\r\n more\r\nnothing\r\nlast: \r\n\r\n"
    found = one(head)
    assert found.headers == (("b", "1"), ("A", "é"), ("B", "2 more"), ("nothing", ""), ("last", ""))
    assert (found.values("B"), found.complete) == (["1", "2 more"], True)


def test_bare_line_feeds_end_lines() -> None:
    """As most servers read them."""
    found = one(GET.replace(b"\r", b""), OK.replace(b"\r", b""))
    assert (found.operation, found.answer is not None and found.answer.body) == ("retrieve", b"{}")


@pytest.mark.parametrize(
    ("line", "path", "query", "operation"),
    [
        ("GET /v1/query/video_generation?task_id=a b&c=d", "/v1/query/video_generation", {"task_id": "a b", "c": "d"}, "query"),
        ("GET /v1/query/video_generation?task_id=a%20b&task_id=", "/v1/query/video_generation", {"task_id": ""}, "query"),
        ("GET //v1/query/video_generation?task_id=1", "//v1/query/video_generation", {"task_id": "1"}, "other"),
        ("GET //[/x?y=1", "//[/x", {"y": "1"}, "download"),
        ("POST //v1/video_generation", "//v1/video_generation", {}, "other"),
        ("HEAD /inference_output/a.mp4?Signature=%2B", "/inference_output/a.mp4", {"Signature": "+"}, "download"),
        ("GET http://127.0.0.1:1/v1/files/retrieve?y=1", "/v1/files/retrieve", {"y": "1"}, "retrieve"),
        ("OPTIONS *", "*", {}, "other"),
        ("get /v1/files/retrieve", "/v1/files/retrieve", {}, "other"),
    ],
)  # fmt: skip
def test_targets(line: str, path: str, query: dict[str, str], operation: str) -> None:
    """Path, parameters and operation of what was sent, however odd."""
    found = one(f"{line} HTTP/1.1\r\n\r\n".encode())
    assert (found.target, found.path, found.query) == (line.partition(" ")[2], path, query)
    assert found.operation == operation


def test_what_is_kept_of_bodies_is_bounded() -> None:
    """Requests share what may be kept; the rest is counted."""
    request = b"POST / HTTP/1.1\r\nContent-Length: 700\r\n\r\n" + b"x" * 700
    found = said(request * 3)
    assert [(len(each.body), each.cut, each.size) for each in found] == [(700, 0, 700), (300, 400, 700), (0, 700, 700)]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (("client", "server"), "client"), (("server", "client"), "server"), (("reset", "client"), "reset"),
        (("client", "reset"), "client"),
    ],
)  # fmt: skip
def test_the_first_end_counts(ends: tuple[str, ...], expected: str) -> None:
    """Who left first, of an exchange that was not over; one that was over does not mind."""
    over, pending = said(GET + GET, OK, *ends)
    assert (over.end, pending.end) == ("", expected)


def test_client_that_left_before_the_answer() -> None:
    """The server's answer is shown, and that nobody was there to read it."""
    found = Conversation(1, "api", Budget(KEPT))
    found.ask(GET, 1.0)
    found.over("client")
    found.answer(OK, 2.0)
    [exchange] = found.exchanges(0.0)
    assert (exchange.end, exchange.answer is not None and exchange.answer.complete) == ("client", True)


def _mutated(source: random.Random, data: bytes) -> bytes:
    """The data with a few bytes changed, left out, doubled or put in."""
    changed = bytearray(data)
    for _ in range(source.randrange(4)):
        place = source.randrange(len(changed))
        changed[place : place + source.randrange(3)] = source.choice(
            [b"", b"\n", b"\r\n", b"\x00", source.randbytes(2), b"9"]
        )
    return bytes(changed)


@pytest.mark.parametrize("make", [lambda source, data: source.randbytes(len(data)), _mutated], ids=["noise", "mutated"])
def test_no_bytes_are_too_strange(make: Callable[[random.Random, bytes], bytes]) -> None:
    """Nothing raises, and in whatever pieces the bytes come, the same comes of them."""
    source = random.Random(11)
    for _ in range(1500):
        asked = make(source, GET + CREATE + CHUNKED + GET)
        answered = make(source, GO_ON + OK + STREAMED + ENDLESS)
        whole, pieces = said(asked, answered, "server"), said(asked, answered, "server", piece=source.randrange(1, 60))
        assert [_without_times(each) for each in pieces] == [_without_times(each) for each in whole]


def _without_times(exchange: Exchange) -> tuple[object, ...]:
    answer = exchange.answer
    came = (answer.status, answer.headers, answer.body, answer.size, answer.complete) if answer else None
    return (
        exchange.method,
        exchange.target,
        exchange.headers,
        exchange.body,
        exchange.size,
        exchange.end,
        exchange.note,
        came,
    )
