"""The cases about requests, keys and codes: all there, all of one form, and none that a trivial client passes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract_tests.catalogue import CatalogueError
from contract_tests.client.case import CATALOGUE, ClientCase, client_cases, read_cases
from contract_tests.client.observation import Mark
from contract_tests.client.vocabulary import known, look
from contract_tests.outcome import Checked, Level, Outcome, judge
from contract_tests.plugs.documents import KINDS, Invocation
from mock_server import resources
from tests.kit.client.observed import observation

_CASES = [case for case in client_cases() if case.section in ("CL-REQ", "CL-AUTH", "CL-ERR")]
_JUDGED = [case for case in _CASES if case.level is not Level.INFO]
_NUMBERS = {
    "CL-REQ": range(1, 32),
    "CL-AUTH": range(1, 13),
    "CL-ERR": [*range(20), *range(101, 111)],
}
_SHOULD = {
    "CL-REQ": (9, 10, 12, 13, 19, 20, 21, 24, 27, 29, 30),
    "CL-AUTH": (4, 11),
    "CL-ERR": (3, 8, 9, 10, 11, 12, 13, 101, 102, 104, 106, 107, 108, 109),
}
_INFO = {"CL-REQ": (25, 28), "CL-AUTH": (), "CL-ERR": (105, 110)}


def test_every_row_is_there_at_its_level() -> None:
    """31, 12 and 30 cases, each as binding as the contract makes it."""
    levels = {case.id: case.level for case in _CASES}
    wanted = {
        f"{section}-{number:03d}": (
            Level.INFO if number in _INFO[section] else Level.SHOULD if number in _SHOULD[section] else Level.MUST
        )
        for section, numbers in _NUMBERS.items()
        for number in numbers
    }
    assert levels == wanted
    assert len(_CASES) == 31 + 12 + 30


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_a_case_is_whole(case: ClientCase) -> None:
    """Words that exist, also inside of others; a level of its own check; sentences for people."""
    for word in _words({check.word: check.argument} for check in case.checks):
        assert word in known(), f"{case.id}: {word}"
    assert any(check.level is case.level for check in case.checks)
    assert case.level is not Level.INFO or all(check.word == "record" for check in case.checks)
    assert case.why.endswith(".") and len(case.why) > 60
    assert not case.server.endswith(".") and case.server[0].islower()
    assert not case.obligation.endswith(".") and case.obligation[0].islower()


def _words(mappings: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Every word, and those inside of the words that take words."""
    for mapping in mappings:
        for word, argument in mapping.items():
            yield word
            if word == "any_of":
                yield from _words(argument)
            elif word == "of_call":
                yield from _words([argument["words"]])
            elif word in ("each_call", "later_calls", "if_succeeds", "if_fails"):
                yield from _words([argument])


def test_the_rules_are_rules_of_the_mock() -> None:
    """Each is allowed by the schema of scenarios, so no stage fails to be set."""
    schema = json.loads((resources.folder("openapi") / "scenario.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator({"$ref": "#/$defs/Rule", "$defs": schema["$defs"]})
    for case in _CASES:
        for rule in case.every_rule:
            found = [f"{case.id}: {error.json_path}: {error.message}" for error in validator.iter_errors(rule)]
            assert not found


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_keys_of_the_catalogue_are_texts(case: ClientCase) -> None:
    """YAML reads some words, such as on and no, as truth values; none slipped through."""
    assert json.loads(json.dumps(case.data)) == case.data


def _silent(case: ClientCase, **said: Any) -> Any:
    """What is seen of a client that sends nothing and says this of every call."""
    calls = [{"op": "generate", "poll_ms": 100, "input": dict(call.get("input", {}))} for call in case.calls]
    invocations = [Invocation(call=call, watched=True, **said) for call in calls]
    return observation(*invocations, marks=[Mark(float(number), 0) for number in range(len(calls))])


def _claims() -> Iterator[Mapping[str, Any]]:
    yield {"outcome": "success", "level": 0, "exit_code": 0}
    yield {"outcome": "success", "level": 1, "result": {"outcome": "success", "task_id": "1", "sha256": "0" * 64}}
    yield {"outcome": "error", "level": 0, "exit_code": 1}
    for kind in KINDS:
        for flag in (True, False):
            error = {"kind": kind, "code": None, "message": "no", "retryable": flag, "ambiguous": flag}
            yield {"outcome": "error", "level": 1, "result": {"outcome": "error", "error": error}}


@pytest.mark.parametrize("case", _JUDGED, ids=lambda case: case.id)
def test_no_case_passes_for_a_client_that_sends_nothing(case: ClientCase) -> None:
    """Whatever it says: success, every kind of error, or an exit code alone."""
    for said in _claims():
        seen = _silent(case, **said)
        checks = [Checked(each.id, each.level, look(seen, each.word, each.argument)) for each in case.checks]
        verdict = judge(case.level, checks)
        assert verdict.outcome in (Outcome.FAIL, Outcome.NON_STRICT), (said, verdict)


def test_a_wrong_case_is_named_with_its_place(tmp_path: Path) -> None:
    """File, case and member stand in the error."""
    path = tmp_path / "odd.yaml"
    text = (CATALOGUE / "authentication.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("level: must", "level: maybe", 1), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"odd\.yaml: CL-AUTH-001: \$\.level: 'maybe'"):
        list(read_cases(path))
