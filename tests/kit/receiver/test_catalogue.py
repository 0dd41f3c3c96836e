"""The catalogue of receiver cases is whole, says only what the vocabulary knows, and each MUST case is needed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from contract_tests.catalogue import CatalogueError, schema_file
from contract_tests.outcome import Level
from contract_tests.receiver.case import CATALOGUE, ReceiverCase, cases, read_cases
from contract_tests.receiver.scene import Scene
from contract_tests.receiver.vocabulary import known
from tests.kit.receiver.matrix import KINDS, idle

FILES = sorted(CATALOGUE.glob("*.yaml"))
ONE: dict[str, Any] = {
    "id": "RC-TRY-001", "title": "A try", "level": "must", "basis": ["none"], "why": "Because.", "kit": "Something.",
    "obligation": "Something.", "script": [{"challenge": {}}], "checks": [{"echoes": {}}],
}  # fmt: skip


def _id(case: ReceiverCase) -> str:
    return case.id


def test_schema_is_a_schema() -> None:
    """A misspelt keyword of the schema itself would let everything pass."""
    Draft202012Validator.check_schema(json.loads(schema_file("receiver").read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_passes_the_schema(path: Path) -> None:
    """Files are read one by one, so that the message names the one that is wrong."""
    assert list(read_cases(path))


def test_ids_are_unique_and_all_are_there() -> None:
    """As many cases of each section and level as the catalogue has been given."""
    found = cases()
    assert len({case.id for case in found}) == len(found)
    assert Counter(case.section for case in found) == {
        "RC-CHAL": 16, "RC-UPD": 22, "RC-BAD": 10, "RC-SEC": 5, "RC-E2E": 4,
    }  # fmt: skip
    assert Counter(case.level for case in found) == {Level.MUST: 27, Level.SHOULD: 27, Level.INFO: 3}


@pytest.mark.parametrize("case", cases(), ids=_id)
def test_checks_use_known_words_and_labels_that_were_sent(case: ReceiverCase) -> None:
    """A check about messages that nobody sends would always be met."""
    labels = set(_labels(case.script))
    for check in case.checks:
        assert check.word in known(), check.word
        wanted = check.argument.get("of") if check.word not in ("create_is",) else None
        default = {"echoes": "challenge", "accepts": "update", "refuses": "sent"}.get(check.word)
        assert {wanted or default} <= {None, *labels, "late"}, check


@pytest.mark.parametrize("case", cases(), ids=_id)
def test_every_case_has_a_check_that_binds_as_much_as_the_case(case: ReceiverCase) -> None:
    """A MUST case without a MUST check could never fail; nothing binds more than its case."""
    order = [Level.INFO, Level.SHOULD, Level.MUST]
    levels = [order.index(check.level) for check in case.checks]
    assert max(levels) == order.index(case.level)


@pytest.mark.parametrize("case", cases(), ids=_id)
def test_every_step_is_one_that_can_be_played(case: ReceiverCase) -> None:
    """The schema and the scene know the same steps."""
    for step in case.script:
        (name,) = step
        assert name in ("challenge", "update", "send") or hasattr(Scene, f"_do_{name}")


def test_every_step_of_the_schema_is_used() -> None:
    """A word that no case needs is one that nobody has tried."""
    steps = json.loads(schema_file("receiver").read_text(encoding="utf-8"))["$defs"]["Step"]["properties"]
    assert {name for case in cases() for step in case.script for name in step} == set(steps)


def test_every_must_case_catches_a_broken_receiver() -> None:
    """What no fault of real life can break need not be asked. That they do catch them is shown by matrix.py."""
    assert idle() == []
    assert {case_id for kind in KINDS.values() for case_id in kind.catches} <= {case.id for case in cases()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "RC-1"}, r"broken\.yaml: RC-1: \$\.id"),
        ({"level": "may"}, r"RC-TRY-001: \$\.level: 'may'"),
        ({"script": [{"shout": {}}]}, r"\$\.script\[0\]"),
        ({"script": [{"challenge": {}, "update": {}}]}, r"\$\.script\[0\]"),
        ({"checks": [{"level": "must"}]}, r"RC-TRY-001: a check has one word; got \[\]"),
        ({"checks": [{"echoes": {}}, {"echoes": {}}]}, "two checks have the same id"),
    ],
)
def test_a_wrong_case_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """File, case and place."""
    path = tmp_path / "broken.yaml"
    path.write_text(yaml.safe_dump([{**ONE, **change}]), encoding="utf-8")
    with pytest.raises(CatalogueError, match=said):
        list(read_cases(path))


def _labels(script: Any) -> list[str]:
    found = []
    for step in script:
        ((name, argument),) = step.items()
        if name in ("at_once", "on_one_connection"):
            found += _labels(argument)
        elif name in ("challenge", "update", "send"):
            found.append(argument.get("as", "sent" if name == "send" else name))
    return found
