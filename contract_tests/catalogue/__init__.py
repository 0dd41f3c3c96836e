"""The catalogue of cases: YAML to be read and written by people, and one JSON document of all for other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
JSON_FILE = FOLDER / "catalogue.json"
SUITES = ("client", "receiver", "server")


def case_ids(suite: str) -> list[str]:
    """The ids of the cases of a suite: client, receiver or server."""
    return [case["id"] for case in json.loads(JSON_FILE.read_text(encoding="utf-8"))[suite]]


def whole() -> dict[str, list[dict[str, Any]]]:
    """Every case of every suite as JSON data, made from the YAML files."""
    cases = {suite: [case for path in sorted((FOLDER / suite).glob("*.yaml")) for case in _read(path)] for suite in SUITES}
    cases["server"] = [{"id": name, **case} for name, case in _read(FOLDER / "server.yaml")["cases"].items()]
    return cases


def as_text() -> str:
    """What stands in `catalogue.json`."""
    return json.dumps(whole(), ensure_ascii=False, indent=1) + "\n"


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
