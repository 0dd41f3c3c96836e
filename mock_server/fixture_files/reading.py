"""Makes fixtures of what lies under `fixtures/`. A new file is a new fixture; no Python is needed."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from mock_server import resources
from mock_server.contract.rules import Rule, read_rules
from mock_server.contract.yaml_file import read_yaml
from mock_server.errors import ContractError
from mock_server.fixture_files.fixture import KINDS, Fixture, Kind
from mock_server.settings import MODES

VALID = {"valid": True, "invalid": False}
ACCEPTED, REFUSED = 0, 2013


@functools.cache
def read_fixtures(kind: Kind) -> tuple[Fixture, ...]:
    """Every fixture of a kind, by file. Raises ContractError for one of which nothing is known."""
    read = {"requests": _requests, "callbacks": _callbacks, "wire": _wire, "images": _images}[kind]
    return tuple(sorted(read(resources.folder("fixtures") / kind), key=lambda fixture: fixture.file))


@functools.cache
def all_fixtures() -> tuple[Fixture, ...]:
    """Every fixture, kind by kind."""
    return tuple(fixture for kind in KINDS for fixture in read_fixtures(kind))


def _requests(folder: Path) -> Iterator[Fixture]:
    rules = _rules()
    for mode in MODES:
        # Those of the first mode lie in the folder itself.
        home = folder if mode == MODES[0] else folder / mode
        for kind, valid in VALID.items():
            for path in sorted((home / kind).glob("*.json")):
                rule = _rule(rules, path.stem.partition("__")[0], path)
                yield Fixture(
                    kind="requests", file=f"requests/{mode}/{kind}/{path.name}", path=path, mode=mode, valid=valid,
                    title=rule.title, evidence=rule.evidence, rule=rule.id, code=ACCEPTED if valid else REFUSED,
                )  # fmt: skip


def _images(folder: Path) -> Iterator[Fixture]:
    rules = _rules()
    for row in read_yaml(folder / "gallery.yaml")["pictures"]:
        if "pad_to" in row:  # 20 MB of zeros: only the gallery of a running mock has it
            continue
        path = folder / row.get("file", row["name"])
        yield Fixture(
            kind="images", file=f"images/{row['name']}", path=path, title=row["title"], media_type=row["media_type"],
            evidence=_rule(rules, row["rule"], path).evidence, rule=row["rule"], valid=row["accepted"],
            code=ACCEPTED if row["accepted"] else REFUSED,
        )  # fmt: skip


def _callbacks(folder: Path) -> Iterator[Fixture]:
    for name, row in read_yaml(folder / "callbacks.yaml")["callbacks"].items():
        yield Fixture(
            kind="callbacks", file=f"callbacks/{name}.json", path=folder / f"{name}.json", title=row["title"],
            evidence=row["evidence"], valid=VALID[name.partition("/")[0]], status=row["status"], means=row["means"],
        )  # fmt: skip


def _wire(folder: Path) -> Iterator[Fixture]:
    for path in folder.glob("*.json"):
        exchange = json.loads(path.read_text(encoding="utf-8"))
        yield Fixture(
            kind="wire", file=f"wire/{path.name}", path=path, title=exchange["title"],
            evidence=exchange["evidence"]["kind"],
        )  # fmt: skip


def _rules() -> Mapping[str, Rule]:
    return read_rules(resources.folder("openapi") / "rules.yaml")


def _rule(rules: Mapping[str, Rule], name: str, path: Path) -> Rule:
    if name not in rules:
        raise ContractError(f"{path}: no rule of openapi/rules.yaml is called {name!r}")
    return rules[name]
