"""What is no request, or could be read in two ways: refused in one clear line, and the connection ends with that."""

from __future__ import annotations

import re

import pytest

from tests.abuse.conftest import LIMIT, Victim

HOST = b"Host: localhost\r\n"
GET = b"GET /__mock/health HTTP/1.1\r\n" + HOST
CREATE = b"POST /v1/video_generation HTTP/1.1\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\n" + HOST
# What a smuggler hides behind a body; its answer would begin with a second status line.
HIDDEN = b"GET /__mock/gallery HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
LONG = b"x" * 70_000

HEADS = {
    "HTTP/0.9": (b"GET /\r\n", 400, "METHOD TARGET"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1"),
    "TLS to a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400, "http, not https"),
    "no request": (b"\x00\xff\xfe\xfd" * 10, 400, "METHOD TARGET"),
    "small method": (b"get / HTTP/1.1\r\n" + HOST + b"\r\n", 400, "capitals"),
    "two blanks": (b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", 400, "METHOD TARGET"),
    "blank before": (b" GET / HTTP/1.1\r\n" + HOST + b"\r\n", 400, "METHOD TARGET"),
    "blank in the target": (b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", 400, "METHOD TARGET"),
    "NUL in the target": (b"GET /a\x00b HTTP/1.1\r\n" + HOST + b"\r\n", 400, "METHOD TARGET"),
    "CR in the target": (b"GET /a\rb HTTP/1.1\r\n" + HOST + b"\r\n", 400, "METHOD TARGET"),
    "fragment": (b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n", 400, "fragment"),
    "no slash": (b"GET a HTTP/1.1\r\n" + HOST + b"\r\n", 400, "slash"),
    "CONNECT a path": (b"CONNECT /a HTTP/1.1\r\n" + HOST + b"\r\n", 400, "HOST:PORT"),
    "bare LF in the line": (GET.replace(b"\r\n", b"\n") + b"\n", 400, "CR LF"),
    "bare LF in a header": (GET + b"X: 1\nY: 2\r\n\r\n", 400, "CR LF"),
    "bare LF at the end": (GET + b"X: 1\n\n", 400, "CR LF"),
    "bare CR": (GET + b"X: 1\rTransfer-Encoding: chunked\r\n\r\n", 400, "control character"),
    "NUL in a header": (GET + b"X: a\x00b\r\n\r\n", 400, "control character"),
    "folded": (GET + b"X: 1\r\n Transfer-Encoding: chunked\r\n\r\n", 400, "folded"),
    "blank before the colon": (GET + b"Content-Length : 5\r\n\r\n", 400, "NAME: VALUE"),
    "no name": (GET + b": 5\r\n\r\n", 400, "NAME: VALUE"),
    "no colon": (GET + b"X\r\n\r\n", 400, "NAME: VALUE"),
    "bytes in a name": (GET + b"X\xff: 1\r\n\r\n", 400, "NAME: VALUE"),
    "long line": (b"GET /" + LONG + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "request line"),
    "endless line": (b"GET /" + LONG, 414, "request line"),
    "long header": (GET + b"X: " + LONG + b"\r\n\r\n", 431, "head is longer"),
    "many headers": (GET + b"X: 1\r\n" * 20_000 + b"\r\n", 431, "head is longer"),
    "unknown Expect": (CREATE + b"Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}", 417, "100-continue"),
}
FRAMINGS = {
    "length beside chunks": (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
    "chunks beside a length": (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400),
    "two lengths": (b"Content-Length: 5\r\nContent-Length: 6\r\n", 400),
    "two lengths in one": (b"Content-Length: 5, 6\r\n", 400),
    "plus": (b"Content-Length: +5\r\n", 400),
    "minus": (b"Content-Length: -5\r\n", 400),
    "hexadecimal": (b"Content-Length: 0x5\r\n", 400),
    "blank": (b"Content-Length: 5 5\r\n", 400),
    "other digits": ("Content-Length: ٥\r\n".encode(), 400),
    "endless": (b"Content-Length: " + b"9" * 4000 + b"\r\n", 400),
    "empty": (b"Content-Length:\r\n", 400),
    "xchunked": (b"Transfer-Encoding: xchunked\r\n", 501),
    "gzip, chunked": (b"Transfer-Encoding: gzip, chunked\r\n", 501),
    "chunked, identity": (b"Transfer-Encoding: chunked, identity\r\n", 501),
    "chunked twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501),
    "chunked and a half": (b"Transfer-Encoding: chunked;x=1\r\n", 501),
}
CHUNKS = {
    "0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "blank before": b" 5\r\nhello\r\n0\r\n\r\n",
    "overflow": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "bare LF": b"5\nhello\n0\n\n",
    "no CR LF": b"5\r\nhello0\r\n\r\n",
    "empty line": b"\r\nhello\r\n0\r\n\r\n",
    "long extension": b"5;" + b"x" * 10_000 + b"\r\nhello\r\n0\r\n\r\n",
    "endless trailers": b"0\r\n" + b"X: 1\r\n" * 500 + b"\r\n",
    "long trailer": b"0\r\nX: " + b"x" * 10_000 + b"\r\n\r\n",
}


def one_answer(received: bytes) -> tuple[int, bytes, bytes]:
    """Status, head and body of the only answer that came."""
    assert len(re.findall(rb"HTTP/1\.1 \d{3} ", received)) == 1, received
    assert b"Traceback" not in received
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), head, body


@pytest.mark.parametrize(("sent", "status", "words"), HEADS.values(), ids=HEADS)
def test_what_is_no_request_is_told_so_at_once(victim: Victim, sent: bytes, status: int, words: str) -> None:
    """Without waiting for more; what follows on the connection is not looked at."""
    found, head, body = one_answer(victim.talk(sent + HIDDEN))
    assert (found, b"Connection: close" in head) == (status, True)
    assert words.encode() in body
    assert body.count(b"\n") == 1


def test_an_empty_expect_expects_nothing(victim: Victim) -> None:
    """Some libraries send a header that nobody gave a value."""
    assert one_answer(victim.talk(GET + b"Expect:\r\nConnection: close\r\n\r\n"))[0] == 200


@pytest.mark.parametrize(("begun", "status"), [(b"GET /", 414), (GET + b"X: ", 431), (GET + b"X: 1\r\n" * 9_000, 431)])
def test_a_head_over_the_limit_is_not_waited_for(victim: Victim, begun: bytes, status: int) -> None:
    """Nobody collects it until its time is up; the client is told although its head has no end yet."""
    assert one_answer(victim.talk(begun + LONG))[0] == status


@pytest.mark.parametrize(("framing", "status"), FRAMINGS.values(), ids=FRAMINGS)
def test_a_body_whose_end_is_in_doubt_is_refused(victim: Victim, framing: bytes, status: int) -> None:
    """Nothing behind it is taken for a request."""
    found, head, _ = one_answer(victim.talk(CREATE + framing + b"\r\n0\r\n\r\n" + HIDDEN))
    assert (found, b"Connection: close" in head) == (status, True)


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
def test_chunks_that_are_none_end_the_connection(victim: Victim, chunks: bytes) -> None:
    """The call is refused as one whose body did not come to its end."""
    found, head, body = one_answer(victim.talk(CREATE + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + HIDDEN))
    assert (found, b"Connection: close" in head) == (200, True)
    assert b"the body did not come to its end" in body


def test_a_name_with_an_underscore_is_not_a_length(victim: Victim) -> None:
    """In WSGI both have one name; the header is left out, as proxies do."""
    received = victim.talk(GET + b"Content_Length: 70\r\nConnection: close\r\n\r\n" + HIDDEN)
    assert one_answer(received)[0] == 200


def test_a_gigabyte_is_refused_before_it_is_sent(victim: Victim) -> None:
    """The declared length is enough, and nobody is told to go on."""
    for expect in (b"", b"Expect: 100-continue\r\n"):
        found, _, _ = one_answer(victim.talk(CREATE + expect + b"Content-Length: 1000000000\r\n\r\n"))
        assert found == 413


def test_continue_is_said_to_whom_may(victim: Victim) -> None:
    """A body within the limit is asked for, then read; the connection is kept."""
    with victim.connect() as client:
        client.sendall(CREATE + b"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}")
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")
        client.sendall(GET + b"Connection: close\r\n\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_chunked_body_over_the_limit_is_cut_off(victim: Victim) -> None:
    """Also one that was asked for."""
    with victim.connect() as client:
        client.sendall(CREATE + b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"40000000\r\n" + b"x" * (LIMIT * 2))
        assert client.recv(65_536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /\xff\xfe?\xff=\xfe HTTP/1.1\r\n" + HOST,
        b"GET /%ff%fe?%ff=%fe HTTP/1.1\r\n" + HOST,
        GET + b"X: \xff\xfe\r\nPrefer: \xff\r\nAuthorization: Bearer \xff\r\n",
        b"GET http://localhost/__mock/health HTTP/1.1\r\n" + HOST,
        b"GET http://\xff/ HTTP/1.1\r\n" + HOST,
        b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST,
        b"OPTIONS * HTTP/1.1\r\n" + HOST,
        b"TRACE / HTTP/1.1\r\n" + HOST,
        b"GET " + b"/" * 60_000 + b" HTTP/1.1\r\n" + HOST,
        GET + b"X: 1\r\n" * 9_000,
        b"GET /v1/query/video_generation?" + b"task_id=1&" * 6_000 + b" HTTP/1.1\r\n" + HOST,
    ],
)
def test_odd_requests_are_answered(victim: Victim, sent: bytes) -> None:
    """Bytes that are no text, targets in other forms, more of everything than anybody needs: never a 5xx."""
    assert one_answer(victim.talk(sent + b"Connection: close\r\n\r\n"))[0] < 500


def test_an_invalid_text_in_a_body_is_an_answer(victim: Victim) -> None:
    """UTF-8 that is none."""
    body = b'{"prompt": "\xff\xfe"}'
    length = b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    found, _, answer = one_answer(victim.talk(CREATE + length + body))
    assert (found, b'"status_code":2013' in answer) == (200, True)


def test_pipelined_requests_are_answered_in_their_order(victim: Victim) -> None:
    """Two hundred in one piece, each with its answer."""
    asked = b"".join(b"GET /v1/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number for number in range(199))
    received = victim.talk(asked + GET + b"Connection: close\r\n\r\n")
    assert received.count(b"HTTP/1.1 404 ") == 199
    assert received.rpartition(b"HTTP/1.1 ")[2].startswith(b"200 OK")
