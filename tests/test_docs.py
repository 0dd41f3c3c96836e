"""The pages of docs/ tell the truth: every block of shell and Python runs, and its output is the one that is shown."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby, pairwise
from pathlib import Path

import pytest
import yaml

from mock_server import MockServer, Settings
from mock_server.cli import serve
from mock_server.contract.contract import load_contract
from mock_server.world.scenario import Catalogue
from tests.documents import ADDRESS, ROOT, Block, blocks_of, broken_links, is_as_shown

# Made by the program; it is looked things up in, and as long as the contract.
MADE = {"contract.md": ["contract", "--format", "markdown"]}
# Not kept short: tables that `make bench` writes.
MEASURED = {"benchmarks.md"}
PAGES = sorted((ROOT / "docs").glob("*.md"))
OUTPUTS = ("text", "json")
# Everything else would be text that nobody checks.
LANGUAGES = ("sh", "python", "yaml", "ini", *OUTPUTS)
# Variables and functions go on from one block to the next, as in the shell of a reader.
SESSION = "set -aeu\n[ ! -f .session ] || . ./.session\n{block}\n{{ export -p; declare -f; }} > .session\n"
PYTEST_OPTIONS = "-p no:cacheprovider -p no:schemathesis -p no:hypothesispytest -p no:random_order"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_blocks_run(path: Path, tmp_path: Path) -> None:
    """In the order of the page, in one empty folder, against mocks with the flags that the page names."""
    page = path.read_text()
    for flags, group in groupby(blocks_of(page), key=lambda block: block.flags):
        assert f"minimax-mock serve {flags}`" in page or not flags, f"a reader is not told of {flags}"
        blocks = list(group)
        with mock_with(flags) as mock:
            move_session(tmp_path, mock.url)
            for block, following in pairwise([*blocks, None]):
                assert block is not None
                if block.not_run is None and block.language not in OUTPUTS:
                    run(block, following, mock.url, tmp_path, path.name)


def run(block: Block, following: Block | None, url: str, folder: Path, page: str) -> None:
    """Runs one block. Where the next one shows an output, it has to be that one."""
    __tracebackhide__ = True
    here = f"{page}:{block.line}"
    assert block.language in LANGUAGES, f"{here}: {block.language!r} is not run and not marked so"
    text = block.text.replace(ADDRESS, url)
    if block.file_name is not None:
        (folder / block.file_name).write_text(text)
    if block.language in ("yaml", "ini"):
        load(text, folder / (block.file_name or "unnamed.yaml"))
        return
    done = subprocess.run(
        command_for(block, text, folder), cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env=environment(folder),
    )  # fmt: skip
    output = done.stdout.replace(url, ADDRESS)
    shown = following if following is not None and following.language in OUTPUTS else None
    failure_is_shown = shown is not None and is_test(block) and " failed" in shown.text
    if (done.returncode == 0) == failure_is_shown:
        pytest.fail(f"{here} ends with {done.returncode}\n{output}{done.stderr}", pytrace=False)
    if shown is not None and not is_as_shown(shown.text, output, json=shown.language == "json"):
        pytest.fail(f"{here} gives\n{output}", pytrace=False)


def move_session(folder: Path, url: str) -> None:
    """What the shell remembers of another mock is now true of this one."""
    session = folder / ".session"
    if session.exists():
        session.write_text(re.sub(r"http://127\.0\.0\.1:\d+", url, session.read_text()))


def is_test(block: Block) -> bool:
    """Whether a block of Python is for pytest."""
    return block.language == "python" and "def test_" in block.text


def command_for(block: Block, text: str, folder: Path) -> list[str]:
    """What runs a block."""
    if block.language == "sh":
        return ["bash", "-c", SESSION.format(block=text)]
    if is_test(block):
        name = block.file_name or f"test_line_{block.line}.py"
        (folder / name).write_text(text)
        return [sys.executable, "-m", "pytest", "-q", "--strict-markers", name]
    return [sys.executable, "-c", text]


def environment(folder: Path) -> dict[str, str]:
    """The environment of a reader who has installed the program, and nothing else of MiniMax."""
    programs = folder / ".bin"
    programs.mkdir(exist_ok=True)
    for name, module in (("minimax-mock", "mock_server"), ("pytest", "pytest")):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {module} "$@"\n')
        (programs / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MINIMAX_", "PYTEST_"))}
    return kept | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTEST_ADDOPTS": PYTEST_OPTIONS,
        "PYTHONPATH": str(ROOT), "COLUMNS": "120",
    }  # fmt: skip


@contextmanager
def mock_with(flags: str) -> Iterator[MockServer]:
    """A mock with flags of `serve`, on a free port."""
    parser = argparse.ArgumentParser()
    serve.add_flags(parser, {})
    chosen = serve.flags(parser.parse_args(shlex.split(flags)))
    with MockServer(Settings.from_environment({}, {**chosen, "port": "0"})) as mock:
        yield mock


def load(text: str, path: Path) -> None:
    """Reads a scenario; other YAML only has to be YAML."""
    if path.suffix == ".yaml" and "rules" in (yaml.safe_load(text) or {}):
        path.write_text(text)
        assert path.stem in Catalogue(load_contract(), [str(path)]).names


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_are_short_and_their_links_lead_somewhere(path: Path) -> None:
    """A page is read in a few minutes; its links name files and headings that are there."""
    lines = path.read_text().count("\n")
    assert lines <= 130 or path.name in {*MADE, *MEASURED}
    assert broken_links(path) == []


@pytest.mark.parametrize("name", MADE)
def test_pages_that_are_made_are_up_to_date(name: str) -> None:
    """They are what the program prints now; `make contract-page` writes docs/contract.md anew."""
    done = subprocess.run(
        [sys.executable, "-m", "mock_server", *MADE[name]],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=ROOT,
    )
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == done.stdout


def test_every_page_is_in_the_index() -> None:
    """docs/README.md links to all of them."""
    linked = set(re.findall(r"\]\((\w[\w-]*\.md)\)", (ROOT / "docs" / "README.md").read_text()))
    assert linked == {path.name for path in PAGES} - {"README.md"}


def test_tables_of_members_are_complete() -> None:
    """rules.md has every member of match and then, faults.md every fault; and none that does not exist."""
    schema = json.loads((ROOT / "openapi" / "scenario.schema.json").read_text())["$defs"]
    assert first_column("rules.md", "Match") == set(schema["Match"]["properties"])
    assert first_column("rules.md", "Then") == set(schema["Then"]["properties"])
    assert first_column("faults.md", "Faults") == set(schema["FaultName"]["enum"])


def first_column(page: str, heading: str) -> set[str]:
    """The names in the first column of the tables under a heading."""
    text = re.split(rf"^#+ {heading}\n", (ROOT / "docs" / page).read_text(), flags=re.M)[1].partition("\n## ")[0]
    return {name for cell in re.findall(r"^\| (`.+?) \|", text, re.M) for name in re.findall(r"`([^`]+)`", cell)}


def test_hardly_a_block_is_not_run() -> None:
    """Those that are not say why."""
    skipped = [(path.name, block.not_run) for path in PAGES for block in blocks_of(path.read_text()) if block.not_run]
    assert skipped == []
