"""The README tells the truth: its session runs, its table is the program's own, its Python works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import av
import pytest

from mock_server import MockServer, Settings
from mock_server.contract.contract import load_contract
from tests.delivered import frames_for
from tests.documents import ROOT, broken_links

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The code blocks of that language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_curl_session_makes_a_video(tmp_path: Path) -> None:
    """The session as it stands, with another port, ends with an .mp4 that plays."""
    with MockServer(Settings(port=0, task_seconds=0.5)) as mock:
        (session,) = blocks("sh")
        assert "http://127.0.0.1:8026" in session
        script = "set -eu\n" + session.replace("http://127.0.0.1:8026", mock.url)
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    assert '"operation":"create"' in done.stdout
    with av.open(str(tmp_path / "video.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (910, 512, frames_for(6))


def test_python_example_runs(tmp_path: Path) -> None:
    """It prints an address."""
    _, example = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:")


def test_pytest_example_passes(tmp_path: Path) -> None:
    """With nothing but the plugin."""
    example, _ = blocks("python")
    (tmp_path / "test_it.py").write_text(example)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:hypothesispytest", "test_it.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert "1 passed" in done.stdout, done.stdout


def test_readme_is_not_too_long() -> None:
    """What is more has a page in docs/."""
    assert len(README.splitlines()) < 230


def test_settings_table_is_the_programs_own() -> None:
    """`minimax-mock settings --markdown` makes the table."""
    done = subprocess.run(
        [sys.executable, "-m", "mock_server", "settings", "--markdown"], capture_output=True, text=True, check=True
    )
    assert done.stdout in (ROOT / "docs" / "settings.md").read_text()


@pytest.mark.parametrize(
    "document", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md", "openapi/SOURCE.md"]
)
def test_links_lead_somewhere(document: str) -> None:
    """Every relative link of a document names a file of the repository, and a heading that it has."""
    assert broken_links(ROOT / document) == []


def test_architecture_is_short() -> None:
    """It is under 80 lines, so that it is read."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert len(text.splitlines()) < 80


def test_table_of_models_is_the_contracts_own() -> None:
    """What the README says create accepts is what the schema accepts, no more and no less."""
    table = README.partition("What create accepts:")[2].partition("\n\nEvery key")[0]
    header, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.strip().splitlines()[2:]]
    told = {
        (model, resolution, int(duration))
        for models, *cells in rows
        for model in models.split(", ")
        for resolution, cell in zip(header[1:], cells, strict=True)
        for duration in re.findall(r"\d+", cell)
    }
    matrix = load_contract().matrix
    assert told == {(each.model, each.resolution, each.duration) for each in matrix.combinations}
    for models, *cells in rows:
        (default,) = [name for name, cell in zip(header[1:], cells, strict=True) if "default" in cell]
        assert {matrix.complete({"model": model})["resolution"] for model in models.split(", ")} == {default}
