"""The index of a folder of fixtures: what a team of any language reads first. `openapi/fixtures.schema.json` describes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from mock_server import __version__
from mock_server.fixture_files.fixture import Fixture

NAME = "index.json"
SCHEMA_NAME = "index.schema.json"
MAKER = "minimax-mock"
# How every index begins, also one that was cut off.
HEAD = f'{{\n  "$schema": "./{SCHEMA_NAME}",\n  "made_by": "{MAKER}"'


def index_of(fixtures: Iterable[Fixture]) -> dict[str, Any]:
    """The index as JSON data. Every row has every member, null where it does not apply."""
    rows = [_row(fixture) for fixture in fixtures]
    return {"$schema": f"./{SCHEMA_NAME}", "made_by": MAKER, "version": __version__, "fixtures": rows}


def unfinished_index(names: Iterable[str]) -> dict[str, Any]:
    """What stands in its place until every file is written: whose files these are."""
    rows = [{"file": name} for name in sorted(names)]
    return {"$schema": f"./{SCHEMA_NAME}", "made_by": MAKER, "unfinished": True, "fixtures": rows}


def _row(fixture: Fixture) -> dict[str, Any]:
    data = fixture.data
    return {
        "file": fixture.file,
        "kind": fixture.kind,
        "title": fixture.title,
        "mode": fixture.mode,
        "valid": fixture.valid,
        "rule": fixture.rule,
        "code": fixture.code,
        "text": fixture.text,
        "text_evidence": fixture.text_evidence,
        "callback": fixture.kind == "requests" and fixture.valid is True and bool(fixture.json().get("callback_url")),
        "status": fixture.status,
        "means": fixture.means,
        "evidence": fixture.evidence,
        "content_type": fixture.media_type,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def as_text(index: dict[str, Any]) -> str:
    """The index as its file holds it: one line for each fixture, so that changes can be read."""
    rows = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in index["fixtures"])
    head = json.dumps(index | {"fixtures": []}, indent=2).removesuffix("[]\n}")
    return f"{head}[\n{rows}\n  ]\n}}\n"
