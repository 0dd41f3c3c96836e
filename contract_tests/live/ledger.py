"""What was spent, written down before it is: one JSON document a line, on the disk before the request is sent."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from contract_tests.live.address import Refused

# What an `end` says of a create that certainly cost nothing.
FREE_ENDS = ("refused", "not sent")


class Ledger:
    """The ledger of one file, held by one run at a time. Money is in thousandths of a US dollar.

    A create whose end is not known, or not written down, counts as spent. Raises Refused for a file that another run
    holds, that cannot be written, or in which a line cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self.spent = 0

    def __enter__(self) -> Self:
        try:
            self._file = self._path.open("a+b")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.seek(0)
            lines = self._file.read()
        except BlockingIOError:
            self._close()
            raise Refused(f"--ledger {self._path}: another run holds it") from None
        except OSError as error:
            self._close()
            raise Refused(f"--ledger {self._path}: {error.strerror}") from None
        try:
            self.spent = spent_in(lines, self._path)
        except Refused:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def begin(self, create_id: str, price: int, facts: Mapping[str, Any]) -> None:
        """A create is about to be sent. Returns once that is on the disk; raises OSError when it does not get there."""
        self._write({"event": "create", "id": create_id, "price_usd": price / 1000, **facts})
        self.spent += price

    def end(self, create_id: str, outcome: str, **facts: Any) -> None:
        """What became of a create: accepted, refused, not sent, or ambiguous."""
        self._write({"event": "end", "id": create_id, "outcome": outcome, **facts})

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is None:
            raise OSError("the ledger is closed")
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def spent_in(lines: bytes, path: Path) -> int:
    """What the creates of a ledger cost at most, in thousandths of a US dollar. Raises Refused for a line that is none."""
    prices: dict[str, int] = {}
    for number, line in enumerate(lines.split(b"\n")[:-1], start=1):
        try:
            entry = json.loads(line)
            if entry["event"] == "create":
                prices[entry["id"]] = _milli(entry["price_usd"])
            elif entry["outcome"] in FREE_ENDS:
                prices[entry["id"]] = 0
        except (ValueError, KeyError, TypeError):
            raise Refused(
                f"--ledger {path}, line {number}: cannot be read; look what was spent, then begin another file"
            ) from None
    if lines and not lines.endswith(b"\n"):
        raise Refused(f"--ledger {path}: its last line is not whole; look what was spent, then begin another file")
    return sum(prices.values())


def _milli(dollars: Any) -> int:
    """Dollars as thousandths. Raises ValueError for a sum that nobody can have spent."""
    if not isinstance(dollars, (int, float)) or not 0 <= dollars < 1e6:
        raise ValueError(dollars)
    return round(dollars * 1000)
