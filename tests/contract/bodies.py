"""The request fixtures, and the way that a body takes in a create call until its rules are judged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mock_server import resources
from mock_server.contract.contract import CREATE_PATH, load_contract
from mock_server.errors import Violation
from mock_server.operations.body import read_body
from mock_server.operations.call import Call

FOLDER = resources.folder("fixtures") / "requests"
LIMIT = 33_554_432
IMAGE_URL = "https://example.com/first-frame.jpg"


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture: the rule and the case that its name gives, and where it lies."""

    rule: str
    name: str
    path: Path

    def __str__(self) -> str:
        return f"{self.rule}__{self.name}"


@cache
def cases(kind: str) -> list[Case]:
    """All fixtures under `valid` or `invalid`, by name."""
    return [
        Case(rule, name, path)
        for path in sorted((FOLDER / kind).iterdir())
        for rule, _, name in [path.stem.partition("__")]
    ]


def judge(raw: bytes) -> tuple[Any, list[Violation]]:
    """The parsed body and every rule that it breaks, in the order in which a create call finds them."""
    contract = load_contract()
    call = Call(
        operation="create", method="POST", path=CREATE_PATH, query={}, headers={"Content-Type": "application/json"},
        read_body=lambda _limit: raw, origin="http://127.0.0.1:8026",
    )  # fmt: skip
    parsed = read_body(call, contract, LIMIT)
    violations = list(parsed.faults) or contract.check_create(parsed.document)
    if not violations and parsed.document["first_frame_image"][:5].lower() == "data:":
        violations = contract.pictures.judge_data_url(parsed.document["first_frame_image"])[1]
    return parsed.document, violations
