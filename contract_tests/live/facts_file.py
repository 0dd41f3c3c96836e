"""The file of facts: written in one go, without a key in it, and read back only when it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from contract_tests.live.probes import Probe, read_catalogue
from contract_tests.live.shape import Keys, described
from mock_server import __version__

FORMAT = 1
KIT = "minimax-mock"
SCHEMA = Path(__file__).resolve().parents[1] / "schemas" / "facts.schema.json"


class Unusable(Exception):
    """A file holds no facts that can be compared; the message is one line."""


@dataclass(slots=True)
class Facts:
    """What one run found, as far as it came."""

    host: str
    began: datetime
    left_out: Mapping[str, str]
    complete: bool = False
    stopped: str | None = None
    probes: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        probe: Probe,
        answer: Mapping[str, Any] | None,
        *,
        trouble: str | None = None,
        ambiguity: str | None = None,
    ) -> None:
        """Adds what came of a probe."""
        self.probes.append({
            "id": probe.id, "case": probe.case, "title": probe.title, "cost": probe.cost,
            "request": described(probe.request), "answer": answer, "trouble": trouble, "ambiguity": ambiguity,
        })  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """As the file has it."""
        return {
            "format": FORMAT,
            "kit": {"name": KIT, "version": __version__, "probes": read_catalogue().version},
            "date": self.began.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "host": self.host,
            "complete": self.complete,
            "stopped": self.stopped,
            "probes": self.probes,
            "left_out": [{"id": name, "why": why} for name, why in self.left_out.items()],
        }


def write_facts(path: Path, facts: Facts, keys: Keys) -> None:
    """Writes the file, so that there is the whole of it or what was there before. Raises OSError."""
    # A key holds nothing that JSON would write otherwise, but for quotes and backslashes, which no key has.
    text = keys.hidden(json.dumps(facts.as_dict(), indent=1, ensure_ascii=False) + "\n")
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(text, encoding="utf-8", errors="backslashreplace")
    beside.replace(path)


def read_facts(path: Path) -> dict[str, Any]:
    """The facts of a file. Raises Unusable for one that is missing, no JSON, of another format, or says a thing twice."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Unusable(f"{path}: is not JSON in UTF-8") from None
    if isinstance(data, dict) and data.get("format") != FORMAT:
        raise Unusable(
            f"{path}: format {str(data.get('format'))[:40]!r} is not one that is known here; allowed: {FORMAT}"
        )
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    wrong = next(validator.iter_errors(data), None)
    if wrong is not None:
        place = "".join(f"/{part}" for part in wrong.absolute_path)
        raise Unusable(f"{path}: {place or '/'}: {' '.join(wrong.message.split())[:200]}")
    ids = [probe["id"] for probe in data["probes"]]
    if len(set(ids)) != len(ids):
        raise Unusable(f"{path}: a probe stands in it twice")
    facts: dict[str, Any] = data
    return facts
