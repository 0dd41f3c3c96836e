"""Scenario files: those of the mock are whole, and one of the user's that is wrong is told in one line."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server.contract.contract import load_contract
from mock_server.contract.user_data import check
from mock_server.errors import ScenarioError
from mock_server.resources import folder
from mock_server.world.scenario import Catalogue

FILES = sorted((folder("fixtures") / "scenarios").iterdir(), key=lambda path: path.stem)
NAMES = [path.stem for path in FILES]
# Those that users and documents name.
PROMISED = """
rate-limited-twice rate-limited-for-ever quota-exhausted plan-lacks-model balance-empty sensitive-input-at-create
sensitive-output moderated-early code-with-task-id success-without-task-id null-base-resp no-base-resp unknown-code
chinese-status-message status-code-as-text http-500-with-code-0 retry-after-seconds retry-after-date
bad-gateway-while-polling reset-after-create truncated-create-answer query-connection-reset failed-spelling
lower-case-status unknown-status status-empty never-finishes success-without-file-id first-query-unknown-task
query-rate-limited file-id-as-text file-id-as-number backup-url-only expired-link empty-video html-instead-of-video
truncated-download huge-answer deep-json byte-order-mark slow-drip redirect-create challenge-skipped challenge-late
challenge-twice challenge-after-answer push-duplicated push-reordered push-dropped push-before-answer
push-contradicts-query push-capitalised push-numeric-ids push-extra-fields push-retried
"""
CHAOS = ["callback-hell", "flaky", "offline", "overloaded", "rate-limited", "slow"]
HEAD = "title: Mine\nwhy: because\nclient: does well\n"
GOOD = HEAD + "rules:\n  - then: {code: 1002}\n"


@cache
def catalogue() -> Catalogue:
    """The mock's own scenarios."""
    return Catalogue(load_contract())


def mistake(path: Path, content: str | bytes) -> str:
    """What is said of a file of the user's."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ScenarioError) as caught:
        Catalogue(load_contract(), [str(path)])
    return str(caught.value)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_each_file_passes_the_schema_and_loads(path: Path) -> None:
    """The schema takes it, every rule can be read, and the catalogue tells of it what the file says."""
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    check(load_contract().scenario_schema, data)
    scenario = catalogue().scenario(path.stem)
    assert len(scenario.active.rules) == len(data["rules"])
    assert {rule.scope for rule in scenario.active.rules} == {"server"}
    told = scenario.as_dict()
    assert (told["title"], told["chaos"]) == (data["title"], data.get("chaos", False))


@pytest.mark.parametrize("name", NAMES)
def test_each_says_why_it_is_there_and_what_to_do(name: str) -> None:
    """The title is short and no sentence; reason and advice are sentences of real length."""
    scenario = catalogue().scenario(name)
    assert 15 <= len(scenario.title) <= 90
    assert not scenario.title.endswith(".")
    for text, least in ((scenario.why, 100), (scenario.client, 40)):
        assert len(text) >= least
        assert re.fullmatch(r"[A-Z0-9].*[a-z0-9).]\n?", text, re.DOTALL)
    assert scenario.client.rstrip().endswith(".")


def test_names_are_words_with_hyphens_and_titles_differ() -> None:
    """Every file has a name that needs no quotes anywhere, and no two promise the same."""
    assert [path.name for path in FILES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.yaml", path.name)] == []
    titles = [scenario.title for scenario in catalogue().all()]
    assert len(set(titles)) == len(titles)


def test_the_catalogue_has_what_was_promised() -> None:
    """At least thirty scenarios, each promised one, and the profiles of chaos are exactly those."""
    assert catalogue().names == NAMES
    assert len(NAMES) >= 30
    assert set(PROMISED.split()) | set(CHAOS) <= set(NAMES)
    assert [scenario.name for scenario in catalogue().all() if scenario.chaos] == CHAOS


def test_every_link_is_a_public_one() -> None:
    """What is cited can be looked up by anybody, and addresses that a client might call lead nowhere."""
    for path in FILES:
        for host in re.findall(r"https?://([^/\s'}]+)", path.read_text(encoding="utf-8")):
            assert host == "github.com" or host.endswith(".invalid"), (path.name, host)


@pytest.mark.parametrize("ending", [".yaml", ".yml"])
def test_a_file_of_the_users_is_named_as_the_file(tmp_path: Path, ending: str) -> None:
    """Its name is that of the file without the ending, and it comes behind the mock's own."""
    path = tmp_path / f"my-case{ending}"
    path.write_text(GOOD)
    both = Catalogue(load_contract(), [str(path)])
    assert both.names == [*NAMES, "my-case"]
    assert (both.scenario("my-case").title, both.all()[-1].name) == ("Mine", "my-case")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (GOOD + "    time: 3\n", 6, "/rules/0/time: is no member that is known here; did you mean 'times'?; allowed: match, then, times, probability, after"),
        (GOOD + "rule: []\n", 6, "/rule: is no member that is known here; did you mean 'rules'?; allowed: title, why"),
        (HEAD + "rules:\n  - thn: {code: 1002}\n", 5, "/rules/0/then: is missing; it has 'thn' instead"),
        ("title: t\nwhy: w\nrules:\n  - then: {code: 1002}\n", 1, "/client: is missing; allowed: What a good client"),
        (HEAD + "rules:\n  - then:\n      code: '1002'\n", 6, "/rules/0/then/code: '1002' is of type string; allowed: integer"),
        (HEAD + "chaos: 1\nrules:\n  - then: {code: 1002}\n", 4, "/chaos: 1 is of type integer; allowed: boolean"),
        (GOOD + "    probability: 2\n", 6, "/rules/0/probability: 2 is out of range; allowed: more than 0 and at most 1"),
        (HEAD + "rules: []\n", 4, "/rules: has a length of 0; allowed: a length of at least 1 and at most 100"),
        (HEAD + "rules:\n  - match: {operation: query}\n    then:\n      video: {bytes: 3}\n", 7, "/rules/0/then/video: makes no sense for query; allowed: download, retrieve_content"),
        (HEAD + "rules:\n  - match: {operation: quer}\n    then: {code: 1002}\n", 5, "'quer' is not allowed; did you mean 'query'?; allowed: create, query, retrieve, download, retrieve_content, list, upload, delete, challenge, push"),
        (HEAD + "rules:\n  - then: {fault: resett}\n", 5, "did you mean 'reset'?; allowed: reset, close, truncate"),
        (HEAD + "rules:\n  - then: {code: 31337}\n", 5, "/rules/0/then/text: is missing; 31337 is no code of `minimax-mock codes`"),
        (HEAD + "rules:\n  - match: {prompt: '('}\n    then: {code: 1002}\n", 5, "/rules/0/match/prompt: '(' is no regular expression"),
        (HEAD + "rules:\n  - then: {delay: [2, 1]}\n", 5, "/rules/0/then/delay: 2 to 1 runs backwards; allowed: the smaller number first"),
        (HEAD + "rules:\n  - then: {video: {file: none.mp4}}\n", 5, "/rules/0/then/video/file: 'none.mp4' is no file"),
        (HEAD + "rules: [\n", 5, "did not find expected node content"),
        (HEAD + "rules:\n\t- then: 1\n", 5, "found character that cannot start any token"),
        (HEAD + "title: Again\nrules:\n  - then: {code: 1002}\n", 4, "the key 'title' stands twice"),
        (GOOD + "---\ntitle: Other\n", 6, "but found another document"),
        ("- title: Mine\n", 1, "the file holds a value of type array, no mapping; allowed: a mapping with title, why, client"),
        ("", 1, "the file is empty; allowed: a mapping with title, why, client and rules"),
        ("# nothing yet\n", 1, "the file is empty; allowed: a mapping with title, why, client and rules"),
        (b"title: ok\nwhy: \xff\xfe\n", 2, "the byte 0xff is not UTF-8; allowed: text in UTF-8"),
        ("title: 视频\nwhy: \x07\n", 2, "the character '\\x07' is not allowed; allowed: text in UTF-8"),
        (HEAD + "rules:\n  - then: {change: {/x: 2020-01-01}}\n", 5, "'2020-01-01' is nothing that JSON has; allowed: texts (a date stands in quotes)"),
        (HEAD + "rules:\n  - then: {http: {status: 200, body: 2020-13-01}}\n", 5, "'2020-13-01' cannot be read: month must be in 1..12"),
        (HEAD + "rules:\n  - then: {delay: .nan}\n", 5, "/rules/0/then/delay: 'nan' is nothing that JSON has"),
        (HEAD + "rules:\n  - then: {change: {/x: !!binary aGk=}}\n", 5, "is nothing that JSON has"),
        (HEAD + "rules:\n  - then: {http: {status: 200, headers: {1: x}}}\n", 5, "the key 1 is no text; allowed: a text; put it in quotes"),
        (HEAD + "rules:\n  - then: {change: {/x: &again [*again]}}\n", 5, "has more than 100 levels or 100000 values"),
        (GOOD + "    times: " + "9" * 5000 + "\n", 6, "cannot be read: Exceeds the limit"),
        (GOOD + '    "a\\nb": 3\n', 6, "/rules/0/a\\nb: is no member that is known here"),
        (HEAD + "rules:\n  - then: !!python/object:os.system x\n", 5, "could not determine a constructor"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_line_with_the_place(tmp_path: Path, content: str | bytes, line: int, words: str) -> None:
    """File, line, what is wrong and what is allowed, and nothing else."""
    path = tmp_path / "mine.yaml"
    told = mistake(path, content)
    assert len(told.splitlines()) == 1
    assert told.startswith(f"{path}:{line}: ")
    assert words in told


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    """A file called as one of the mock's own, or as another of the user's, is refused with both names."""
    assert re.search(r"/flaky\.yaml: there is a scenario 'flaky' already \(.*/scenarios/flaky\.yaml\)$", mistake(tmp_path / "flaky.yaml", GOOD))  # fmt: skip
    for name in ("mine.yaml", "mine.yml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(ScenarioError, match=r"mine\.yml: there is a scenario 'mine' already \(.*mine\.yaml\)$"):
        Catalogue(load_contract(), [str(tmp_path / "mine.yaml"), str(tmp_path / "mine.yml")])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.yaml", "none.yaml: No such file or directory"),
        ("none.json", "none.json: a scenario file ends in .yaml or .yml; its name is the rest"),
        ("none", "none: a scenario file ends in .yaml or .yml; its name is the rest"),
        (".yaml", ".yaml: a scenario file ends in .yaml or .yml; its name is the rest"),
        ("nu\0ll.yaml", "is no path that a file can have"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, name: str, words: str) -> None:
    """A missing file and a wrong ending are told with the file."""
    with pytest.raises(ScenarioError) as caught:
        Catalogue(load_contract(), [f"{tmp_path}/{name}"])
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder with the right ending is told as what it is."""
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(ScenarioError, match=r"folder\.yaml: Is a directory$"):
        Catalogue(load_contract(), [str(tmp_path / "folder.yaml")])


def test_a_name_that_there_is_not() -> None:
    """The nearest name is offered, and all of them are told."""
    with pytest.raises(ScenarioError, match="there is no scenario 'rate-limitd-twice'; did you mean 'rate-limited-twice'") as caught:  # fmt: skip
        catalogue().scenario("rate-limitd-twice")
    assert caught.value.allowed == NAMES


def test_a_video_lies_beside_its_scenario(tmp_path: Path) -> None:
    """The path of a video begins at the folder of the file."""
    (tmp_path / "mine.mp4").write_bytes(b"video")
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + "rules:\n  - then: {video: {file: mine.mp4}}\n")
    (rule,) = Catalogue(load_contract(), [str(path)]).scenario("mine").active.rules
    assert rule.then.video is not None
    assert rule.then.video.file == str(tmp_path / "mine.mp4")
