"""A gateway between the tap and the mock that passes every answer on in another manner of HTTP, none of them wrong."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

# Of the connection, or of how the body is sent, and so not to be passed on.
_OF_THE_HOP = ("connection", "content-length", "expect", "keep-alive", "transfer-encoding", "server", "date")
_TIMEOUT_SECONDS = 30.0
# Short enough to cut characters and names in two, long enough for files.
_CHUNK = 7
_CHUNKS = 200
# Where the mock writes this character (U+FFFD), bytes go out that no UTF-8 text has.
_PLACEHOLDER, _NO_TEXT = "\ufffd".encode(), b"\xff\xfe\xc3"

Lines = list[tuple[str, str]]
# From status, headers and body to what is sent.
Manner = Callable[[str, Lines, bytes], bytes]


class Manners:
    """A gateway on a free port of 127.0.0.1 to the mock at `upstream`: a context manager.

    `manner` is `chunked` (no Content-Length), `http10` (HTTP/1.0, the end of the connection ends the body), `odd-headers`
    (header names in odd case, a charset), `untyped` (no Content-Type), `no-continue` (no 100 Continue, whoever waits for
    it), or `mangled` (bytes that are no UTF-8 in place of every U+FFFD, the one that is wrong).
    """

    def __init__(self, upstream: str, manner: str) -> None:
        self._server = _Gateway(upstream, manner)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="contract-kit-manners")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _head(version: str, status: str, lines: Lines) -> bytes:
    text = [f"{version} {status}", *(f"{name}: {value}" for name, value in lines), "", ""]
    return "\r\n".join(text).encode("latin-1")


def _plain(status: str, lines: Lines, body: bytes) -> bytes:
    return _head("HTTP/1.1", status, [*lines, ("Content-Length", str(len(body)))]) + body


def _chunked(status: str, lines: Lines, body: bytes) -> bytes:
    length = max(_CHUNK, len(body) // _CHUNKS)
    pieces = [body[start : start + length] for start in range(0, len(body), length)]
    sent = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return _head("HTTP/1.1", status, [*lines, ("Transfer-Encoding", "chunked")]) + sent + b"0\r\n\r\n"


def _http10(status: str, lines: Lines, body: bytes) -> bytes:
    return _head("HTTP/1.0", status, [*lines, ("Connection", "close")]) + body


def _odd_headers(status: str, lines: Lines, body: bytes) -> bytes:
    typed = [(name, value.replace("; charset=utf-8", ";charset=UTF-8")) for name, value in lines]
    odd = [(name.swapcase(), value) for name, value in [*typed, ("Content-Length", str(len(body)))]]
    return _head("HTTP/1.1", status, odd) + body


def _untyped(status: str, lines: Lines, body: bytes) -> bytes:
    return _plain(status, [(name, value) for name, value in lines if name.lower() != "content-type"], body)


def _mangled(status: str, lines: Lines, body: bytes) -> bytes:
    return _plain(status, lines, body.replace(_PLACEHOLDER, _NO_TEXT))


MANNERS: dict[str, Manner] = {
    "chunked": _chunked, "http10": _http10, "odd-headers": _odd_headers, "untyped": _untyped, "mangled": _mangled,
    "no-continue": _plain,
}  # fmt: skip


class _Gateway(ThreadingHTTPServer):
    """Knows where the mock is and in which manner to answer."""

    daemon_threads = True

    def __init__(self, upstream: str, manner: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.said = MANNERS[manner]
        self.continues = manner != "no-continue"

    def handle_error(self, _request: object, _address: object) -> None:
        """Says nothing about clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _TIMEOUT_SECONDS
    server: _Gateway

    def handle_expect_100(self) -> bool:
        """Whether the request is taken; a client that waits for it is told so, or left to its own patience."""
        return super().handle_expect_100() if self.server.continues else True

    def do_GET(self) -> None:
        """Passes a request without a body on."""
        self._pass_on(b"")

    def do_HEAD(self) -> None:
        """Passes a request on whose answer has no body."""
        self._pass_on(b"")

    def do_POST(self) -> None:
        """Passes a request with a body on."""
        self._pass_on(self._body())

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while length := int(self.rfile.readline().partition(b";")[0], 16):
            pieces.append(self.rfile.read(length))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    def _pass_on(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(self.server.upstream, timeout=_TIMEOUT_SECONDS)
        asked = [(name, value) for name, value in self.headers.items() if name.lower() not in _OF_THE_HOP]
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in [*asked, ("Content-Length", str(len(body))), ("Connection", "close")]:
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            said = self._said(answer)
        finally:
            connection.close()
        self.wfile.write(said)
        self.close_connection = self.close_connection or said.startswith(b"HTTP/1.0")

    def _said(self, answer: http.client.HTTPResponse) -> bytes:
        status = f"{answer.status} {answer.reason}"
        if self.command == "HEAD":
            return _head("HTTP/1.1", status, answer.getheaders())
        lines = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_THE_HOP]
        return self.server.said(status, lines, answer.read())
