"""Carries one message to one receiver, within one deadline, and brings back what it answered.

The deadline runs from the start of the name's resolution to the last byte of the answer, whatever the receiver does in
between. An event loop keeps it: every step is cancelled when the time is up.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import time
from collections.abc import Collection
from typing import Any

import aiohttp
from yarl import URL

from mock_server import __version__
from mock_server.callbacks.address import CallbackRefused, Receiver, Resolver, parse_receiver, refuse_forbidden
from mock_server.callbacks.answering import PROGRESS, Answering, TooMuch
from mock_server.callbacks.attempt import Attempt
from mock_server.callbacks.names import Names, NotResolved, system_resolver

MAX_ANSWER = 65_536


class _Failed(Exception):
    """The exchange ended; the message says why."""


class Courier:
    """Sends JSON messages from the event loop that it is used on."""

    def __init__(
        self,
        *,
        timeout: float,
        trust: ssl.SSLContext,
        allowed_names: Collection[str],
        resolver: Resolver = system_resolver,
    ) -> None:
        self._timeout = timeout
        self._allowed = {name.rstrip(".").lower() for name in allowed_names}
        self._names = Names(resolver)
        self._tls = trust
        self._session: aiohttp.ClientSession | None = None

    async def send(self, url: str, message: dict[str, Any]) -> Attempt:
        """Posts a message. Never raises for anything that the receiver, the network or the address does."""
        started = time.monotonic()
        progress: dict[str, Any] = {}
        PROGRESS.set(progress)
        reason = None
        try:
            async with asyncio.timeout(self._timeout):
                await self._exchange(url, message, progress)
        except TimeoutError:
            reason = f"no complete answer within {self._timeout:g} s ({progress.get('step', 'starting')})"
        except (_Failed, CallbackRefused, NotResolved, TooMuch) as failure:
            reason = str(failure)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = _words(error)
        progress.pop("step", None)
        return Attempt((time.monotonic() - started) * 1000, reason=reason, **progress)

    async def close(self) -> None:
        """Closes every connection."""
        if self._session is not None:
            await self._session.close()

    async def _exchange(self, url: str, message: dict[str, Any], progress: dict[str, Any]) -> None:
        receiver = parse_receiver(url)
        progress["step"] = "resolving the name"
        addresses = await self._names.addresses(receiver.host, receiver.port)
        for address in addresses:
            refuse_forbidden(address, receiver.host, self._allowed)
        body = json.dumps(message, ensure_ascii=False).encode()
        for position, address in enumerate(addresses):
            progress |= {"step": "connecting", "address": address}
            try:
                await self._post(receiver, address, body, progress)
            except aiohttp.ClientConnectorError as error:
                # A name such as localhost often has an address on which nobody listens.
                if isinstance(error, aiohttp.ClientSSLError) or position + 1 == len(addresses):
                    raise
            else:
                return

    async def _post(self, receiver: Receiver, address: str, body: bytes, progress: dict[str, Any]) -> None:
        """Dials exactly this address and reads the answer up to its limit."""
        dialled = f"[{address}]" if ":" in address else address
        headers = {
            "Host": receiver.host_header, "Content-Type": "application/json", "Accept": "application/json",
            "Accept-Encoding": "identity", "User-Agent": f"minimax-mock/{__version__}",
        }  # fmt: skip
        async with self._open_session().post(
            URL(f"{receiver.scheme}://{dialled}:{receiver.port}{receiver.target}", encoded=True),
            data=body, headers=headers, allow_redirects=False, ssl=self._tls,
            server_hostname=receiver.host if receiver.scheme == "https" else None,
        ) as response:  # fmt: skip
            progress |= {
                "step": "reading the answer", "status": response.status,
                "content_type": response.headers.get("Content-Type", ""), "answer": b"",
            }  # fmt: skip
            encoding = response.headers.get("Content-Encoding", "identity")
            if encoding.lower() != "identity":
                raise _Failed(f"the answer is encoded (Content-Encoding: {encoding[:40]!r}), which nobody asked for")
            async for piece in response.content.iter_any():
                progress["answer"] = (progress["answer"] + piece)[:MAX_ANSWER]
                if response.content.total_bytes > MAX_ANSWER:
                    response.close()
                    raise _Failed(f"the answer is longer than {MAX_ANSWER} bytes")

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            # No proxies, cookies or redirects of anybody's environment, and a new connection for each message.
            self._session = aiohttp.ClientSession(
                response_class=Answering,
                connector=aiohttp.TCPConnector(limit=0, force_close=True, use_dns_cache=False),
                cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None),
            )  # fmt: skip
        return self._session


def _words(error: Exception) -> str:
    """What went wrong, for a person."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the receiver's certificate is not trusted ({error.certificate_error}); --callback-ca names its CA"
    if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError)):
        return f"TLS failed: {' '.join(str(error).split())[:200]}"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return f"cannot connect: {os.strerror(number) if number else error.os_error}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer was cut off"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"the answer is no proper HTTP: {' '.join(error.message.split())[:200]}"
    if isinstance(error, OSError) and error.errno:
        return f"the connection broke: {os.strerror(error.errno)}"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
