"""Ends TLS before a relay, with a certificate that nobody was told to trust."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import cache

_PIECE = 65_536


@cache
def untrusted_context() -> ssl.SSLContext:
    """What a server needs to speak TLS as 127.0.0.1 or localhost; the authority that vouches for it is forgotten."""
    import trustme  # only where it is wanted: it loads a whole library of cryptography

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority = trustme.CA(organization_name="minimax-mock untrusted CA")
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


async def admit(client: socket.socket, begin: Callable[[socket.socket], None]) -> bool:
    """Serves one client to its end. `begin` is given the plain side once the client has said something over TLS.

    False when it never did: it broke off the handshake, or looked at the certificate afterwards and left.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    client.setblocking(False)
    try:
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=untrusted_context())
    except OSError:  # every failure of TLS is one
        client.close()
        return False
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    try:
        first = await _read(reader)
        if first:
            await _carry(first, reader, writer, begin)
    finally:
        writer.transport.abort()
    return bool(first)


async def _carry(
    first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begin: Callable[[socket.socket], None]
) -> None:
    plain, ours = socket.socketpair()
    begin(plain)
    answers, requests = await asyncio.open_connection(sock=ours)
    requests.write(first)
    there = asyncio.create_task(_pump(reader, requests))
    try:
        await _pump(answers, writer)
    finally:
        there.cancel()
        requests.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await _read(source):
        sink.write(piece)
        with suppress(OSError):
            await sink.drain()
    with suppress(OSError):
        if sink.can_write_eof():
            sink.write_eof()
        else:
            sink.close()
            await sink.wait_closed()


async def _read(source: asyncio.StreamReader) -> bytes:
    """The next piece; nothing at the end, in whatever way it came."""
    try:
        return await source.read(_PIECE)
    except OSError:
        return b""
