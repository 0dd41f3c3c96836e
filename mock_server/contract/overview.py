"""Everything that the mock promises, as data: calls, fields, rules, codes and behaviours, each with its evidence.

`minimax-mock contract`, `GET /__mock/contract` and docs/contract.md show this value and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mock_server.contract.behaviours import Behaviour, read_behaviours
from mock_server.contract.codes import StatusCode
from mock_server.contract.contract import CREATE_PATH, Contract
from mock_server.contract.mode import Mode
from mock_server.contract.published import Published, published
from mock_server.contract.request_fields import call_fields, request_fields, rules_of
from mock_server.contract.rules import Rule

# What a user can ask for alone, the surest first.
EVIDENCE = ("documented", "observed", "assumed")
# The lists of the value whose members carry evidence.
_LISTS = ("operations", "sizes", "rules", "codes", "behaviours")


def overview(contract: Contract, modes: Sequence[str], evidence: str | None = None) -> dict[str, Any]:
    """The contract of these modes. With `evidence` only what itself, or the text of which, is known in that way."""
    every = published(contract)
    documents = [each for each in every if each.mode is None or each.mode.name in modes]
    shown = [each.mode.name for each in documents if each.mode]
    behaviours = read_behaviours(contract.document.path.parent / "behaviours.yaml")
    whole = {
        "modes": shown,
        "operations": list(_operations(every)),
        "requests": list(_requests(every, shown, contract)),
        "sizes": list(_sizes(contract)),
        "rules": [_rule(rule) for rule in _rules_in_force(documents, contract.rules)],
        "codes": [_code(code) for code in contract.codes.values()],
        "behaviours": [_behaviour(each) for each in behaviours if not each.modes or set(each.modes) & set(shown)],
    }  # fmt: skip
    return whole if evidence is None else _only(whole, evidence)


def _only(whole: dict[str, Any], evidence: str) -> dict[str, Any]:
    kept = {name: [item for item in whole[name] if evidence in _ways(item)] for name in _LISTS}
    requests = [
        request | {name: [item for item in request[name] if evidence in _ways(item)] for name in ("models", "fields")}
        for request in whole["requests"]
    ]
    return whole | kept | {"requests": requests}


def _ways(item: Mapping[str, Any]) -> set[str]:
    """How an item is known, and how its texts are."""
    return {item["evidence"], *(text["wording"] for text in item.get("texts", []))}


def _operations(documents: Sequence[Published]) -> Iterator[dict[str, Any]]:
    """Every call once, however many documents describe it."""
    seen: set[tuple[str, str]] = set()
    for document in documents:
        for method, path, operation in document.operations():
            if (method, path) not in seen:
                seen.add((method, path))
                yield {
                    "operation": _name(operation),
                    "method": method,
                    "path": path,
                    "title": operation["summary"],
                    "codes": operation.get("x-status-codes", []),
                    "evidence": operation.get("x-evidence", "documented"),
                }


def _requests(documents: Sequence[Published], modes: Sequence[str], contract: Contract) -> Iterator[dict[str, Any]]:
    """What each call takes: create in every mode, the others once."""
    for document in documents:
        if document.mode and document.mode.name in modes:
            schema = document.create_schema()
            fields = request_fields(schema, contract.rules, document.resolve)
            models = _models(document.mode, schema)
            yield {"mode": document.mode.name, "operation": "create", "models": models, "fields": fields}
    for document in documents:
        for _method, path, operation in document.operations():
            if path != CREATE_PATH:
                fields = call_fields(operation, contract.rules, document.resolve)
                yield {"mode": None, "operation": _name(operation), "models": [], "fields": fields}


def _models(mode: Mode, schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each model delivers: its resolutions with their seconds, and those that it takes by itself.

    One that takes no notice of what is asked for says in the schema how that is known.
    """
    fixed = {
        model: branch["then"]["x-delivers"]["evidence"]
        for branch in schema.get("allOf", [])
        if "x-delivers" in branch["then"]
        for model in branch["if"]["properties"]["model"]["enum"]
    }
    found = []
    for model in mode.matrix.models:
        sizes: dict[str, list[int]] = {}
        for each in mode.matrix.combinations:
            if each.model == model:
                sizes.setdefault(each.resolution, []).append(each.duration)
        found.append({
            "model": model, "sizes": sizes, "default": mode.matrix.complete({"model": model}), "chosen": model not in fixed,
            "evidence": fixed.get(model, "documented"),
        })  # fmt: skip
    return found


def _sizes(contract: Contract) -> Iterator[dict[str, Any]]:
    """How large a landscape video of each resolution is; the other shapes turn or square it."""
    for resolution, size in contract.document.data["x-video-sizes"].items():
        yield {"resolution": resolution, **size}


def _name(operation: Mapping[str, Any]) -> str:
    name: str = operation.get("x-operation", operation["operationId"])
    return name


def _rules_in_force(documents: Sequence[Published], rules: Mapping[str, Rule]) -> Iterator[Rule]:
    """The rules of the server, and those that a schema of these documents carries."""
    schemas = ((each, each.create_schema() if each.mode else each.data) for each in documents)
    carried = {rule for each, schema in schemas for rule in rules_of(schema, each.resolve)}
    return (rule for rule in rules.values() if rule.by == "server" or rule.id in carried)


def _rule(rule: Rule) -> dict[str, Any]:
    whens = dict.fromkeys([*rule.text, *rule.wording])
    if len(whens) > 1:
        whens.pop("", None)
    return {
        "rule": rule.id,
        "by": rule.by,
        "title": rule.title,
        "evidence": rule.evidence,
        "texts": [{"when": when, "text": rule.text_for(when), "wording": rule.wording_for(when)} for when in whens],
        "hint": rule.hint,
        "settings": list(rule.settings),
    }


def _code(code: StatusCode) -> dict[str, Any]:
    return {
        "code": code.code,
        "title": code.meaning,
        "evidence": code.evidence,
        "texts": [{"when": "", "text": code.text, "wording": code.wording}],
        "retry": code.retry == "yes",
        "cause": code.real_cause,
        "note": code.note,
        "settings": list(code.settings),
    }


def _behaviour(behaviour: Behaviour) -> dict[str, Any]:
    return {
        "behaviour": behaviour.id,
        "group": behaviour.group,
        "title": behaviour.title,
        "operations": list(behaviour.operations),
        "evidence": behaviour.evidence,
        "source": behaviour.source,
        "differs": dict(behaviour.differs),
        "settings": list(behaviour.settings),
    }
