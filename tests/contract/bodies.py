"""The request fixtures, and the way that a body takes in a create call until its rules are judged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mock_server import resources
from mock_server.contract.contract import CREATE_PATH, load_contract
from mock_server.contract.mode import FILES, IMAGE_TO_VIDEO
from mock_server.errors import Violation
from mock_server.operations.body import read_body
from mock_server.operations.call import Call

FOLDER = resources.folder("fixtures") / "requests"
LIMIT = 33_554_432
IMAGE_URL = "https://example.com/first-frame.jpg"


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture: its mode, the rule and the case that its name gives, and where it lies."""

    mode: str
    rule: str
    name: str
    path: Path

    def __str__(self) -> str:
        return f"{self.mode}/{self.rule}__{self.name}"


@cache
def cases(kind: str) -> list[Case]:
    """All fixtures of every mode under `valid` or `invalid`, by name."""
    return [
        Case(mode, rule, name, path)
        for mode in FILES
        for path in sorted((folder_of(mode) / kind).iterdir())
        for rule, _, name in [path.stem.partition("__")]
    ]


def folder_of(mode: str) -> Path:
    """Where the fixtures of a mode lie; those of image-to-video lie above the others."""
    return FOLDER if mode == IMAGE_TO_VIDEO else FOLDER / mode


def judge(raw: bytes, mode: str = IMAGE_TO_VIDEO) -> tuple[Any, list[Violation]]:
    """The parsed body and every rule that it breaks, in the order in which a create call of that mode finds them."""
    contract = load_contract()
    call = Call(
        operation="create", method="POST", path=CREATE_PATH, query={}, headers={"Content-Type": "application/json"},
        read_body=lambda _limit: raw, origin="http://127.0.0.1:8026",
    )  # fmt: skip
    parsed = read_body(call, contract, LIMIT)
    violations = list(parsed.faults) or contract.check_create(parsed.document, (mode,))
    if not violations:
        violations = [
            violation
            for path, url, rules in contract.mode(mode).pictures_in(parsed.document)
            if url[:5].lower() == "data:"
            for violation in rules.judge_data_url(url, path)[1]
        ]
    return parsed.document, violations
