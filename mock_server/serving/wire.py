"""Carries out the fault that the application asked for, in place of its answer."""

from __future__ import annotations

import io
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from mock_server.serving.parked import Ending
from mock_server.serving.parking_lot import ParkingLot
from mock_server.web.wire import WireFault

# Linger, for no time at all: what is unsent is dropped, and the client is sent a reset.
_NO_LINGER = struct.pack("ii", 1, 0)


class BrokenAnswer:
    """What becomes of one connection: prepared before a byte of the answer is written, carried out after the request."""

    def __init__(self, fault: WireFault, gateway: Any, answer: Iterable[bytes]) -> None:
        self._resets = fault.name == "reset"
        self._ending = _ending(fault, gateway, answer)
        # The request now counts as answered, and the connection ends.
        gateway.req.sent_headers = True
        gateway.req.chunked_write = False
        gateway.req.close_connection = True

    def carry_out(self, connection: socket.socket, parking_lot: ParkingLot) -> None:
        """Resets the connection, or leaves it to the lot. Either way it is no longer the caller's."""
        if self._resets:
            with suppress(OSError):  # some systems mind when the client has gone already
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            connection.close()
        else:
            parking_lot.park(connection, self._ending)


def _ending(fault: WireFault, gateway: Any, answer: Iterable[bytes]) -> Ending:
    seconds = max(0.0, fault.seconds)  # in this order also for a NaN
    match fault.name:
        case "truncate":
            head, body = _ordinary(gateway, answer)
            return Ending(head + body[: max(fault.size, 0)])
        case "drip":
            # Said beforehand, so that no client puts its next request on a connection that is about to end.
            gateway.req.close_connection = True
            head, body = _ordinary(gateway, answer)
            view, size = memoryview(body), max(fault.size, 1)
            pieces = (view[start : start + size] for start in range(0, len(body), size))
            return Ending(head, pieces, seconds, goodbye=True)
        case "garbage":
            return Ending(fault.noise)
        case "hang":
            return Ending(pieces=[b""], seconds=seconds)
        case "close" | "reset":
            return Ending()


def _ordinary(gateway: Any, answer: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Head and body of the answer as they would be written."""
    connection = gateway.req.conn
    written, connection.wfile = connection.wfile, io.BytesIO()
    try:
        for piece in filter(None, answer):
            gateway.write(piece)
        gateway.req.finish()
        head, end, body = connection.wfile.getvalue().partition(b"\r\n\r\n")
    finally:
        connection.wfile = written
    return head + end, body
