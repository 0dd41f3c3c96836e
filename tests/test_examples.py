"""The examples work as they stand, copied out of the repository as a stranger would."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest
import yaml

from mock_server.cli import exec as execute
from mock_server.cli import serve
from mock_server.contract.contract import load_contract
from mock_server.serving.exposure import refuse_exposed_control
from mock_server.settings import Settings
from mock_server.world.scenario import Catalogue
from tests.documents import ROOT

EXAMPLES = ROOT / "examples"
MOCK = [sys.executable, "-m", "mock_server"]
PYTEST = [
    sys.executable,
    "-m",
    "pytest",
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:schemathesis",
    "-p",
    "no:hypothesispytest",
]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with the examples alone."""
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    """Runs a command in a folder; gives its output. Fails with all it said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MINIMAX_", "PYTEST_"))}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, env=kept | {"PYTHONPATH": str(ROOT)},
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.fail(f"{shlex.join(command)} ends with {done.returncode}\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


@pytest.mark.parametrize("name", ["pytest_requests", "pytest_httpx"])
def test_python(name: str, copied: Path) -> None:
    """A synchronous client and an asynchronous one."""
    assert re.search(r"^\d+ passed in", run([*PYTEST, f"examples/{name}"], copied), re.M)


def test_two_hundred(copied: Path) -> None:
    """In parallel, in an order that nobody chose, none of them sleeping."""
    output = run([*PYTEST, "-n", "2", "--random-order", "examples/two_hundred"], copied)
    assert re.search(r"^200 passed in", output, re.M)
    assert "sleep(" not in (EXAMPLES / "two_hundred" / "test_two_hundred.py").read_text()


def test_node(copied: Path) -> None:
    """Node's own test runner, with the command that the file names."""
    source = (EXAMPLES / "node" / "client.test.mjs").read_text()
    (command,) = re.findall(r"//     minimax-mock (exec .+)", source)
    output = run(["sh", "-c", f"{shlex.join(MOCK)} {command}"], copied)
    assert re.search(r"pass 4$", output, re.M), output
    assert re.search(r"skipped 0$", output, re.M), output


def test_shell(copied: Path) -> None:
    """A video that plays, with curl alone."""
    run([*MOCK, "exec", "--", "sh", "examples/shell/generate.sh"], copied)
    with av.open(str(copied / "video.mp4")) as container:
        assert container.streams.video[0].frames > 0


def test_docker_compose_starts_what_the_program_takes() -> None:
    """The flags are its own, suffice beyond loopback, and the name in the address is one that it answers to."""
    services = read("docker-compose.yml")["services"]
    command = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", services["mock"]["command"])
    settings = settings_of(command)
    refuse_exposed_control(settings)
    assert settings.host == "0.0.0.0"
    assert services["service"]["environment"]["MINIMAX_BASE_URL"] == f"http://mock:{settings.port}"
    assert settings.allowed_hosts == ("mock",)
    assert services["service"]["environment"]["CONTROL_TOKEN"] == f"${{CONTROL_TOKEN:-{settings.control_token}}}"
    for volume in services["service"]["volumes"]:
        assert (EXAMPLES / volume.partition(":")[0]).is_dir()
    assert (EXAMPLES / services["mock"]["build"]["context"] / "pyproject.toml").is_file()


def test_github_actions_runs_what_the_program_takes() -> None:
    """Each `exec` has flags of its own and a command behind them."""
    steps = read("github-actions.yml")["jobs"]["tests"]["steps"]
    commands = [step["run"] for step in steps if step.get("run", "").startswith("minimax-mock ")]
    assert len(commands) >= 2
    catalogue = Catalogue(load_contract())
    for command in commands:
        ours, theirs = execute.split(shlex.split(command)[1:])
        assert theirs
        settings = settings_of(shlex.join(["minimax-mock", *ours]))
        assert settings.scenario is None or catalogue.scenario(settings.scenario)


def read(name: str) -> Any:
    """An example in YAML."""
    return yaml.safe_load((EXAMPLES / name).read_text())


def settings_of(command: str) -> Settings:
    """The settings that the flags of a `serve` or `exec` make. Raises SettingsError."""
    program, name, *flags = shlex.split(command)
    assert (program, name) in {("minimax-mock", "serve"), ("minimax-mock", "exec")}
    parser = argparse.ArgumentParser(exit_on_error=False)
    serve.add_flags(parser, {})
    return Settings.from_environment({}, serve.flags(parser.parse_args(flags)))
