"""The golden exchanges as data: their form, their evidence, and that each is whole in itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from mock_server import resources
from mock_server.settings import Settings
from tests.wire.comparing import as_text
from tests.wire.goldens import FOLDER, SCHEMA, Golden, at, filled, goldens, names_in

VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
# The kinds of evidence, with words of which the source of such a golden has one.
SOURCES = {
    "observed": "report|issue|pull request|survey|published",
    "documented": "page|documentation",
    "assumed": "no record",
}
AT_LEAST = 30
# What asks the mock for an outcome: a key or a prompt of its own, a rule. Advancing a clock is no such thing.
ASKING = re.compile(r"Bearer mock-|\"mock:|/__mock/rules|/__mock/scenario|__code=|Prefer")
ALWAYS_KNOWN = {"key", "mock", "receiver"}


def _behaviours() -> dict[str, Any]:
    document = yaml.safe_load((resources.folder("openapi") / "behaviours.yaml").read_text("utf-8"))
    return {name: behaviour for group in document["groups"].values() for name, behaviour in group.items()}


BEHAVIOURS = _behaviours()


def _invalid(golden: Golden) -> list[str]:
    """It is not valid by the schema, or not named as its file."""
    return [error.message for error in VALIDATOR.iter_errors(golden.data)] + _unless(golden.data["name"] == golden.name)


def _without_source(golden: Golden) -> list[str]:
    """Its kind is none of the three, or its source is none of that kind."""
    evidence = golden.data["evidence"]
    return _unless(re.search(SOURCES[evidence["kind"]], evidence["source"]))


def _shows_nothing(golden: Golden) -> list[str]:
    """It names a behaviour that openapi/behaviours.yaml does not have."""
    return [name for name in golden.data.get("shows", ()) if name not in BEHAVIOURS]


def _pattern_misses(golden: Golden) -> list[str]:
    """A pattern is not about a value of the body, or does not match the sample there."""
    body = golden.expected.get("body")
    patterns: dict[str, str] = golden.expected.get("patterns", {})
    return [pointer for pointer, each in patterns.items() if not re.fullmatch(each, as_text(at(body, pointer)))]


def _unportable_pattern(golden: Golden) -> list[str]:
    """A pattern has a group of a special kind or a class by name, which not every language has or reads alike."""
    patterns = [*golden.expected.get("patterns", {}).values(), *golden.expected.get("header_patterns", {}).values()]
    return [pattern for pattern in patterns if re.search(r"\(\?|\\[a-zA-Z0-9]", pattern)]


def _same_without_pattern(golden: Golden) -> list[str]:
    """A value that has to be one from before has no pattern, so that its sample would be taken for a literal."""
    return [pointer for pointer in golden.expected.get("same", {}) if pointer not in golden.expected["patterns"]]


def _nameless(golden: Golden) -> list[str]:
    """A step names what no earlier one kept, or a value is kept that nothing names."""
    found: list[str] = []
    known, used = set(ALWAYS_KNOWN), set(golden.expected.get("same", {}).values())
    for step in golden.data["before"]:
        used |= names_in(step["request"])
        found += names_in(step["request"]) - known
        known |= set(step.get("keep", {}))
    used |= names_in([golden.data.get(name) for name in ("request", "reply")])
    known |= set(golden.expected.get("keep", {}))
    return [*found, *(used - known), *(known - used - ALWAYS_KNOWN), *names_in(golden.expected)]


def _wrongly_labelled(golden: Golden) -> list[str]:
    """The mock is asked for the outcome and nothing says so, or the other way round."""
    asked = ASKING.search(json.dumps([golden.data["before"], golden.data.get("request")]))
    return _unless(bool(asked) == ("staged" in golden.data))


def _hollow_without_a_word(golden: Golden) -> list[str]:
    """A rule of its own gives what the golden compares, so that this cannot fail, and nothing says so; or the other way round."""
    given = any("/__mock/rules" in step["request"]["path"] for step in golden.data["before"])
    return _unless(given == ("cannot fail" in golden.data.get("staged", "")))


def _unknown_flag(golden: Golden) -> list[str]:
    """A setting is no flag of the mock, or its value none that the flag takes."""
    settings = {flag.replace("-", "_"): str(value).lower() for flag, value in golden.data["settings"].items()}
    parsed = Settings.from_environment({}, settings)
    return [name for name in settings if not hasattr(parsed, name)]


def _unless(holds: object) -> list[str]:
    return [] if holds else ["it does not hold"]


@pytest.mark.parametrize(
    "fault",
    [_invalid, _without_source, _shows_nothing, _pattern_misses, _unportable_pattern, _same_without_pattern, _nameless,
     _wrongly_labelled, _hollow_without_a_word, _unknown_flag],
)  # fmt: skip
def test_no_golden_has_this_fault(fault: Callable[[Golden], list[str]]) -> None:
    """Every golden exchange is in order: valid, with its evidence, and whole in itself."""
    assert {golden.name: found for golden in goldens() if (found := fault(golden))} == {}


def _changed(**members: Any) -> Golden:
    base = next(golden for golden in goldens() if golden.name == "query-success-768P")
    return Golden(base.name, base.data | members)


ANSWER = {"status": 200, "body": {"task_id": "1"}, "patterns": {"/task_id": "^[0-9]{15}$"}}


@pytest.mark.parametrize(
    ("fault", "golden"),
    [
        (_invalid, _changed(name="another")),
        (_invalid, _changed(evidence={"kind": "rumoured", "source": "somebody"})),
        (_invalid, _changed(answer={"status": 200, "body": {}, "text": ""})),
        (_invalid, _changed(answer={"status": 200, "same": {"/a": "b"}})),
        (_invalid, _changed(callback={"number": 1, "body": {}})),
        (_without_source, _changed(evidence={"kind": "observed", "source": "somebody"})),
        (_shows_nothing, _changed(shows=["no-such-behaviour"])),
        (_pattern_misses, _changed(answer=ANSWER)),
        (_unportable_pattern, _changed(answer=ANSWER | {"patterns": {"/task_id": "^\\d+$"}})),
        (_unportable_pattern, _changed(answer={"status": 200, "header_patterns": {"Trace-Id": "^(?=a).+$"}})),
        (_same_without_pattern, _changed(answer=ANSWER | {"same": {"/status": "task_id"}})),
        (_nameless, _changed(before=[])),
        (_nameless, _changed(answer=ANSWER | {"body": {"task_id": "${task_id}"}})),
        (_wrongly_labelled, _changed(staged="No reason.")),
        (_wrongly_labelled, _changed(request={"method": "GET", "path": "/v1/x?__code=1002", "headers": {}})),
        (_hollow_without_a_word, _changed(staged="Its value cannot fail.")),
        (_hollow_without_a_word, _changed(before=[{"request": {"path": "/__mock/rules"}}], staged="A rule gives it.")),
        (_unknown_flag, _changed(settings={"no-such-flag": True})),
    ],
)
def test_fault_is_found(fault: Callable[[Golden], list[str]], golden: Golden) -> None:
    """Each check finds what it looks for."""
    assert fault(golden)


def test_there_are_enough() -> None:
    """The folder holds at least thirty observed or documented exchanges, and nothing but them and their description."""
    assert sum(golden.data["evidence"]["kind"] != "assumed" for golden in goldens()) >= AT_LEAST
    assert {path.name for path in FOLDER.iterdir() if path.suffix != ".json"} == {"README.md"}


def test_no_two_are_alike() -> None:
    """No exchange is there twice under two names."""
    said = [
        json.dumps([each.data["settings"], each.data["before"], each.data.get("request"), each.expected])
        for each in goldens()
    ]
    assert len(set(said)) == len(said)


def test_a_name_alone_keeps_the_type_of_its_value() -> None:
    """A text that is nothing but a name becomes the kept value itself; within a text it becomes text."""
    assert filled({"a": "${n}", "b": ["x${n}"]}, {"n": 5}) == {"a": 5, "b": ["x5"]}
