"""The ledger: on the disk before anything is sent, held by one run, and never guessed at."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from contract_tests.live.address import Refused
from contract_tests.live.ledger import Ledger, spent_in
from contract_tests.live.wire import Reply, Wanted
from tests.kit.live.stage import KEY, Stage
from tests.kit.live.test_money import BUDGET, LIFE, ledger_of


def test_the_ledger_of_a_life(far: Stage) -> None:
    """A line before the create, and one with what became of it."""
    far.run(budget=BUDGET, only=LIFE)
    begun, ended = ledger_of(far)
    assert (begun["event"], begun["price_usd"], begun["host"]) == ("create", 0.1, "api.minimax.io")
    assert begun["prices_as_of"] == "2026-01-31"
    assert (ended["event"], ended["outcome"], ended["id"]) == ("end", "accepted", begun["id"])
    assert KEY not in far.ledger_path.read_text()


def test_the_ledger_is_on_the_disk_before_the_create(far: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens to this machine while the request is under way."""
    order: list[str] = []
    sync, deliver = os.fsync, far.deliver

    def synced(number: int) -> None:
        order.append("disk" if far.ledger_path.read_text() else "nothing on the disk")
        sync(number)

    def delivered(wanted: Wanted) -> Reply:
        order.append(wanted.method)
        return deliver(wanted)

    monkeypatch.setattr(os, "fsync", synced)
    far.deliver = delivered  # type: ignore[method-assign]
    far.run(budget=BUDGET, only=LIFE)
    assert order[:4] == ["disk", "POST", "disk", "GET"]


def test_a_ledger_that_cannot_be_written_sends_nothing_that_costs(far: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is no reason to lose count."""

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert far.run(budget=BUDGET, only=LIFE) == 3
    assert far.creates == []
    assert "the ledger failed" in far.output


def test_one_run_at_a_time_holds_a_ledger(far: Stage) -> None:
    """Two of them would each see the budget untouched."""
    with far.ledger_path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="another run holds it"):
            far.run(budget=BUDGET, only=LIFE)
    assert far.sent == []
    with Ledger(far.ledger_path):
        pass


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (b"nonsense\n", "line 1: cannot be read"),
        (b'{"event": "create", "id": "a", "price_usd": 0.1}\n{"event": "create"}\n', "line 2: cannot be read"),
        (b'{"event": "create", "id": "a", "price_usd": -5}\n', "line 1: cannot be read"),
        (b'{"event": "create", "id": "a", "price_usd": NaN}\n', "line 1: cannot be read"),
        (b'{"event": "create", "id": "a", "pri', "its last line is not whole"),
    ],
)
def test_a_ledger_that_cannot_be_read_is_not_guessed_at(far: Stage, lines: bytes, fault: str) -> None:
    """A person has to look what was spent."""
    far.ledger_path.write_bytes(lines)
    with pytest.raises(Refused, match=fault):
        far.run(budget=BUDGET, only=LIFE)
    assert far.sent == []
    assert far.ledger_path.read_bytes() == lines


def test_a_ledger_that_cannot_be_opened(far: Stage) -> None:
    """Told in one line, before anything is sent."""
    with pytest.raises(Refused, match=r"--ledger .*: Is a directory"):
        far.run(budget=BUDGET, only=LIFE, ledger=far.folder)
    assert far.sent == []


def test_what_a_ledger_comes_to(tmp_path: Path) -> None:
    """Refused creates and those that were not sent cost nothing; everything else did."""
    lines = [
        {"event": "create", "id": "a", "price_usd": 0.1},
        {"event": "end", "id": "a", "outcome": "refused"},
        {"event": "create", "id": "b", "price_usd": 0.1},
        {"event": "end", "id": "b", "outcome": "accepted"},
        {"event": "create", "id": "c", "price_usd": 0.15},
        {"event": "create", "id": "d", "price_usd": 0.28},
        {"event": "end", "id": "d", "outcome": "ambiguous"},
    ]
    assert spent_in(b"".join(json.dumps(line).encode() + b"\n" for line in lines), tmp_path) == 530
