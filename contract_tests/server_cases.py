"""The cases of the server suite: which there are, and which one a test belongs to."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.catalogue import read_yaml
from contract_tests.outcome import Level

CATALOGUE = Path(__file__).resolve().parent / "catalogue" / "server.yaml"
COSTS = ("free", "dry", "paid")
_TEST_NAME = re.compile(r"(?:.*::)?test_(sv_[a-z]+_[0-9]{3})(?:_|\[|$)")


@dataclass(frozen=True, slots=True)
class ServerCase:
    """One row of the catalogue. `cost` is what its request may cost at the real service: free, dry or paid.

    `live` says why no live probe stands for the case, and is empty where one does.
    """

    id: str
    title: str
    level: Level
    cost: str
    basis: tuple[str, ...]
    server: str
    why: str
    live: str = ""


@functools.cache
def server_cases() -> dict[str, ServerCase]:
    """Every case of the server suite by its id, in the order of the catalogue."""
    rows: dict[str, dict[str, Any]] = read_yaml(CATALOGUE)["cases"]
    return {
        name: ServerCase(id=name, **(row | {"level": Level(row["level"]), "basis": tuple(row["basis"])}))
        for name, row in rows.items()
    }


def case_of(item_name: str) -> str:
    """The case that a test of the server suite belongs to: `SV-REQ-004` for `test_sv_req_004_wrong_duration[7]`.

    Takes names and node ids. Raises ValueError for a test that belongs to none.
    """
    match = _TEST_NAME.match(item_name)
    if match is None:
        raise ValueError(f"{item_name}: the name of a server test begins with its case, such as test_sv_req_004_…")
    return match[1].upper().replace("_", "-")
