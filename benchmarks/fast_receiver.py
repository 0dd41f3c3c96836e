"""A receiver that does as little as can be: it notes when which message came, and says yes.

Run `python -m benchmarks.fast_receiver`; it prints its port and ends with its standard input. A GET gives, as JSON, every
message that came since the last GET, each with the moment of the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from functools import partial

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n" + b'{"status":"success"}'
BACKLOG = 4096


class Receiver(asyncio.Protocol):
    """One connection; messages are small, and end with the brace that ends their JSON."""

    def __init__(self, came: list[tuple[float, bytes]]) -> None:
        self._came = came
        self._transport: asyncio.Transport | None = None
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers once a message is whole."""
        assert self._transport is not None
        self._data += data
        if self._data.startswith(b"GET "):
            came, self._came[:] = self._came[:], []
            body = json.dumps([(moment, message.decode()) for moment, message in came]).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            self._transport.close()
        elif self._data.endswith(b"}"):
            message = self._data.partition(b"\r\n\r\n")[2]
            self._came.append((time.monotonic(), message))
            answer = ANSWER
            if message.startswith(b'{"challenge"'):
                head = ANSWER.partition(b"Content-Length")[0]
                answer = head + b"Content-Length: %d\r\n\r\n%s" % (len(message), message)
            self._transport.write(answer)
            self._data = b""


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Receiver, []), "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def wait() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
