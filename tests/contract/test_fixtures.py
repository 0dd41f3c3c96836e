"""Every request fixture of every mode against the rule in its name, by our own way and by a stranger's validator."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mock_server import resources
from mock_server.contract.contract import load_contract
from mock_server.contract.mode import FILES, IMAGE_TO_VIDEO
from tests.contract.bodies import FOLDER, Case, cases, folder_of, judge

# The rules that no fixture can be about: they need a request, 20 MB, or a state of the server.
ELSEWHERE = {
    "content-type", "image-gallery", "image-size", "max-body", "authorization", "api-keys", "rpm", "balance",
    "blocked-words", "task_id", "file_id", "path", "forbidden-path", "method", "forced", "internal",
    "callback-challenge", "download-link", "purpose", "upload-form", "upload-empty", "upload-bytes", "video-input", "delete-body",
}  # fmt: skip
RULES = load_contract().rules
ADVICE = [name for name, rule in RULES.items() if rule.by == "advice"]
ABOUT_THE_BODY = [name for name in RULES if name not in ELSEWHERE and name not in ADVICE]
# JSON Schema calls 6.0 an integer; the service, which reads into typed fields, does not.
INTEGERS_TO_A_STRANGER = {("duration", "point-zero"), ("duration", "exponent")}
EVERY_CASE = cases("valid") + cases("invalid")


SCHEMA = "#/components/schemas/VideoGenerationReq"


def _registry() -> Registry[Any]:
    """The create documents under addresses of their own, so that they find each other."""
    texts = {file: (resources.folder("openapi") / file).read_text(encoding="utf-8") for file in FILES.values()}
    return Registry().with_resources(
        (f"https://example.com/{file}", DRAFT202012.create_resource(yaml.safe_load(text)))
        for file, text in texts.items()
    )


REGISTRY = _registry()
PLAIN = {
    mode: Draft202012Validator({"$ref": f"https://example.com/{file}{SCHEMA}"}, registry=REGISTRY)
    for mode, file in FILES.items()
}


def _rules_in(node: Any, resolver: Any) -> set[str]:
    """The rules that a schema names, and the schemas that it refers to; one beside a reference stands in for theirs."""
    if isinstance(node, list):
        return {rule for each in node for rule in _rules_in(each, resolver)}
    if not isinstance(node, dict):
        return set()
    found = {rule for each in node.values() for rule in _rules_in(each, resolver)}
    if "x-rule" in node:
        found.add(node["x-rule"])
    elif "$ref" in node:
        there = resolver.lookup(node["$ref"])
        found |= _rules_in(there.contents, there.resolver)
    return found


def _rules_of(mode: str) -> set[str]:
    """Every rule and advice about the bodies of a mode: those of its schema, and those that no schema can say."""
    found = _rules_in({"$ref": SCHEMA}, REGISTRY.resolver(f"https://example.com/{FILES[mode]}"))
    pictures = set() if mode == "text-to-video" else {name for name in ABOUT_THE_BODY if name.startswith("image-")}
    return found | pictures | {"json"}


RULES_OF = {mode: _rules_of(mode) for mode in FILES}


@pytest.mark.parametrize("case", cases("valid"), ids=str)
def test_valid_body_breaks_no_rule(case: Case) -> None:
    """A body under valid/ passes reading, the schema and the rules about pictures."""
    assert judge(case.path.read_bytes(), case.mode)[1] == []


@pytest.mark.parametrize("case", cases("invalid"), ids=str)
def test_invalid_body_breaks_its_rule_first(case: Case) -> None:
    """A body under invalid/ is refused in the words of the rule in its name."""
    violations = judge(case.path.read_bytes(), case.mode)[1]
    assert [violation.rule for violation in violations][:1] == [case.rule]
    assert (violations[0].text or "").startswith("invalid params")
    assert violations[0].hint


@pytest.mark.parametrize("case", [case for case in cases("invalid") if case.rule == "model"], ids=str)
def test_model_of_another_mode_is_called_so(case: Case) -> None:
    """The text tells a model that only this mode lacks from one that none has."""
    body, violations = judge(case.path.read_bytes(), case.mode)
    model, mode = body["model"], load_contract().mode(case.mode)
    others = [name for name in FILES if model in load_contract().mode(name).matrix.models]
    if others:
        assert violations[0].text == f"invalid params, model {model} does not support {mode.words} mode"
    elif isinstance(model, str):
        assert violations[0].text == f"invalid params, unsupported model: {model}"


@pytest.mark.parametrize(("mode", "rule"), [(mode, rule) for mode in FILES for rule in ABOUT_THE_BODY])
def test_rule_has_fixtures_of_both_kinds(mode: str, rule: str) -> None:
    """Every rule about the bodies of a mode has one that keeps it and one that breaks it; no other rule has any."""
    kinds = {case.path.parent.name for case in EVERY_CASE if (case.mode, case.rule) == (mode, rule)}
    assert kinds == ({"valid", "invalid"} if rule in RULES_OF[mode] else set())


@pytest.mark.parametrize(("mode", "rule"), [(mode, rule) for mode in FILES for rule in ADVICE])
def test_advice_has_fixtures_of_both_kinds(mode: str, rule: str) -> None:
    """Every advice of a mode has a body that does not follow it and one that does; no other advice has any."""
    mine = [case.name for case in cases("valid") if (case.mode, case.rule) == (mode, rule)]
    assert {name.partition("-")[0] for name in mine} == ({"noted", "followed"} if rule in RULES_OF[mode] else set())


@pytest.mark.parametrize("case", [case for case in cases("valid") if case.rule in ADVICE], ids=str)
def test_advice_is_noted_only_where_it_is_not_followed(case: Case) -> None:
    """A valid body that goes against an advice gets a note with that rule and a hint; one that follows it gets none."""
    notes = load_contract().mode(case.mode).advise(judge(case.path.read_bytes(), case.mode)[0])
    mine = [note for note in notes if note.rule == case.rule]
    assert len(mine) == (1 if case.name.startswith("noted-") else 0)
    assert all(note.hint == RULES[case.rule].hint for note in mine)


@pytest.mark.parametrize("case", [case for case in cases("valid") if RULES[case.rule].by != "advice"], ids=str)
def test_valid_body_passes_a_strangers_validator(case: Case) -> None:
    """Any JSON Schema validator that reads our document accepts the body too."""
    assert PLAIN[case.mode].is_valid(json.loads(case.path.read_bytes()))


@pytest.mark.parametrize("case", [case for case in cases("invalid") if RULES[case.rule].by == "schema"], ids=str)
def test_invalid_body_fails_a_strangers_validator(case: Case) -> None:
    """Any JSON Schema validator that reads our document refuses the body too, whole numbers with a point aside."""
    refused = not PLAIN[case.mode].is_valid(json.loads(case.path.read_bytes()))
    assert refused != ((case.rule, case.name) in INTEGERS_TO_A_STRANGER)


@pytest.mark.parametrize("case", EVERY_CASE, ids=str)
def test_fixture_is_named_after_a_rule_and_small(case: Case) -> None:
    """A fixture's name begins with a rule that can have fixtures, and its body has at most 15 KB."""
    assert case.rule in RULES_OF[case.mode]
    assert case.rule not in ADVICE or case.path.parent.name == "valid"
    assert case.name
    assert case.path.suffix == ".json"
    assert case.path.stat().st_size <= 15_000


def test_only_bodies_and_their_description_lie_in_the_folder() -> None:
    """Nothing lies beside the folders that no test would look at."""
    further = set(FILES) - {IMAGE_TO_VIDEO}
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", "valid", "invalid", *further}
    for mode in further:
        assert {path.name for path in folder_of(mode).iterdir()} == {"valid", "invalid"}


def test_rules_tested_elsewhere_exist() -> None:
    """A rule that was renamed does not stay in the list of those that need no fixture."""
    assert set(RULES) >= ELSEWHERE
