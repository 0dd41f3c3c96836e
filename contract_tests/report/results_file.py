"""results.json: how it is written, read, and held to its schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from contract_tests.report.errors import ReportError
from contract_tests.report.redaction import redacted
from contract_tests.report.shown import one_line

FORMAT = 1
CASE_ID = r"[A-Z]{2}-[A-Z0-9]+(?:-[A-Za-z0-9]+)+"  # also the name of a page, so nothing in it may lead elsewhere
SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "results.schema.json"
# What may stand in a JSON text only inside strings, and would mislead the eye there.
_ESCAPED = re.compile("[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def checked(results: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The results, if they are ones: valid by the schema, and no case twice. `where` names them in the message of ReportError."""
    found = _format_mistake(results) or _schema_mistake(results) or _doubled(results)
    if found:
        raise ReportError(f"{where}: {found}")
    return dict(results)


def read_results(path: Path) -> dict[str, Any]:
    """The results in a file, redacted once more. Raises ReportError, which names the file and the member."""
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{path}: is not JSON: {one_line(str(error))}") from None
    if not isinstance(data, dict):
        raise ReportError(f"{path}: has to be a JSON object, is {_kind(data)}")
    return checked(redacted(data), str(path))


def results_text(results: Mapping[str, Any]) -> str:
    """The text of results.json. Characters that are not seen stand escaped."""
    text = json.dumps(results, ensure_ascii=False, indent=1, allow_nan=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def _format_mistake(results: Mapping[str, Any]) -> str:
    if "format" not in results:
        return "format: is missing; this is no results.json of the contract kit"
    given = results["format"]
    known = given == FORMAT and given is not True
    return "" if known else f"format: given {_short(given)}; this version reads {FORMAT}"


def _schema_mistake(results: Mapping[str, Any]) -> str:
    error = best_match(_validator().iter_errors(results))
    return "" if error is None else _in_words(error)


def _in_words(error: ValidationError) -> str:
    place = error.json_path.removeprefix("$").removeprefix(".") or "results"
    allowed: Any = error.validator_value
    given: Any = error.instance
    match error.validator:
        case "required":
            missing = next(name for name in allowed if name not in given)
            return f"{place}: the member {missing!r} is missing"
        case "enum":
            return f"{place}: given {_short(given)}; allowed: {', '.join(map(json.dumps, allowed))}"
        case "type":
            kinds = allowed if isinstance(allowed, list) else [allowed]
            return f"{place}: has to be {' or '.join(kinds)}, is {_kind(given)}"
        case _:
            return f"{place}: given {_short(given)}, which breaks {error.validator} {_short(allowed)}"


def _doubled(results: Mapping[str, Any]) -> str:
    seen: dict[str, int] = {}
    for number, case in enumerate(results["cases"]):
        first = seen.setdefault(case["id"], number)
        if first != number:
            return f"cases[{number}].id: {case['id']} is already the id of cases[{first}]"
    return ""


def _short(value: Any) -> str:
    return one_line(json.dumps(value, ensure_ascii=False, default=str), 80)


def _kind(value: Any) -> str:
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
