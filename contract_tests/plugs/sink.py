"""The proxy that every foreign client is pointed at: it lets nothing through and writes down who was asked for."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from contract_tests.plugs.host import is_local, is_nowhere, plain

# A name under `.invalid` that is excepted from the proxy, so that it is the resolver that says that it does not exist.
UNPROXIED = "direct.invalid"
_ENDS_OF_HEAD = (b"\r\n\r\n", b"\n\n")
_HEAD_LIMIT = 65_536
_KEPT = 1000  # different hosts
_TEXT = b"This proxy belongs to the contract test kit and lets nothing through.\n"
_ANSWER = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_TEXT), _TEXT)
)  # fmt: skip


class Reach(StrEnum):
    """Where a request was meant to go. DIRECT is one that took the sink for the server itself."""

    FOREIGN = "foreign"
    LOCAL = "local"
    NOWHERE = "nowhere"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """A host that was asked for. For DIRECT it is the method and the path instead."""

    reach: Reach
    host: str


class Sink:
    """Listens on a free port of loopback, in a thread of its own, until it is closed."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setblocking(False)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._lock = threading.Lock()
        self._asked: set[Asked] = set()
        self._watched = False
        self._waker, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name="contract-kit-sink", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def watched(self) -> bool:
        """Whether any request was ever made through this proxy, so that the client is known to use proxies."""
        return self._watched

    def take(self) -> tuple[Asked, ...]:
        """Who was asked for since the last time, each once."""
        with self._lock:
            asked, self._asked = self._asked, set()
        return tuple(sorted(asked))

    def close(self) -> None:
        """Ends the thread and every connection."""
        with suppress(OSError):
            self._waker.send(b"x")
        self._thread.join()
        self._waker.close()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._end()
                    return
                if key.fileobj is self._listening:
                    self._accept()
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._read(key.fileobj, key.data)

    def _accept(self) -> None:
        with suppress(OSError):  # gone again, or too many open files
            connection, _ = self._listening.accept()
            connection.setblocking(False)
            self._selector.register(connection, selectors.EVENT_READ, bytearray())

    def _read(self, connection: socket.socket, head: bytearray) -> None:
        try:
            data = connection.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(connection)
            connection.close()
        elif len(head) < _HEAD_LIMIT:  # what comes after the answer is read and dropped, or a reset would destroy it
            head += data
            if any(end in head for end in _ENDS_OF_HEAD) or len(head) >= _HEAD_LIMIT:
                self._answer(connection, bytes(head))
                head[:] = bytes(_HEAD_LIMIT)

    def _answer(self, connection: socket.socket, head: bytes) -> None:
        asked = asked_for(head)
        if asked is not None:
            with self._lock:
                self._watched = self._watched or asked.reach is not Reach.DIRECT
                if len(self._asked) < _KEPT:
                    self._asked.add(asked)
        with suppress(OSError):
            connection.send(_ANSWER)  # short enough for any buffer
            connection.shutdown(socket.SHUT_WR)

    def _end(self) -> None:
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()


def asked_for(head: bytes) -> Asked | None:
    """Who a request to a proxy is for; None when it is no request of HTTP."""
    words = head.split(b"\n", 1)[0].decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        return None
    method, target, _ = words
    if target.startswith("/"):
        return Asked(Reach.DIRECT, f"{method} {target.partition('?')[0]}")
    try:
        host = urlsplit(f"//{target}" if method == "CONNECT" else target).hostname
    except ValueError:
        host = None
    if not host:
        return None
    if is_local(host):
        return Asked(Reach.LOCAL, plain(host))
    return Asked(Reach.NOWHERE if is_nowhere(host) else Reach.FOREIGN, plain(host))
