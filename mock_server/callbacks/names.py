"""Finds the addresses of names, for an event loop, without waiting for a resolver that hangs.

A resolution runs in a thread, since systems have no other way; one that hangs keeps its thread until the system gives
up. So a name is resolved once at a time, and all who ask meanwhile get the same answer. Nothing is remembered longer.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress

from mock_server.callbacks.address import Resolver

# Names that are being resolved at the same time.
RESOLVING_AT_ONCE = 64


class NotResolved(Exception):
    """A name has no address, or none can be found; the message says why."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses that the system gives for a name, in its order, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Names:
    """Resolves names on the event loop that it is used on."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._under_way: dict[tuple[str, int], asyncio.Future[Sequence[str]]] = {}

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host. Raises NotResolved."""
        with suppress(OSError):
            socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
            return [host]
        if host == "localhost":  # by RFC 6761 always this machine, also while other names are slow
            return ["127.0.0.1", "::1"]
        found = self._under_way.get((host, port)) or self._begin(host, port)
        try:
            addresses = await asyncio.shield(found)
        except OSError as error:
            raise NotResolved(f"the name {host[:80]} cannot be resolved ({error.strerror or error})") from None
        if not addresses:
            raise NotResolved(f"the name {host[:80]} has no address")
        return addresses

    def _begin(self, host: str, port: int) -> asyncio.Future[Sequence[str]]:
        if len(self._under_way) >= RESOLVING_AT_ONCE:
            raise NotResolved("too many names are being resolved")
        loop = asyncio.get_running_loop()
        found = self._under_way[host, port] = loop.create_future()
        # Whether somebody still waits or not, the outcome has been seen to.
        found.add_done_callback(lambda done: done.cancelled() or done.exception())

        def tell(outcome: Sequence[str] | OSError) -> None:
            self._under_way.pop((host, port), None)
            if isinstance(outcome, OSError):
                found.set_exception(outcome)
            else:
                found.set_result(outcome)

        def resolve() -> None:
            outcome: Sequence[str] | OSError
            try:
                outcome = self._resolver(host, port)
            except Exception as error:  # also of a resolver of the user's: whoever waits has to hear of it
                outcome = error if isinstance(error, OSError) else OSError(str(error))
            with suppress(RuntimeError):  # the loop has been closed meanwhile
                loop.call_soon_threadsafe(tell, outcome)

        threading.Thread(target=resolve, name="minimax-mock-resolver", daemon=True).start()
        return found
