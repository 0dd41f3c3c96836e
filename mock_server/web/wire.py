"""How the application tells its own server to break an answer on the wire.

The application answers as always and leaves a `WireFault` in the WSGI environment; `mock_server.serving.wire` carries
it out. Under a foreign server nobody would, so it says first whether it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Set to True by a server that carries faults out.
WIRE_KEY = "minimax_mock.wire"
# Where the application leaves the WireFault of this answer.
FAULT_KEY = "minimax_mock.fault"

WireFaultName = Literal["reset", "close", "truncate", "drip", "garbage", "hang"]


@dataclass(frozen=True, slots=True)
class WireFault:
    """One broken answer.

    reset: the connection is reset before the status line. close: it is closed without a byte. truncate: head and the
    first `size` bytes of the body, then it is closed. drip: head and body, `size` bytes every `seconds`. garbage:
    `noise` instead of HTTP, then it is closed. hang: nothing for `seconds`, then it is closed.
    """

    name: WireFaultName
    size: int = 1
    seconds: float = 0.0
    noise: bytes = b""
