"""The baseline: failures that somebody has declared, each with a reason and perhaps a day on which that ends."""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from contract_tests.outcome import Outcome

SCHEMA = Path(__file__).parent / "schemas" / "baseline.schema.json"
# What a declared failure may turn out to be, and still be one.
_BROKEN = (Outcome.FAIL, Outcome.NON_STRICT)


class BaselineError(Exception):
    """The baseline cannot be used; the text is one line that names file and place."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One declared failure."""

    case: str
    reason: str
    expires: datetime.date | None

    def as_dict(self) -> dict[str, Any]:
        """As `results.json` has it."""
        return {"reason": self.reason, "expires": self.expires.isoformat() if self.expires else None}


@dataclass(frozen=True, slots=True)
class Baseline:
    """Every declared failure, by the id of its case."""

    entries: Mapping[str, Expected]

    def settle(self, record: dict[str, Any], today: datetime.date) -> dict[str, Any]:
        """The record with what the baseline makes of its outcome: XFAIL, STALE, or as it was."""
        entry = self.entries.get(record["id"])
        if entry is None or record["outcome"] == Outcome.ERROR:
            return record
        ended = entry.expires is not None and entry.expires < today
        if ended and record["outcome"] in _BROKEN:
            said = f"{record['reason']} (the baseline's entry for it ended on {entry.as_dict()['expires']})"
            return {**record, "reason": said, "baseline": entry.as_dict()}
        if record["outcome"] in _BROKEN:
            return {**record, "outcome": str(Outcome.XFAIL), "baseline": entry.as_dict()}
        stale = f"the baseline expects a failure ({entry.reason}), but the outcome is {record['outcome']}; take the entry out"
        return {**record, "outcome": str(Outcome.STALE), "reason": stale, "baseline": entry.as_dict()}


def read_baseline(path: Path, known: Collection[str]) -> Baseline:
    """The baseline in a YAML or JSON file. Raises BaselineError for one that is wrong or names a case that is not there."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "problem", None) or type(error).__name__
        raise BaselineError(f"{path}: {reason}") from None
    data = _dates_as_texts(data)
    for fault in Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).iter_errors(data):
        place = "/" + "/".join(str(each) for each in fault.absolute_path)
        raise BaselineError(f"{path}: {place}: {fault.message[:200]}")
    entries: dict[str, Expected] = {}
    for number, each in enumerate(data["expected_failures"]):
        place = f"{path}: /expected_failures/{number}"
        if each["case"] not in known:
            raise BaselineError(f"{place}/case: there is no case {each['case']!r}")
        if each["case"] in entries:
            raise BaselineError(f"{place}/case: {each['case']} stands there twice")
        entries[each["case"]] = Expected(each["case"], each["reason"], _date(each.get("expires"), place))
    return Baseline(entries)


def _date(text: str | None, place: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise BaselineError(f"{place}/expires: {text!r} is no date") from None


def _dates_as_texts(data: Any) -> Any:
    """YAML reads a date as one; JSON has none, so both are held to the same schema as texts."""
    if isinstance(data, dict):
        return {name: _dates_as_texts(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_dates_as_texts(value) for value in data]
    return data.isoformat() if isinstance(data, datetime.date) else data
