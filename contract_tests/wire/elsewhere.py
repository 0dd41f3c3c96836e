"""Addresses that are not the API's: another host that serves files, and a port where nobody listens."""

from __future__ import annotations

import asyncio
import atexit
import errno
import itertools
import socket
import time
from collections.abc import Mapping
from functools import cache
from types import TracebackType
from typing import Self

from contract_tests.wire.conversation import Conversation
from contract_tests.wire.exchange import Exchange
from contract_tests.wire.loop_thread import LoopThread
from contract_tests.wire.message import Budget, Request
from contract_tests.wire.served import NOTHING, Served

HOST = "elsewhere"
_REQUESTS_KEPT = 96 * 1_048_576
_PIECE = 65_536
# The second address wants the same port as the first, which somebody else may have.
_TRIES = 20
# So many turns of the loop bring what has come to those that read it.
_TURNS = 5


class Elsewhere:
    """Another host: `with Elsewhere() as elsewhere: elsewhere.serve("/video.mp4", content)`.

    It is addressed by the name `localhost`, so that neither name nor port are those of the API. Whatever is asked for and
    is not served is answered with 404; what was asked is in `exchanges`.
    """

    def __init__(self) -> None:
        self._thread = LoopThread("minimax-contract-elsewhere")
        self._served: dict[str, Served] = {}
        self._conversations: list[Conversation] = []
        self._handlers: set[asyncio.Task[None]] = set()
        self._budget = Budget(_REQUESTS_KEPT)
        self._began = time.monotonic()
        self.url = ""

    def __enter__(self) -> Self:
        sockets = _bound()
        self.url = f"http://localhost:{sockets[0].getsockname()[1]}"
        self._servers = self._thread.run(self._open(sockets))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops listening and closes the connections. Does nothing the second time."""
        try:
            if self._thread.running:
                self._thread.run(self._close())
        finally:
            self._thread.close()

    def serve(
        self, path: str, body: bytes = b"", *, content_type: str | None = "video/mp4", status: int = 200,
        headers: Mapping[str, str] | None = None, cut: int | None = None, size: int | None = None,
    ) -> str:  # fmt: skip
        """Answers GET, HEAD and POST of a path (or of a path with exactly this query) with that. Gives its URL.

        With `cut` the whole length is promised and the connection ends after so many bytes. With `size` the body, or a
        byte of zero, is repeated until so many bytes are full; they are made while they are sent.
        """
        if not path.startswith("/"):
            raise ValueError(f"path: {path!r} does not begin with /")
        filling = body or (b"\0" if size else b"")
        self._served[path] = Served(
            filling, len(body) if size is None else size, status, content_type, headers or {}, cut
        )
        return f"{self.url}{path}"

    def sha256(self, path: str) -> str:
        """The SHA-256 in hex of what is served there, the whole of it."""
        return self._served[path].sha256()

    def start_clock(self, began: float | None = None) -> float:
        """From now on all times count from now, or from that moment of `time.monotonic`. Gives that moment."""
        self._began = time.monotonic() if began is None else began
        return self._began

    def exchanges(self) -> list[Exchange]:
        """All exchanges so far by the time of their requests. All that had come when this was called is among them."""
        return self._thread.run(self._exchanges()) if self._thread.running else self._read_exchanges()

    async def _exchanges(self) -> list[Exchange]:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return self._read_exchanges()

    def _read_exchanges(self) -> list[Exchange]:
        found = [each for conversation in self._conversations for each in conversation.exchanges(self._began)]
        return sorted(found, key=lambda each: each.at_ms)

    async def _open(self, sockets: list[socket.socket]) -> list[asyncio.Server]:
        return [await asyncio.start_server(self._begin, sock=each) for each in sockets]

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for handler in list(self._handlers):
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        await asyncio.sleep(0)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = Conversation(len(self._conversations) + 1, HOST, self._budget)
        self._conversations.append(conversation)
        handler = asyncio.get_running_loop().create_task(self._talk(conversation, reader, writer))
        self._handlers.add(handler)
        handler.add_done_callback(self._handlers.discard)

    async def _talk(
        self, conversation: Conversation, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        done, goes_on = 0, True
        try:
            while goes_on and (piece := await reader.read(_PIECE)):
                conversation.ask(piece, time.monotonic())
                while goes_on and done < len(conversation.requests) and _can_be_answered(conversation.requests[done]):
                    goes_on = await self._answer(conversation, conversation.requests[done], writer)
                    done += 1
            conversation.over("client" if goes_on else "server")
            writer.close()
        except OSError:
            conversation.over("client")
        finally:
            if not writer.is_closing():
                writer.transport.abort()

    async def _answer(self, conversation: Conversation, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answers one request. Whether the connection stays."""
        path = request.target.partition("?")[0]
        served = self._served.get(request.target) or self._served.get(path) or NOTHING
        pieces = () if request.method == "HEAD" else served.pieces()
        for piece in itertools.chain([served.head()], pieces):
            writer.write(piece)
            await writer.drain()
            conversation.answer(piece, time.monotonic())
        closes = {option.strip().lower() for value in request.values("connection") for option in value.split(",")}
        return served.cut is None and request.version == "HTTP/1.1" and "close" not in closes


def _can_be_answered(request: Request) -> bool:
    """Whether it is whole, or is no request at all."""
    return request.complete or bool(request.note)


def _bound() -> list[socket.socket]:
    """A port of 127.0.0.1, and the same one of ::1 where there is that address: the name may lead to either."""
    for _ in range(_TRIES):
        first = socket.create_server(("127.0.0.1", 0))
        try:
            return [first, socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6)]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return [first]
        first.close()
    raise OSError(errno.EADDRINUSE, "no port is free on 127.0.0.1 and on ::1")


@cache
def closed_port_url() -> str:
    """An origin where nobody listens; the port is kept from others until this process ends."""
    kept = socket.socket()
    kept.bind(("127.0.0.1", 0))
    atexit.register(kept.close)
    return f"http://127.0.0.1:{kept.getsockname()[1]}"
