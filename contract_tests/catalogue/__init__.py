"""The catalogue of cases: YAML to be read and written by people, and one JSON document of all for other tools."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import yaml
from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parent
JSON_FILE = FOLDER / "catalogue.json"
SUITES = ("client", "receiver", "server")


class _Named(Protocol):
    @property
    def id(self) -> str:
        """By which it is known."""


class _WithChecks(_Named, Protocol):
    @property
    def checks(self) -> Sequence[_Named]:
        """Its checks."""


Case = TypeVar("Case", bound=_WithChecks)
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """A safe loader for which only true and false are truth values: `on` is a word of the catalogue."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML wants it so
        first: [(tag, form) for tag, form in resolvers if first in "tTfF" or not tag.endswith(":bool")]
        for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }


def read_yaml(path: Path) -> Any:
    """What stands in a file of the catalogue."""
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader


class CatalogueError(Exception):
    """A case file is wrong; the text names file, case and place."""


def checked_cases(path: Path, suite: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The cases of one file with a name for messages, held to the schema of their suite. Raises CatalogueError."""
    validator = Draft202012Validator(json.loads(schema_file(suite).read_text(encoding="utf-8")))
    for number, data in enumerate(read_yaml(path)):
        name = f"{path.name}: {data.get('id', f'case {number + 1}')}"
        for error in validator.iter_errors(data):
            raise CatalogueError(f"{name}: {error.json_path}: {error.message}")
        yield name, data


def schema_file(suite: str) -> Path:
    """The schema of the cases of a suite."""
    return FOLDER.parent / "schemas" / f"{suite}_case.schema.json"


def by_id(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases in their order. Raises CatalogueError when two have the same id, or two checks of one."""
    found: dict[str, Case] = {}
    for case in cases:
        if case.id in found:
            raise CatalogueError(f"{case.id} stands there twice")
        if len({check.id for check in case.checks}) < len(case.checks):
            raise CatalogueError(f"{case.id}: two checks have the same id")
        found[case.id] = case
    return tuple(found.values())


def case_ids(suite: str) -> list[str]:
    """The ids of the cases of a suite: client, receiver or server."""
    return [case["id"] for case in json.loads(JSON_FILE.read_text(encoding="utf-8"))[suite]]


def whole() -> dict[str, list[dict[str, Any]]]:
    """Every case of every suite as JSON data, made from the YAML files."""
    cases = {
        suite: [case for path in sorted((FOLDER / suite).glob("*.yaml")) for case in read_yaml(path)]
        for suite in SUITES
    }
    cases["server"] = [{"id": name, **case} for name, case in read_yaml(FOLDER / "server.yaml")["cases"].items()]
    return cases


def as_text() -> str:
    """What stands in `catalogue.json`."""
    return json.dumps(whole(), ensure_ascii=False, indent=1) + "\n"
