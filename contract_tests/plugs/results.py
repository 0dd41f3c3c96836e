"""Judges call and result documents by their published schemas, each compiled once."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from contract_tests.plugs.documents import Call

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
_QUOTED = 200


class BrokenResult(Exception):
    """What came back is no result document for the call; the message is one line that says why."""


def read_result(document: Any, call: Call) -> dict[str, Any]:
    """The result document of a call, without members that are null. Raises BrokenResult."""
    trouble = broken("result", document)
    if trouble:
        raise BrokenResult(f"the result document is wrong: {trouble}")
    if document["id"] != call["id"]:
        raise BrokenResult(
            f"the result document has the id {quoted(document['id'])}, the call has {quoted(call['id'])}"
        )
    return _without_nulls(document)


def check_call(document: Call) -> None:
    """Raises ValueError when the document is none that a client may be given, which is a mistake of the kit."""
    trouble = broken("call", document)
    if trouble:
        raise ValueError(f"not a call document: {trouble}")


def broken(kind: str, document: Any) -> str:
    """What is wrong with a document of that kind (call, result), with its place; empty when nothing is."""
    error: Any = best_match(_validator(kind).iter_errors(document))
    return "" if error is None else _in_words(error)


def quoted(value: Any) -> str:
    """The value as JSON, cut short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _QUOTED else text[:_QUOTED] + "…"


@functools.cache
def _validator(kind: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def _in_words(error: Any) -> str:
    place = "/" + "/".join(map(str, error.absolute_path)) if error.absolute_path else "the document"
    if error.validator == "required":
        return f"{place}: {error.message}"
    if error.validator == "enum":
        return f"{place} is {quoted(error.instance)}; allowed: {', '.join(map(str, error.validator_value))}"
    if error.validator == "type":
        allowed = error.validator_value
        listed = allowed if isinstance(allowed, str) else " or ".join(allowed)
        return f"{place} is {quoted(error.instance)}; allowed: {listed}"
    return f"{place}: {error.message[:_QUOTED]}"


def _without_nulls(result: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in result.items() if value is not None}
    if isinstance(kept.get("error"), dict):
        kept["error"] = _without_nulls(kept["error"])
    if isinstance(kept.get("results"), list):
        kept["results"] = [_without_nulls(each) for each in kept["results"]]
    return kept
