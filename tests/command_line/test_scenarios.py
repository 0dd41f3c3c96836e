"""`minimax-mock scenarios` as a user calls it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mock_server.resources import folder
from tests.command_line.test_serve import COMMAND, environment, run, serving

FOLDER = folder("fixtures") / "scenarios"
NAMES = sorted(path.stem for path in FOLDER.iterdir())
MINE = """\
title: Mine is in force
why: because I say so
client: does what it should
rules:
  - match: {operation: [query, create], model: MiniMax-Hailuo-02, prompt: 'a (cat|dog)', account: sk-very-secret}
    then: {code: 1041, delay: [0.1, 0.2]}
    times: 2
    after: 1
    probability: 0.125
  - then: {http: {status: 503, headers: {Retry-After: '3'}, body: busy}, processed: true}
  - match: {operation: push, task: '176843862716480'}
    then: {repeat: 2, retries: 0, reorder: true, as_text: [/base_resp/status_code]}
  - match: {operation: challenge, call: 3}
    then: {skip: true}
  - then: {video: {bytes: 12}}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A scenario of the user's."""
    path = tmp_path / "mine.yaml"
    path.write_text(MINE, encoding="utf-8")
    return path


def test_the_catalogue_is_readable() -> None:
    """Each has name, title, reason, advice and rules, in lines that fit a screen, in the order of the names."""
    done = run("scenarios")
    assert (done.returncode, done.stderr) == (0, "")
    blocks = done.stdout.split("\n\n")
    assert [block.split()[0] for block in blocks[:-1]] == NAMES
    assert "\n\nflaky (for a whole run)\n" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 120
    shown = next(block for block in blocks if block.startswith("rate-limited-twice\n"))
    lines = shown.splitlines()
    assert lines[1] == "  Create is refused twice for its rate, then accepted"
    assert lines[2].startswith("  why     The limit of creates a minute is low")
    assert lines[-1] == "  rule    create, 2 times: code 1002"
    for block in blocks[:-1]:
        for label in ("\n  why     ", "\n  client  ", "\n  rule    "):
            assert label in block
    assert "--scenario NAME" in blocks[-1]


def test_rules_are_told_in_short(mine: Path) -> None:
    """Where, when, how often, and what happens; a key is not shown."""
    shown = run("scenarios", "--scenario-file", str(mine)).stdout.split("\n\n")[-2]
    assert shown.startswith("mine\n  Mine is in force\n")
    assert "secret" not in shown
    rules = " ".join(shown.split("  rule    ", 1)[1].split()).split(" rule ")
    assert rules == [
        'create, query (model MiniMax-Hailuo-02, prompt "a (cat|dog)", one account), from call 2 on, 2 times, 12.5 %: '
        "code 1041, 0.1 to 0.2 s later",
        "every call: HTTP 503 with busy, Retry-After: 3, which takes effect",
        "push (task 176843862716480): sent 2 times, 0 retries, after the next one, as a text: /base_resp/status_code",
        "challenge (call 3): not sent",
        "download, retrieve_content: video (bytes 12)",
    ]


@pytest.mark.parametrize("name", ["push-retried", "chinese-status-message", "challenge-odd-text"])
def test_one_scenario_is_its_file(name: str) -> None:
    """Byte for byte, so that it can be saved, changed and used, whatever the terminal takes."""
    variables = environment(PYTHONIOENCODING="ascii")
    done = subprocess.run([*COMMAND, "scenarios", name], capture_output=True, timeout=60, env=variables, check=True)
    assert done.stdout == (FOLDER / f"{name}.yaml").read_bytes()


def test_a_scenario_that_was_printed_can_be_served(tmp_path: Path) -> None:
    """The printed file under another name is a scenario of one's own."""
    path = tmp_path / "my-own.yaml"
    path.write_text(run("scenarios", "balance-empty").stdout, encoding="utf-8")
    with serving("--scenario-file", str(path), "--scenario", "my-own") as (_, ready):
        assert ready["event"] == "ready"


def test_json(mine: Path) -> None:
    """A list of all, or the one that was named."""
    listed = json.loads(run("scenarios", "--json", "--scenario-file", str(mine)).stdout)
    assert [each["name"] for each in listed] == [*NAMES, "mine"]
    one = json.loads(run("scenarios", "mine", "--json", "--scenario-file", str(mine)).stdout)
    assert one == listed[-1]
    assert sorted(one) == ["chaos", "client", "name", "rules", "title", "why"]


def test_the_schema_is_one_that_editors_take() -> None:
    """It is valid JSON Schema, and takes the files of the mock."""
    done = run("scenarios", "--schema")
    schema = json.loads(done.stdout)
    assert done.stdout == (folder("openapi") / "scenario.schema.json").read_text(encoding="utf-8")
    Draft202012Validator.check_schema(schema)
    for each in json.loads(run("scenarios", "--json").stdout):
        del each["name"]
        Draft202012Validator(schema).validate(each)


def test_the_variable_names_files_too(mine: Path) -> None:
    """As with `serve`: the variable is heard, and the flag is heard more."""
    variables = {"MINIMAX_MOCK_SCENARIO_FILE": str(mine)}
    assert "\n\nmine\n" in run("scenarios", **variables).stdout
    assert "\n\nmine\n" not in run("scenarios", "--scenario-file", "off", **variables).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rate-limitd-twice"], "there is no scenario 'rate-limitd-twice'; did you mean 'rate-limited-twice'?"),
        (["--scenario-file", "none.yaml"], "none.yaml: No such file or directory"),
        (["--scenario-file", "none.txt", "flaky"], "none.txt: a scenario file ends in .yaml or .yml"),
        (["--scenario-file", "a,,b"], "--scenario-file: 'a,,b' is not a list of words"),
        (["--scenario-file", "{wrong}"], "{wrong}:4: /rules/0/then/code: '1' is of type string; allowed: integer"),
        (["--json", "--schema"], "--schema"),
        (["--schema", "flaky"], "--schema: there is one schema for all scenarios, so 'flaky' is too much"),
        (["--jsn"], "--jsn (see minimax-mock scenarios --help)"),
        (["flaky", "slow"], "slow"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    """The line names what is wrong; no usage text, no traceback, nothing else."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("title: t\nwhy: w\nclient: c\nrules: [then: {code: '1'}]\n")
    done = run("scenarios", *(each.replace("{wrong}", str(wrong)) for each in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("minimax-mock: ")
    assert words.replace("{wrong}", str(wrong)) in done.stderr
    assert done.stderr.count("\n") == 1


def test_output_into_a_closed_pipe_is_no_traceback() -> None:
    """`minimax-mock scenarios | head -1` ends quietly."""
    command = f"'{COMMAND[0]}' -m mock_server scenarios | head -1"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, timeout=60, env=environment(), check=False
    )
    assert (done.stdout, done.stderr) == ("array-for-an-answer\n", "")


@pytest.mark.parametrize("flag", ["--scenario", "--scenario-file"])
def test_serve_says_in_one_line_what_is_wrong(flag: str) -> None:
    """A name or file that there is not stops the start."""
    done = run("serve", "--port", "0", flag, "none.yaml")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("minimax-mock: ")
    assert "none.yaml" in done.stderr
