"""A case of the client suite: plain data, read from the catalogue."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract_tests.catalogue import FOLDER, CatalogueError, by_id, checked_cases
from contract_tests.client.vocabulary import inner_words, known
from contract_tests.outcome import Level

CATALOGUE = FOLDER / "client"


@dataclass(frozen=True, slots=True)
class Check:
    """One obligation: which word of the vocabulary looks at it, with which argument."""

    id: str
    level: Level
    word: str
    argument: Any


@dataclass(frozen=True, slots=True)
class ClientCase:
    """What the server does, what the client is asked for, and what is looked at afterwards.

    `ops` are the operations that serve the case, the first one that the client offers is used. `calls` are changes to the
    usual call document, one for each call; rules among them hold during that call alone, before those of the case. `stage`
    holds what the case needs besides the mock, `rules` what the mock does.
    """

    id: str
    title: str
    level: Level
    basis: tuple[str, ...]
    server: str
    obligation: str
    why: str
    ops: tuple[str, ...]
    calls: tuple[Mapping[str, Any], ...]
    stage: Mapping[str, Any]
    rules: tuple[Mapping[str, Any], ...]
    checks: tuple[Check, ...]
    data: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def every_rule(self) -> list[Mapping[str, Any]]:
        """The rules of the case and those of single calls."""
        return [*self.rules, *(rule for call in self.calls for rule in call.get("rules", ()))]

    @property
    def options(self) -> list[str]:
        """The members of the input that the case gives, or leaves out, on purpose."""
        return sorted({name for call in self.calls for name in call.get("input", ())})

    @property
    def section(self) -> str:
        """The part of the catalogue: CL-ERR of CL-ERR-002."""
        return self.id.rpartition("-")[0]


@functools.cache
def client_cases() -> tuple[ClientCase, ...]:
    """Every case, in the order of the files. Raises CatalogueError for one that is wrong or stands there twice."""
    return by_id(case for path in sorted(CATALOGUE.glob("*.yaml")) for case in read_cases(path))


def read_cases(path: Path) -> Iterator[ClientCase]:
    """The cases of one file. Raises CatalogueError."""
    return iter(by_id(_case(data, name) for name, data in checked_cases(path, "client")))


def _case(data: Mapping[str, Any], name: str) -> ClientCase:
    level = Level(data["level"])
    checks = tuple(_check(each, level, name) for each in data["checks"])
    return ClientCase(
        id=data["id"], title=data["title"], level=level, basis=tuple(data["basis"]), server=data["server"],
        obligation=data["obligation"], why=data["why"], ops=tuple(data.get("ops", ["generate"])),
        calls=tuple(data.get("calls", [{}])), stage=data.get("stage", {}), rules=tuple(data.get("rules", [])),
        checks=checks, data=data,
    )  # fmt: skip


def _check(data: Mapping[str, Any], level: Level, name: str) -> Check:
    words = [word for word in data if word not in ("id", "level")]
    if len(words) != 1 or words[0] not in known():
        raise CatalogueError(f"{name}: a check has one word of {', '.join(sorted(known()))}; got {words}")
    word = words[0]
    for inner in _inner(word, data[word]):
        if inner not in known():
            raise CatalogueError(f"{name}: {inner!r} is no word; allowed: {', '.join(sorted(known()))}")
    return Check(data.get("id", word.replace("_", "-")), Level(data.get("level", level)), word, data[word])


def _inner(word: str, argument: Any) -> Iterator[str]:
    """The words in the argument of a word, at any depth."""
    for words in inner_words(word, argument):
        for each, deeper in words.items():
            yield each
            yield from _inner(each, deeper)
