"""Every request fixture against the rule in its name, by our own way and by a stranger's validator."""

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
from mock_server.contract.mode import IMAGE_TO_VIDEO
from tests.contract.bodies import FOLDER, Case, cases, judge

# The rules that no fixture can be about: they need a request, 20 MB, or a state of the server.
ELSEWHERE = {
    "content-type", "image-gallery", "image-size", "max-body", "authorization", "api-keys", "rpm", "balance",
    "blocked-words", "task_id", "file_id", "path", "method", "forced", "internal", "callback-challenge",
    "download-link", "purpose", "upload-form", "upload-empty", "upload-bytes", "video-input", "delete-body",
}  # fmt: skip
RULES = load_contract().rules
ADVICE = [name for name, rule in RULES.items() if rule.by == "advice"]
ABOUT_THE_BODY = [name for name in RULES if name not in ELSEWHERE and name not in ADVICE]
# JSON Schema calls 6.0 an integer; the service, which reads into typed fields, does not.
INTEGERS_TO_A_STRANGER = {"duration__point-zero", "duration__exponent"}
EVERY_CASE = cases("valid") + cases("invalid")


def _plain_validator() -> Draft202012Validator:
    text = (resources.folder("openapi") / "video_generation.yaml").read_text(encoding="utf-8")
    resource: Any = DRAFT202012.create_resource(yaml.safe_load(text))
    registry: Registry[Any] = Registry().with_resource("urn:document", resource)
    return Draft202012Validator({"$ref": "urn:document#/components/schemas/VideoGenerationReq"}, registry=registry)


PLAIN = _plain_validator()


@pytest.mark.parametrize("case", cases("valid"), ids=str)
def test_valid_body_breaks_no_rule(case: Case) -> None:
    """A body under valid/ passes reading, the schema and the rules about pictures."""
    assert judge(case.path.read_bytes())[1] == []


@pytest.mark.parametrize("case", cases("invalid"), ids=str)
def test_invalid_body_breaks_its_rule_first(case: Case) -> None:
    """A body under invalid/ is refused in the words of the rule in its name."""
    violations = judge(case.path.read_bytes())[1]
    assert [violation.rule for violation in violations][:1] == [case.rule]
    assert (violations[0].text or "").startswith("invalid params")
    assert violations[0].hint


@pytest.mark.parametrize("rule", ABOUT_THE_BODY)
def test_rule_has_fixtures_of_both_kinds(rule: str) -> None:
    """Every rule about the body has a body that keeps it and one that breaks it."""
    assert any(case.rule == rule for case in cases("valid"))
    assert any(case.rule == rule for case in cases("invalid"))


@pytest.mark.parametrize("rule", ADVICE)
def test_advice_has_fixtures_of_both_kinds(rule: str) -> None:
    """Every advice has a body that does not follow it and one that does."""
    mine = [case.name for case in cases("valid") if case.rule == rule]
    assert {name.partition("-")[0] for name in mine} == {"noted", "followed"}


@pytest.mark.parametrize("case", [case for case in cases("valid") if case.rule in ADVICE], ids=str)
def test_advice_is_noted_only_where_it_is_not_followed(case: Case) -> None:
    """A valid body that goes against an advice gets a note with that rule and a hint; one that follows it gets none."""
    notes = load_contract().mode(IMAGE_TO_VIDEO).advise(judge(case.path.read_bytes())[0])
    mine = [note for note in notes if note.rule == case.rule]
    assert len(mine) == (1 if case.name.startswith("noted-") else 0)
    assert all(note.hint == RULES[case.rule].hint for note in mine)


@pytest.mark.parametrize("case", [case for case in cases("valid") if RULES[case.rule].by != "advice"], ids=str)
def test_valid_body_passes_a_strangers_validator(case: Case) -> None:
    """Any JSON Schema validator that reads our document accepts the body too."""
    assert PLAIN.is_valid(json.loads(case.path.read_bytes()))


@pytest.mark.parametrize("case", [case for case in cases("invalid") if RULES[case.rule].by == "schema"], ids=str)
def test_invalid_body_fails_a_strangers_validator(case: Case) -> None:
    """Any JSON Schema validator that reads our document refuses the body too, whole numbers with a point aside."""
    assert PLAIN.is_valid(json.loads(case.path.read_bytes())) == (str(case) in INTEGERS_TO_A_STRANGER)


@pytest.mark.parametrize("case", EVERY_CASE, ids=str)
def test_fixture_is_named_after_a_rule_and_small(case: Case) -> None:
    """A fixture's name begins with a rule that can have fixtures, and its body has at most 15 KB."""
    assert case.rule in ABOUT_THE_BODY or (case.rule in ADVICE and case.path.parent.name == "valid")
    assert case.name
    assert case.path.suffix == ".json"
    assert case.path.stat().st_size <= 15_000


def test_only_bodies_and_their_description_lie_in_the_folder() -> None:
    """Nothing lies beside the two folders that no test would look at."""
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", "valid", "invalid"}


def test_rules_tested_elsewhere_exist() -> None:
    """A rule that was renamed does not stay in the list of those that need no fixture."""
    assert set(RULES) >= ELSEWHERE
