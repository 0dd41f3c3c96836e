"""Reads HTTP/1 out of the bytes that pass, whatever they are, and never raises.

What is not HTTP, or ends anywhere, becomes a message that says so. The readers only look: what they make of the bytes
changes nothing about them, except that a prefix is taken off the targets of requests.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator

from contract_tests.wire.message import Budget, Message, Reply, Request

# Longer heads, and longer lines, are no HTTP; the mock takes 64 KiB.
HEAD_LIMIT = 131_072
# Of the body of an answer so much is kept.
ANSWER_KEPT = 1_048_576

_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VERSION = re.compile(rb"HTTP/\d\.\d")
_STATUS_LINE = re.compile(rb"HTTP/\d\.\d +(\d{3})(?:[ \t].*)?\s*", re.DOTALL)
_LENGTH = re.compile(r"\d{1,18}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")

_BLANK = " \t"

Steps = Generator[None, None, None]


class _NoHttpError(Exception):
    """The bytes are not what they should be; the text says what was expected."""


class _Reader(ABC):
    """Reads one direction of a connection. The steps are a generator that is resumed whenever bytes have come."""

    def __init__(self) -> None:
        self._data = b""
        self._position = 0
        self._now = 0.0
        self._line = bytearray()
        self._steps = self._read()
        next(self._steps)

    def feed(self, data: bytes, now: float) -> None:
        """Bytes that came at that time."""
        self._data, self._position, self._now = data, 0, now
        next(self._steps)

    @abstractmethod
    def _read(self) -> Steps:
        """Reads message after message, without end."""

    def _more(self) -> Steps:
        """Waits until there is a byte that nobody has looked at."""
        while self._position == len(self._data):
            yield

    def _read_line(self, message: Message, hopeless: Callable[[bytes], bool] | None = None) -> Steps:
        """Puts the next line, with its end, into `_line`. `hopeless` tells of a beginning that nothing can come of."""
        self._line.clear()
        while not self._line.endswith(b"\n"):
            yield from self._more()
            end = self._data.find(b"\n", self._position) + 1 or len(self._data)
            self._line += self._data[self._position : end]
            self._position, message.ended = end, self._now
            if hopeless is not None and hopeless(bytes(self._line[:16])):
                raise _NoHttpError("the first line is none of HTTP")
            if len(self._line) > HEAD_LIMIT:
                raise _NoHttpError(f"a line is longer than {HEAD_LIMIT} bytes")

    def _read_headers(self, message: Message) -> Steps:
        size = 0
        while True:
            yield from self._read_line(message)
            size += len(self._line)
            if size > HEAD_LIMIT:
                raise _NoHttpError(f"the head is longer than {HEAD_LIMIT} bytes")
            line = self._line.rstrip(b"\r\n").decode("latin-1")
            if not line:
                return
            if line[0] in _BLANK and message.headers:  # a line that goes on, as it was allowed once
                name, value = message.headers[-1]
                message.headers[-1] = (name, f"{value} {line.strip(_BLANK)}")
            else:
                name, _, value = line.partition(":")
                message.headers.append((name, value.strip(_BLANK)))

    def _read_body(self, message: Message, length: int | None) -> Steps:
        """Reads so many bytes; without a length all that still come."""
        while length is None or length > 0:
            yield from self._more()
            size = len(self._data) - self._position
            if length is not None:
                size = min(size, length)
                length -= size
            message.add(memoryview(self._data)[self._position : self._position + size])
            self._position += size
            message.ended = self._now

    def _read_chunks(self, message: Message) -> Steps:
        while True:
            yield from self._read_line(message)
            size = bytes(self._line).partition(b";")[0].strip()
            if not _CHUNK_SIZE.fullmatch(size):
                raise _NoHttpError(f"a chunk begins with {bytes(self._line[:40])!r} instead of its size")
            if not (length := int(size, 16)):
                break
            yield from self._read_body(message, length)
            yield from self._read_line(message)
            if self._line.rstrip(b"\r\n"):
                raise _NoHttpError("a chunk is longer than it says")
        trailers = Message(message.began, message.budget)
        yield from self._read_headers(trailers)
        message.ended = trailers.ended

    def _skip_the_rest(self, message: Message, wrong: _NoHttpError, *, is_message: bool) -> Steps:
        """After what is no HTTP nobody knows where anything begins. Of a message without a first line all bytes are kept."""
        message.note = str(wrong)
        if not is_message:
            message.add(memoryview(bytes(self._line)))
            yield from self._read_body(message, None)
        while True:
            self._position = len(self._data)
            yield


class RequestReader(_Reader):
    """Reads what a client sends. A `prefix` is taken off the target of every request that has it."""

    def __init__(self, budget: Budget, prefix: str = "") -> None:
        self.messages: list[Request] = []
        self._budget = budget
        self._prefix = prefix.encode("latin-1")
        self._passed = bytearray()
        self._passed_until = 0
        self._holds = False
        super().__init__()

    def take(self, data: bytes, now: float) -> bytes:
        """Bytes that came at that time; gives those to be passed on. A first line is held until it is whole."""
        if not self._prefix:
            self.feed(data, now)
            return data
        self._passed.clear()
        self._passed_until = 0
        self.feed(data, now)
        self._pass_on()
        return bytes(self._passed)

    def held(self) -> bytes:
        """What is held when the client sends no more."""
        held = bytes(self._line) if self._holds and self._prefix else b""
        self._holds = False
        return held

    def _pass_on(self) -> None:
        """Passes on what was read since this was called last."""
        if self._prefix and not self._holds:
            self._passed += self._data[self._passed_until : self._position]
        self._passed_until = self._position

    def _let_go(self, line: bytes) -> None:
        """Passes on the first line, as it shall be."""
        self._holds = False
        if self._prefix:
            self._passed += line
        self._passed_until = self._position

    def _read(self) -> Steps:
        while True:
            yield from self._skip_empty_lines()
            request = Request(self._now, self._budget)
            self.messages.append(request)
            try:
                yield from self._read_first_line(request)
                yield from self._read_headers(request)
                yield from self._read_request_body(request)
            except _NoHttpError as wrong:
                yield from self._skip_the_rest(request, wrong, is_message=bool(request.method))
            request.finish()

    def _skip_empty_lines(self) -> Steps:
        while True:
            yield from self._more()
            if self._data[self._position] not in b"\r\n":
                return
            self._position += 1

    def _read_first_line(self, request: Request) -> Steps:
        self._pass_on()
        self._line.clear()
        self._holds = True
        try:
            yield from self._read_line(request, lambda begin: _METHOD.match(begin) is None)
            self._understand(request)
        except _NoHttpError:
            self._let_go(bytes(self._line))
            raise
        if request.prefix:
            method, target = bytes(self._line).split(b" ", 1)
            rest = target.lstrip(b" ").removeprefix(self._prefix)
            self._let_go(method + (b" " if rest.startswith(b"/") else b" /") + rest)
        else:
            self._let_go(bytes(self._line))

    def _understand(self, request: Request) -> None:
        """What the first line says. The target may hold spaces: there are clients that paste an identifier as it is."""
        method, _, rest = bytes(self._line).rstrip().partition(b" ")
        target, _, version = (part.strip(b" ") for part in rest.rpartition(b" "))
        if not (_METHOD.fullmatch(method) and target and _VERSION.fullmatch(version)):
            raise _NoHttpError("the first line is none of a request")
        request.method, request.target, request.version = (part.decode("latin-1") for part in (method, target, version))
        if self._prefix and re.match(rb"[/?]|\Z", target.removeprefix(self._prefix)) and target.startswith(self._prefix):
            request.prefix = self._prefix.decode("latin-1")

    def _read_request_body(self, request: Request) -> Steps:
        if codings := request.values("transfer-encoding"):
            if _last_coding(codings) != "chunked":
                raise _NoHttpError("the Transfer-Encoding does not end with chunked")
            yield from self._read_chunks(request)
        else:
            yield from self._read_body(request, _length(request) or 0)


class ReplyReader(_Reader):
    """Reads what a server sends. `asked` gives the request that an answer is for, by its index; `done` is told of each whole one."""

    def __init__(self, asked: Callable[[int, float], Request], done: Callable[[int], None]) -> None:
        self.messages: list[Reply] = []
        self._asked = asked
        self._done = done
        self._until_close = False
        super().__init__()

    def close(self) -> None:
        """The server has sent all that it wanted to send, which is the end of an answer that does not say its length."""
        if self._until_close:
            self._finish(self.messages[-1])

    def _finish(self, reply: Reply) -> None:
        self._until_close = False
        reply.finish()
        self._done(len(self.messages) - 1)

    def _read(self) -> Steps:
        while True:
            yield from self._more()
            request = self._asked(len(self.messages), self._now)
            reply = Reply(self._now, Budget(ANSWER_KEPT))
            self.messages.append(reply)
            try:
                yield from self._read_head(reply)
                while reply.interim:
                    yield from self._more()
                    reply.restart(self._now)
                    yield from self._read_head(reply)
                yield from self._read_reply_body(reply, request)
            except _NoHttpError as wrong:
                yield from self._skip_the_rest(reply, wrong, is_message=bool(reply.status))
            self._finish(reply)

    def _read_head(self, reply: Reply) -> Steps:
        yield from self._read_line(reply, lambda begin: not (begin.startswith(b"HTTP/") or b"HTTP/".startswith(begin)))
        found = _STATUS_LINE.fullmatch(self._line)
        if found is None or found[1] == b"000":
            raise _NoHttpError("the first line is none of an answer")
        reply.status = int(found[1])
        yield from self._read_headers(reply)

    def _read_reply_body(self, reply: Reply, request: Request) -> Steps:
        tunnel = reply.status == 101 or (request.method == "CONNECT" and reply.status < 300)
        if not tunnel and (request.method == "HEAD" or reply.status in (204, 304)):
            return
        codings = reply.values("transfer-encoding")
        if _last_coding(codings) == "chunked" and not tunnel:
            yield from self._read_chunks(reply)
            return
        length = None if tunnel or codings else _length(reply)
        self._until_close = length is None
        yield from self._read_body(reply, length)


def _last_coding(codings: list[str]) -> str:
    return ",".join(codings).rpartition(",")[2].strip().lower()


def _length(message: Message) -> int | None:
    """The Content-Length; None when there is none."""
    lengths = {each.strip() for value in message.values("content-length") for each in value.split(",")}
    if not lengths:
        return None
    length = lengths.pop()
    if lengths or not (length.isascii() and _LENGTH.fullmatch(length)):
        raise _NoHttpError("the Content-Length is no number")
    return int(length)
