"""Behaviours: read strictly, each with settings that exist, and whatever was observed is shown by a golden or a test."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from mock_server import resources
from mock_server.contract.behaviours import Behaviour, read_behaviours
from mock_server.contract.codes import read_status_codes
from mock_server.contract.contract import NEEDED_CODES
from mock_server.contract.rules import read_rules
from mock_server.contract.setting_names import FLAGS
from mock_server.errors import ContractError
from tests.documents import ROOT

FOLDER = resources.folder("openapi")
SCENARIOS = resources.folder("fixtures") / "scenarios"
WIRE = resources.folder("fixtures") / "wire"
# What one exchange cannot show, as it takes two, time, money or a look at the video; each with the test that holds it.
TESTS = {
    "trace-id-prefix": "tests/over_http/test_bodies.py::test_every_answer_carries_the_observed_headers",
    "fresh-link-each-time": "tests/over_http/test_download.py::test_expired_link_is_403_and_a_new_one_works",
    "delivered-length": "tests/world/test_video.py::test_video_is_what_the_answers_say",
    "ids-hold-time": "tests/world/test_ids.py::test_identifiers_are_a_clock",
    "challenge-within-3-seconds": "tests/callbacks/test_challenge.py::test_everything_else_is_2013_with_its_reason",
    "charged-on-success-only": "tests/world/test_account.py::test_failed_task_gives_its_money_back_when_it_ends",
}
ROW = "      title: t\n      evidence: observed\n      source: s\n"


@pytest.fixture(scope="module")
def behaviours() -> dict[str, Behaviour]:
    """Every behaviour by its identifier."""
    return {each.id: each for each in read_behaviours(FOLDER / "behaviours.yaml")}


def goldens() -> dict[str, list[str]]:
    """What each golden exchange says that it shows."""
    exchanges = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(WIRE.glob("*.json"))}
    return {name: exchange.get("shows", []) for name, exchange in exchanges.items()}


def test_whatever_is_known_of_the_service_is_shown(behaviours: dict[str, Behaviour]) -> None:
    """By a golden exchange that names it, or by a test above."""
    shown = {name for names in goldens().values() for name in names}
    assert {name for name, each in behaviours.items() if each.evidence != "assumed"} - shown == set(TESTS)


@pytest.mark.parametrize("test", TESTS.values())
def test_the_tests_that_stand_in_for_goldens_exist(test: str) -> None:
    """Each is a function of the file that it names."""
    path, _, name = test.partition("::")
    assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_scenarios_that_give_another_form_exist(behaviours: dict[str, Behaviour]) -> None:
    """Those that a source names, of which there are some."""
    named = {name for each in behaviours.values() for name in re.findall("scenario ([a-z-]+)", each.source)}
    assert {"backup-url-only", "link-without-scheme", "push-capitalised"} <= named
    assert {name for name in named if not (SCENARIOS / f"{name}.yaml").is_file()} == set()


def test_operations_are_those_of_rules(behaviours: dict[str, Behaviour]) -> None:
    """A behaviour is about calls by the names that rules match."""
    schema = json.loads((FOLDER / "scenario.schema.json").read_text(encoding="utf-8"))
    known = set(schema["$defs"]["Operation"]["enum"])
    assert {name for each in behaviours.values() for name in each.operations} <= known


def test_forms_are_told_where_documentation_and_observation_differ(behaviours: dict[str, Behaviour]) -> None:
    """Each setting that chooses between the two forms changes a behaviour that says what each of them is."""
    forms = {flag for flag in FLAGS if flag.endswith("-form")}
    told = {flag for each in behaviours.values() if each.differs for flag in each.settings}
    assert forms <= told


def test_real_causes_are_those_of_the_mock() -> None:
    """The codes with a cause are the ones that the mock answers by itself, and a flag in a cause is its setting."""
    codes = read_status_codes(FOLDER / "status_codes.yaml")
    assert {number for number, code in codes.items() if code.real_cause} == NEEDED_CODES
    assert {code.setting for code in codes.values()} - {None} <= FLAGS
    assert all("--" not in code.cause for code in codes.values())
    assert codes[1002].real_cause == "more creates than --rpm"


def test_settings_that_switch_a_rule_on_stand_beside_it() -> None:
    """What makes the mock refuse, and is named in a hint, is the setting of its rule."""
    rules = read_rules(FOLDER / "rules.yaml")
    named = {rule.id: {flag for flag in FLAGS if f"{flag} " in f"{rule.hint} "} for rule in rules.values()}
    assert {name: flags - set(rules[name].settings) for name, flags in named.items() if flags} == {
        name: set() for name, flags in named.items() if flags
    }
    assert rules["rpm"].settings == ("--rpm",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "a mapping under 'groups'"),
        ("groups:\n  G: [a]\n", "expected a mapping (at /groups/G)"),
        ("groups:\n  G:\n    a: text\n", "expected a mapping (at /groups/G/a)"),
        ("groups:\n  G:\n    a:\n      title: t\n", "missing keys ['evidence', 'source'] in a behaviour"),
        (f"groups:\n  G:\n    a:\n{ROW}      colour: blue\n", "unknown keys ['colour']"),
        (f"groups:\n  G:\n    a:\n{ROW.replace('observed', 'rumoured')}", "evidence is one of"),
        (f"groups:\n  G:\n    a:\n{ROW}      setting: --colour\n", "the setting '--colour' does not exist"),
        (f"groups:\n  G:\n    a:\n{ROW}      setting: [--rpm, 1]\n", "the setting 1 does not exist"),
        (f"groups:\n  G:\n    a:\n{ROW}      modes: [text]\n", "modes are among"),
        (f"groups:\n  G:\n    a:\n{ROW}      operations: create\n", "operations is a list of names"),
        (f"groups:\n  G:\n    a:\n{ROW}      differs: {{observed: x}}\n", "`differs` says what is documented"),
        (f"groups:\n  G:\n    a:\n{ROW.replace('title: t', 'title: 0')}", "is text"),
        (f"groups:\n  G:\n    a:\n{ROW}  H:\n    a:\n{ROW}", "'a' stands in 'G' too"),
    ],
)
def test_broken_behaviour_names_file_and_place(tmp_path: Path, text: str, words: str) -> None:
    """What is missing, unknown or said twice is an error in one line."""
    path = tmp_path / "behaviours.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        read_behaviours(path)
    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_row_of_the_broken_behaviours_is_right_in_itself(tmp_path: Path) -> None:
    """The row that the test above breaks is read as it is."""
    path = tmp_path / "behaviours.yaml"
    path.write_text(f"groups:\n  G:\n    a:\n{ROW}      setting: --rpm\n", encoding="utf-8")
    (read,) = read_behaviours(path)
    assert (read.id, read.group, read.settings, read.differs) == ("a", "G", ("--rpm",), {})


def test_sentences_are_sentences(behaviours: dict[str, Behaviour]) -> None:
    """A title ends with a full stop, and no two behaviours say the same."""
    assert all(each.title.endswith(".") for each in behaviours.values())
    assert [title for title, count in Counter(each.title for each in behaviours.values()).items() if count > 1] == []
