"""`minimax-mock contract` as a user calls it."""

from __future__ import annotations

import json
import subprocess

import pytest

from mock_server.contract.contract import load_contract
from mock_server.contract.overview import overview
from mock_server.settings import MODES
from tests.command_line.test_serve import COMMAND, environment, run


def test_contract_as_data_is_the_value() -> None:
    """--format json prints what every other form is made of; --mode and --evidence take a part of it."""
    done = run("contract", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == overview(load_contract(), MODES)
    part = run("contract", "--format", "json", "--evidence", "observed", "--mode", "text-to-video")
    assert json.loads(part.stdout) == overview(load_contract(), ["text-to-video"], "observed")


def test_contract_is_text_by_itself() -> None:
    """One line for each part, which grep finds by evidence and by name."""
    lines = run("contract").stdout.splitlines()
    assert lines[0] == "calls"
    (line,) = [line for line in lines if "in-progress-keys-empty" in line]
    assert line.startswith("  observed ")
    assert line.endswith("[--query-form]")


@pytest.mark.parametrize("evidence", ["documented", "observed", "assumed"])
def test_a_part_of_the_contract_has_no_empty_sections(evidence: str) -> None:
    """What is left out takes its heading along."""
    lines = run("contract", "--evidence", evidence).stdout.splitlines()
    headings = [number for number, line in enumerate(lines) if line and not line.startswith(" ")]
    assert headings
    assert all(lines[number + 1].startswith("  ") for number in headings)


def test_contract_into_head_is_quiet() -> None:
    """A reader that closes early gets what it wanted, without a complaint."""
    command = [*COMMAND, "contract", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"{\n"
        process.stdout.close()
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "html"], "'html'"),
        (["--evidence", "rumoured"], "'rumoured'"),
        (["--mode", "voice"], "'voice'"),
        (["--evid=observed"], "unrecognized arguments"),
        (["nonsense"], "'nonsense'"),
    ],
)
def test_wrong_arguments_are_one_line(arguments: list[str], words: str) -> None:
    """It names what is wrong and where help is, with exit code 2."""
    done = run("contract", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("minimax-mock: ")
    assert words in done.stderr
    assert "(see minimax-mock contract --help)" in done.stderr
