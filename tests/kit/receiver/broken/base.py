"""What broken receivers are made of: the reference receiver, and the sets of cases that catch those that break much."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from examples.reference_receiver import Receiver

PATH, SECRET = "/callback", "9f2c71d05e"
OK = {"status": "success"}
WORDS = {"success": "success", "failed": "failed", "fail": "failed"}
# What depends on a challenge that is echoed, and on an update that is taken.
ECHO = frozenset(
    {f"RC-CHAL-{number:03}" for number in range(1, 17) if number != 7}
    | {f"RC-BAD-{number:03}" for number in range(1, 11) if number != 6}
    | {"RC-UPD-011", "RC-UPD-015", "RC-UPD-018", "RC-UPD-022", "RC-SEC-003", "RC-SEC-005"}
)
CREATE = frozenset({"RC-CHAL-015", "RC-UPD-009", "RC-UPD-010", "RC-E2E-001", "RC-E2E-002", "RC-E2E-003", "RC-E2E-004"})
# All that is judged, and can be seen of a receiver that never acts.
REFUSES_ALL = (
    ECHO
    | CREATE
    | {f"RC-UPD-{number:03}" for number in range(1, 23) if number != 6}
    | {"RC-SEC-002", "RC-E2E-001", "RC-E2E-002", "RC-E2E-003", "RC-E2E-004"}
)


class Reference(Receiver):
    """The reference receiver, with a secret part in its path."""

    catches: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def app(cls) -> Reference:
        """As the kit serves it."""
        base_url, key = os.environ["MINIMAX_BASE_URL"], os.environ["MINIMAX_API_KEY"]
        return cls(Path("receiver-data"), base_url, key, f"{PATH}/{SECRET}")


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Waits for something that another thread does; gives whether it happened."""
    end = time.monotonic() + seconds
    while not (happened := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return happened
