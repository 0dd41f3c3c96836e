"""What a user may want of a live run. Nothing heavy is imported here: the command line needs it at every start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KEY_VARIABLE = "MINIMAX_API_KEY"
REVOKED_VARIABLE = "MINIMAX_REVOKED_API_KEY"


@dataclass(frozen=True, slots=True)
class Options:
    """What the user wants. `budget` is in thousandths of a US dollar; `only` holds beginnings of probe ids."""

    yes: bool = False
    budget: int | None = None
    facts: Path = Path("facts.json")
    ledger: Path = Path("live-ledger.jsonl")
    only: tuple[str, ...] = ()
