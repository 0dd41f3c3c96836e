"""`minimax-mock contract diff` as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.command_line.test_serve import COMMAND, environment, run
from tests.contract.api_documents import DOCUMENT, changed, written

MODEL = "/components/schemas/Order/properties/model"


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The path of a document."""
    return written(tmp_path, "old.yaml", DOCUMENT)


def test_no_difference_ends_with_0(tmp_path: Path, old: str) -> None:
    """And says so."""
    done = run("contract", "diff", old, written(tmp_path, "page.md", DOCUMENT))
    assert (done.returncode, done.stdout, done.stderr) == (0, "No difference\n", "")


def test_differences_are_listed_and_end_with_1(tmp_path: Path, old: str) -> None:
    """The breaking ones first, each with its place and what that means."""
    new = changed(f"{MODEL}/enum", ["b", "c"])
    done = run("contract", "diff", old, written(tmp_path, "new.json", new))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        'Breaking for clients: 1\n  removed  enum value "a"\n           at POST /pictures  request  model\n'
        "           a call that was right may be refused\n\n"
        'Not breaking: 1\n  added    enum value "c"\n           at POST /pictures  request  model\n'
    )


def test_json_holds_the_same(tmp_path: Path, old: str) -> None:
    """With JSON Pointers into the documents."""
    new = changed("/paths/~1pictures~1{id}", document=changed(f"{MODEL}/enum", ["a", "b", "日本"]))
    done = run("contract", "diff", "--json", old, written(tmp_path, "new.json", new), PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    data = json.loads(done.stdout)
    assert data["texts_not_shown"] == 0
    assert [(each["breaking"], each["kind"], each["what"], each["pointer"]) for each in data["differences"]] == [
        (True, "removed", "operation", "/paths/~1pictures~1{id}/get"), (False, "added", "enum value", f"{MODEL}/enum"),
    ]  # fmt: skip
    common = json.loads(run("contract", "diff", "--json", "--common", old, str(tmp_path / "new.json")).stdout)
    assert [each["new"] for each in common["differences"]] == ["日本"]


def test_texts_are_counted_and_shown_when_asked(tmp_path: Path, old: str) -> None:
    """They are no difference until then, but never pass unsaid."""
    new = written(tmp_path, "new.yaml", changed(f"{MODEL}/description", "Up to 30 of them."))
    done = run("contract", "diff", old, new)
    assert (done.returncode, done.stdout) == (
        0, "No difference but in texts\nTexts that differ as well, shown with --texts: 1\n",
    )  # fmt: skip
    shown = run("contract", "diff", "--texts", old, new)
    assert shown.returncode == 1
    assert "Up to 20 of them. -> Up to 30 of them." in shown.stdout


def test_extensions_are_compared_when_asked(tmp_path: Path, old: str) -> None:
    """Keywords that begin with x-."""
    new = written(tmp_path, "new.yaml", changed("/components/schemas/Order/x-order", "any"))
    assert run("contract", "diff", old, new).returncode == 0
    assert "keyword x-order" in run("contract", "diff", "--extensions", old, new).stdout


def test_bundled_documents_have_names(old: str) -> None:
    """Those of the modes, or of their files; a file of the user's comes first."""
    assert run("contract", "diff", "image-to-video", "video_generation.yaml").returncode == 0
    assert "POST /v1/video_generation" in run("contract", "diff", old, "image-to-video").stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing.yaml", "allowed: a path, or one of "),
        (".", "it is a folder"),
        ("/dev/full", "no regular file"),
        ("x" * 300, "no path"),
    ],
)
def test_a_file_that_cannot_be_used_ends_with_2(old: str, name: str, words: str) -> None:
    """One line that names it."""
    done = run("contract", "diff", old, name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("minimax-mock: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_argument_ends_with_2(old: str) -> None:
    """One line, as everywhere."""
    done = run("contract", "diff", old)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("option", "value"), [("--format", "json"), ("--evidence", "observed"), ("--mode", "text-to-video")]
)
def test_an_option_of_the_contract_alone_is_refused(old: str, option: str, value: str) -> None:
    """It would change nothing here, so it does not pass unsaid."""
    done = run("contract", option, value, "diff", old, old)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"{option} is not for diff" in done.stderr


def test_a_pipe_that_nobody_reads_changes_nothing(tmp_path: Path, old: str) -> None:
    """The exit code is that of the comparison, and nothing is complained of."""
    new = written(tmp_path, "new.yaml", changed(f"{MODEL}/enum", ["b"]))
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*COMMAND, "contract", "diff", old, new], stdout=writing, stderr=subprocess.PIPE, env=environment(),
            timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")
