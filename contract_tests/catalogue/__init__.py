"""The catalogue of cases: YAML to be read and written by people, and one JSON document of all for other tools."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
JSON_FILE = FOLDER / "catalogue.json"


def case_ids(suite: str) -> list[str]:
    """The ids of the cases of a suite: client, receiver or server."""
    return [case["id"] for case in json.loads(JSON_FILE.read_text(encoding="utf-8"))[suite]]


def whole() -> dict[str, list[dict[str, Any]]]:
    """Every case of every suite as JSON data, made from the YAML files."""
    from contract_tests.client.case import client_cases  # noqa: PLC0415 - cases know where their catalogue is
    from contract_tests.receiver.case import receiver_cases  # noqa: PLC0415
    from contract_tests.server_cases import server_cases  # noqa: PLC0415

    return {
        "client": [dict(case.data) for case in client_cases()],
        "receiver": [dict(case.data) for case in receiver_cases()],
        "server": [_plainly(case) for case in server_cases().values()],
    }


def _plainly(case: Any) -> dict[str, Any]:
    return {**asdict(case), "level": str(case.level), "basis": list(case.basis)}


def as_text() -> str:
    """What stands in `catalogue.json`."""
    return json.dumps(whole(), ensure_ascii=False, indent=1) + "\n"
