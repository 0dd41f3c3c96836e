"""`minimax-mock fixtures` as a user calls it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mock_server import fixtures
from mock_server.errors import StartupError
from mock_server.fixture_files.folder import write_folder
from mock_server.resources import folder
from tests.command_line.test_serve import run

OWN = {"index.json", "index.schema.json", "README.md", "wire.schema.json", "wire/README.md"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the command has written; nobody changes it."""
    target = tmp_path_factory.mktemp("fixtures") / "test data"
    done = run("fixtures", str(target))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{len(fixtures())} fixtures in {target}; begin with index.json and README.md\n"
    return target


def index_of(target: Path) -> dict[str, Any]:
    """The index of a folder."""
    index: dict[str, Any] = json.loads((target / "index.json").read_text(encoding="utf-8"))
    return index


def content(target: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_the_index_names_every_file(written: Path) -> None:
    """With length and hash; what else lies there describes it."""
    rows = index_of(written)["fixtures"]
    files = content(written)
    assert files.keys() - OWN == {row["file"] for row in rows}
    assert [(row["bytes"], row["sha256"]) for row in rows] == [
        (len(files[row["file"]]), hashlib.sha256(files[row["file"]]).hexdigest()) for row in rows
    ]


def test_the_index_keeps_its_schema(written: Path) -> None:
    """The schema is a schema, lies beside it, and knows every member."""
    schema = json.loads((written / "index.schema.json").read_text(encoding="utf-8"))
    assert schema == json.loads((folder("openapi") / "fixtures.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    index = index_of(written)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(index)] == []
    assert index["$schema"] == "./index.schema.json"


def test_the_index_says_what_python_says(written: Path) -> None:
    """The same files, bytes, codes and texts."""
    rows = {row["file"]: row for row in index_of(written)["fixtures"]}
    for each in fixtures():
        row = rows[each.file]
        assert (written / each.file).read_bytes() == each.data
        assert (row["mode"], row["valid"], row["rule"], row["code"]) == (each.mode, each.valid, each.rule, each.code)
        assert (row["text"], row["text_evidence"]) == (each.text, each.text_evidence)


def test_bodies_that_name_a_receiver_are_marked(written: Path) -> None:
    """Those are the valid ones with a callback_url; nobody listens there."""
    marked = {row["file"] for row in index_of(written)["fixtures"] if row["callback"]}
    assert {each.file for each in fixtures("requests", valid=True, rule="callback_url")} <= marked
    assert not marked & {each.file for each in fixtures("requests", valid=False)}


def test_the_readme_counts_right(written: Path) -> None:
    """A row for each kind, with the number of its files."""
    text = (written / "README.md").read_text(encoding="utf-8")
    counts = [int(number) for number in re.findall(r"^\| `.+? \| (\d+) \|", text, re.M)]
    assert counts == [len(fixtures(kind)) for kind in ("requests", "callbacks", "wire", "images")]


def test_twice_is_the_same(written: Path, tmp_path: Path) -> None:
    """Byte for byte, in a new folder, an empty one, and one that was written before and damaged."""
    write_folder(tmp_path / "a" / "new")
    (tmp_path / "b").mkdir()
    for _ in range(2):
        write_folder(tmp_path / "b")
        (tmp_path / "b" / "requests" / "image-to-video" / "valid" / "duration__6.json").write_text("{}")
    write_folder(tmp_path / "b")
    assert content(tmp_path / "a" / "new") == content(tmp_path / "b") == content(written)


def test_what_is_no_more_goes(tmp_path: Path) -> None:
    """A file of an earlier version is taken away, one of the user's stays, and no index leads out of the folder."""
    target, outside = tmp_path / "target", tmp_path / "outside.json"
    outside.write_text("mine")
    (target / "requests").mkdir(parents=True)
    (target / "requests" / "old.json").write_text("{}")
    (target / "requests" / "mine.json").write_text("{}")
    names = [
        "requests/old.json",
        "requests/gone.json",
        "requests/../../outside.json",
        str(outside),
        "requests",
        "images/",
        7,
    ]
    index = {"made_by": "minimax-mock", "fixtures": [{"file": name} for name in names]}
    (target / "index.json").write_text(json.dumps(index))
    write_folder(target)
    assert not (target / "requests" / "old.json").exists()
    assert (target / "requests" / "mine.json").exists()
    assert outside.read_text() == "mine"


@pytest.mark.parametrize(
    "other", [{"notes.txt": "x"}, {"index.json": "[]"}, {"index.json": '{"made_by": "x"}'}, {"index.json": "no JSON"}]
)
def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, other: dict[str, str]) -> None:
    """One line and exit 2; with --force it is written to, and what else lies there stays."""
    for name, text in other.items():
        (tmp_path / name).write_text(text)
    done = run("fixtures", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"minimax-mock: {tmp_path}: the folder holds something else; name an empty or new one, or add --force\n"
    )
    assert {name: text.decode() for name, text in content(tmp_path).items()} == other
    assert write_folder(tmp_path, force=True) == len(fixtures())
    assert other.keys() <= content(tmp_path).keys()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A file in its place, and a file in the place of one of its folders."""
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "file", tmp_path / "file" / "below"):
        done = run("fixtures", str(target))
        assert done.returncode == 2
        assert re.fullmatch(rf"minimax-mock: {re.escape(str(tmp_path))}/file.*: .+\n", done.stderr)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "requests").write_text("x")
    with pytest.raises(StartupError, match="requests"):
        write_folder(tmp_path / "other", force=True)


@pytest.mark.parametrize("arguments", [[], ["--list", "somewhere"]])
def test_a_folder_or_the_list(arguments: list[str]) -> None:
    """One of the two, and not both."""
    done = run("fixtures", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == "minimax-mock: fixtures: name a folder to write to, or --list (see minimax-mock fixtures --help)\n"
    )


def test_list() -> None:
    """A line for each, with the code or the status that is expected."""
    done = run("fixtures", "--list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [each.file for each in fixtures()]
    assert "requests/image-to-video/invalid/duration__true.json  2013" in lines
    assert "callbacks/invalid/challenge__null.json  not 5xx" in lines


class _Killed(BaseException):
    """Stands for a signal that lets nothing be cleaned up."""


@pytest.mark.parametrize("writes", [1, 2, 3, 40])
def test_an_interrupted_call_can_be_made_again(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """Wherever it stopped in the middle of a file: the next one needs no --force and leaves nothing behind."""
    write, left = Path.write_bytes, iter(range(writes - 1))

    def killed(path: Path, data: bytes) -> int:
        if next(left, None) is None:
            write(path, data[: len(data) // 2])
            raise _Killed
        return write(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", killed)
        with pytest.raises(_Killed):
            write_folder(tmp_path)
    assert content(tmp_path)
    write_folder(tmp_path)
    assert content(tmp_path) == content(written)


def test_an_index_that_was_cut_off_is_known(written: Path, tmp_path: Path) -> None:
    """As a full disk leaves it."""
    write_folder(tmp_path)
    index = (tmp_path / "index.json").read_bytes()
    (tmp_path / "index.json").write_bytes(index[: len(index) // 2])
    write_folder(tmp_path)
    assert content(tmp_path) == content(written)


def test_an_index_with_impossible_names(written: Path, tmp_path: Path) -> None:
    """No file is called so, so none is taken away, and nothing breaks."""
    rows = [{"file": "requests/a\0b"}, {"file": "requests/\ud800"}]
    (tmp_path / "index.json").write_text(json.dumps({"made_by": "minimax-mock", "fixtures": rows}))
    write_folder(tmp_path)
    assert content(tmp_path) == content(written)


def test_an_empty_name_is_no_folder() -> None:
    """It is an unset variable of a script, and not the folder that one is in."""
    done = run("fixtures", "")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "minimax-mock: fixtures: the name of the folder is empty\n"


@pytest.mark.parametrize("name", ["requests", "index.json", "wire/README.md"])
def test_links_that_lead_out_are_not_followed(tmp_path: Path, name: str) -> None:
    """Not even with --force; nothing is written, here or there."""
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (target / name).parent.mkdir(parents=True)
    (target / name).symlink_to(elsewhere if name == "requests" else elsewhere / "file")
    with pytest.raises(StartupError, match=rf"{name}.*: a link leads out of the folder, to .*elsewhere"):
        write_folder(target, force=True)
    assert content(tmp_path) == {}
