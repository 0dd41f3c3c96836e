"""What a receiver may send before its answer begins: one head, and a few interim ones (1xx) before it.

An HTTP client reads on through interim answers for as long as they come. So the bytes are looked at before the client sees them.
"""

from __future__ import annotations

import asyncio
import re
from contextvars import ContextVar
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

MAX_HEAD = 65_536
MAX_INTERIM = 16
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
# Blank lines may come before a head. 101 is no interim answer: it is the last one that is HTTP.
_BLANK = b"\r\n"
_INTERIM = re.compile(rb"HTTP/[0-9]+\.[0-9]+ +1(?!01)")
# What the exchange that is under way tells of itself.
PROGRESS: ContextVar[dict[str, Any]] = ContextVar("progress")


class TooMuch(Exception):
    """A receiver sends without coming to its answer; the message says what."""


class Answering(aiohttp.ClientResponse):
    """An answer whose beginning is watched."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Waits for the head of the answer. Raises TooMuch when it does not end."""
        PROGRESS.get()["step"] = "connected, but no answer began"
        transport, client = connection.transport, connection.protocol
        if transport is not None and client is not None:
            transport.set_protocol(HeadWatch(transport, client))
        return await super().start(connection)


class HeadWatch(asyncio.Protocol):
    """Stands between the connection and the HTTP client, and hands everything on until it is too much."""

    def __init__(self, transport: asyncio.Transport, client: ResponseHandler) -> None:
        self._transport = transport
        self._client = client
        self._head = bytearray()
        self._looked_at = 0
        self._length = 0
        self._interim = 0
        self._begun = False

    def data_received(self, data: bytes) -> None:
        """Hands on what came, unless there is no end to the heads."""
        if not self._begun and (reason := self._why_too_much(data)) is not None:
            self._client.set_exception(TooMuch(reason))
            self._transport.abort()
        else:
            self._client.data_received(data)

    def eof_received(self) -> None:
        """Hands it on."""
        self._client.eof_received()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Hands it on."""
        self._client.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hands it on."""
        self._client.pause_writing()

    def resume_writing(self) -> None:
        """Hands it on."""
        self._client.resume_writing()

    def _why_too_much(self, data: bytes) -> str | None:
        """Looks through the heads in what has come. None when they may go on, or the last of them has ended."""
        self._length += len(data)
        self._head += data if self._head else data.lstrip(_BLANK)
        while (end := _END_OF_HEAD.search(self._head, max(0, self._looked_at - 3))) is not None:
            if not _INTERIM.match(self._head):
                self._begun = True
                self._head.clear()
                return None
            self._interim += 1
            if self._interim > MAX_INTERIM:
                return f"more than {MAX_INTERIM} interim answers (1xx) came before the answer"
            self._head = self._head[end.end() :].lstrip(_BLANK)
            self._looked_at = 0
        self._looked_at = len(self._head)
        return f"the head of the answer is longer than {MAX_HEAD} bytes" if self._length > MAX_HEAD else None
