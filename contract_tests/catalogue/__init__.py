"""The catalogue of cases: YAML to be read and written by people, and one JSON document of all for other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
JSON_FILE = FOLDER / "catalogue.json"
SUITES = ("client", "receiver", "server")


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


def case_ids(suite: str) -> list[str]:
    """The ids of the cases of a suite: client, receiver or server."""
    return [case["id"] for case in json.loads(JSON_FILE.read_text(encoding="utf-8"))[suite]]


def whole() -> dict[str, list[dict[str, Any]]]:
    """Every case of every suite as JSON data, made from the YAML files."""
    cases = {suite: [case for path in sorted((FOLDER / suite).glob("*.yaml")) for case in read_yaml(path)] for suite in SUITES}
    cases["server"] = [{"id": name, **case} for name, case in read_yaml(FOLDER / "server.yaml")["cases"].items()]
    return cases


def as_text() -> str:
    """What stands in `catalogue.json`."""
    return json.dumps(whole(), ensure_ascii=False, indent=1) + "\n"
