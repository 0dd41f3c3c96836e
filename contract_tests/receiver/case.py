"""A case of the receiver suite: plain data, read from the catalogue."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from contract_tests.catalogue import FOLDER, read_yaml
from contract_tests.outcome import Level

CATALOGUE = FOLDER / "receiver"
SCHEMA = FOLDER.parent / "schemas" / "receiver_case.schema.json"


class CatalogueError(Exception):
    """A case file is wrong; the text names file, case and place."""


@dataclass(frozen=True, slots=True)
class Check:
    """One obligation: which word of the vocabulary looks at it, with which argument.

    `needs` names what the plug has to be able to do for it: restart, fault or memory; empty when nothing.
    """

    id: str
    level: Level
    word: str
    argument: Any
    needs: str = ""


@dataclass(frozen=True, slots=True)
class ReceiverCase:
    """What the kit sends, in steps, and what is looked at afterwards.

    `basis` says where the obligation comes from. `offers` names what the user has to have declared for the case to apply;
    only `secret` is known.
    """

    id: str
    title: str
    level: Level
    basis: tuple[str, ...]
    why: str
    kit: str
    obligation: str
    script: tuple[Mapping[str, Any], ...]
    checks: tuple[Check, ...]
    offers: str = ""

    @property
    def section(self) -> str:
        """The part of the catalogue: RC-UPD of RC-UPD-002."""
        return self.id.rpartition("-")[0]


@functools.cache
def cases() -> tuple[ReceiverCase, ...]:
    """Every case, in the order of the catalogue. Raises CatalogueError for one that is wrong or stands there twice."""
    found: dict[str, ReceiverCase] = {}
    for path in sorted(CATALOGUE.glob("*.yaml")):
        for case in read_cases(path):
            if case.id in found:
                raise CatalogueError(f"{path.name}: {case.id} stands there twice")
            found[case.id] = case
    return tuple(found.values())


def read_cases(path: Path) -> Iterator[ReceiverCase]:
    """The cases of one file. Raises CatalogueError."""
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for number, data in enumerate(read_yaml(path)):
        name = f"{path.name}: {data.get('id', f'case {number + 1}')}"
        for error in validator.iter_errors(data):
            raise CatalogueError(f"{name}: {error.json_path}: {error.message}")
        yield _case(data, name)


def _case(data: Mapping[str, Any], name: str) -> ReceiverCase:
    level = Level(data["level"])
    checks = tuple(_check(each, level, name) for each in data["checks"])
    if len({each.id for each in checks}) < len(checks):
        raise CatalogueError(f"{name}: two checks have the same id")
    return ReceiverCase(
        id=data["id"], title=data["title"], level=level, basis=tuple(data["basis"]), why=data["why"].strip(),
        kit=data["kit"].strip(), obligation=data["obligation"].strip(), script=tuple(data["script"]), checks=checks,
        offers=data.get("offers", ""),
    )  # fmt: skip


def _check(data: Mapping[str, Any], level: Level, name: str) -> Check:
    words = [word for word in data if word not in ("id", "level", "needs")]
    if len(words) != 1:
        raise CatalogueError(f"{name}: a check has one word; got {words}")
    word = words[0]
    return Check(
        data.get("id", word.replace("_", "-")), Level(data.get("level", level)), word, data[word], data.get("needs", "")
    )
