"""Reads the requests that a client sends."""

from __future__ import annotations

import re

from contract_tests.wire.message import Budget, Request
from contract_tests.wire.reading import NoHttpError, Reader, Steps, last_coding, length_of

_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VERSION = re.compile(rb"HTTP/\d\.\d")


class RequestReader(Reader):
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
            except NoHttpError as wrong:
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
        except NoHttpError:
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
            raise NoHttpError("the first line is none of a request")
        request.method, request.target, request.version = (part.decode("latin-1") for part in (method, target, version))
        beyond = target.removeprefix(self._prefix)
        if target.startswith(self._prefix) and beyond[:1] in (b"", b"/", b"?"):
            request.prefix = self._prefix.decode("latin-1")

    def _read_request_body(self, request: Request) -> Steps:
        if codings := request.values("transfer-encoding"):
            if last_coding(codings) != "chunked":
                raise NoHttpError("the Transfer-Encoding does not end with chunked")
            yield from self._read_chunks(request)
        else:
            yield from self._read_body(request, length_of(request) or 0)
