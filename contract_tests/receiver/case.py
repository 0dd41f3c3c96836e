"""A case of the receiver suite: plain data, read from the catalogue."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.catalogue import FOLDER, CatalogueError, by_id, checked_cases
from contract_tests.outcome import Level

CATALOGUE = FOLDER / "receiver"


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
    """Every case, in the order of the files. Raises CatalogueError for one that is wrong or stands there twice."""
    return by_id(case for path in sorted(CATALOGUE.glob("*.yaml")) for case in read_cases(path))


def read_cases(path: Path) -> Iterator[ReceiverCase]:
    """The cases of one file. Raises CatalogueError."""
    return iter(by_id(_case(data, name) for name, data in checked_cases(path, "receiver")))


def _case(data: Mapping[str, Any], name: str) -> ReceiverCase:
    level = Level(data["level"])
    checks = tuple(_check(each, level, name) for each in data["checks"])
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
