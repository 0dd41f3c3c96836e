"""Reads HTTP/1 out of the bytes that pass, whatever they are, and never raises.

What is not HTTP, or ends anywhere, becomes a message that says so. The readers only look: what they make of the bytes
changes nothing about them, except that a prefix is taken off the targets of requests.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator

from contract_tests.wire.message import Message

# Longer heads, and longer lines, are no HTTP; the mock takes 64 KiB.
HEAD_LIMIT = 131_072
_LENGTH = re.compile(r"\d{1,18}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")

_BLANK = " \t"

Steps = Generator[None, None, None]


class NoHttpError(Exception):
    """The bytes are not what they should be; the text says what was expected."""


class Reader(ABC):
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
                raise NoHttpError("the first line is none of HTTP")
            if len(self._line) > HEAD_LIMIT:
                raise NoHttpError(f"a line is longer than {HEAD_LIMIT} bytes")

    def _read_headers(self, message: Message) -> Steps:
        size = 0
        while True:
            yield from self._read_line(message)
            size += len(self._line)
            if size > HEAD_LIMIT:
                raise NoHttpError(f"the head is longer than {HEAD_LIMIT} bytes")
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
                raise NoHttpError(f"a chunk begins with {bytes(self._line[:40])!r} instead of its size")
            if not (length := int(size, 16)):
                break
            yield from self._read_body(message, length)
            yield from self._read_line(message)
            if self._line.rstrip(b"\r\n"):
                raise NoHttpError("a chunk is longer than it says")
        trailers = Message(message.began, message.budget)
        yield from self._read_headers(trailers)
        message.ended = trailers.ended

    def _skip_the_rest(self, message: Message, wrong: NoHttpError, *, is_message: bool) -> Steps:
        """After what is no HTTP nobody knows where anything begins. Of a message without a first line all bytes are kept."""
        message.note = str(wrong)
        if not is_message:
            message.add(memoryview(bytes(self._line)))
            yield from self._read_body(message, None)
        while True:
            self._position = len(self._data)
            yield


def last_coding(codings: list[str]) -> str:
    """The coding that was put on last, in small letters; an empty text when there is none."""
    return ",".join(codings).rpartition(",")[2].strip().lower()


def length_of(message: Message) -> int | None:
    """The Content-Length; None when there is none."""
    lengths = {each.strip() for value in message.values("content-length") for each in value.split(",")}
    if not lengths:
        return None
    length = lengths.pop()
    if lengths or not (length.isascii() and _LENGTH.fullmatch(length)):
        raise NoHttpError("the Content-Length is no number")
    return int(length)
