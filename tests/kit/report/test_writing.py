"""What a report writes, where, and over what."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.report import ReportError, write_matrix, write_report
from contract_tests.report.__main__ import main
from tests.kit.report import sample


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def small(*ids: str) -> dict[str, object]:
    """Results with just these cases."""
    return sample.results("client", "py:x", [sample.case(each) for each in ids])


def test_what_is_written(tmp_path: Path) -> None:
    """Exactly the files that are named, in a folder that was not there."""
    folder = tmp_path / "a" / "b"
    written = write_report(small("CL-ERR-002", "CL-ERR-003"), folder, environment={})
    names = ["results.json", "matrix.html", "cases/CL-ERR-002.html", "cases/CL-ERR-003.html", "junit.xml", "summary.md"]
    assert written == [folder / name for name in names]
    assert sorted(contents(folder)) == sorted(names)


def test_the_same_results_make_the_same_bytes(tmp_path: Path, together: Path) -> None:
    """On another day, in another folder, from results that were written and read."""
    other = tmp_path / "reference.json"
    other.write_text(json.dumps(sample.reference()), encoding="utf-8")
    again = json.loads((together / "results.json").read_bytes())
    write_report(again, tmp_path / "report", environment={}, others=[other])
    assert contents(tmp_path / "report") == contents(together)


def test_an_earlier_report_is_replaced(tmp_path: Path) -> None:
    """Pages of cases that are no more go; what somebody else put there stays."""
    write_report(small("CL-ERR-002", "CL-ERR-003"), tmp_path, environment={})
    theirs = {
        "cases/notes.html": "mine",
        "cases/CL-ERR-777.html": "<p>mine</p>",
        "cases/readme.txt": "mine",
        "index.html": "mine",
    }
    for name, text in theirs.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    theirs["cases/copy of CL-ERR-002.html"] = (tmp_path / "cases" / "CL-ERR-002.html").read_text(encoding="utf-8")
    (tmp_path / "cases" / "copy of CL-ERR-002.html").write_text(
        theirs["cases/copy of CL-ERR-002.html"], encoding="utf-8"
    )
    write_report(small("CL-ERR-003"), tmp_path, environment={})
    names = {"results.json", "matrix.html", "cases/CL-ERR-003.html", "junit.xml", "summary.md"}
    assert contents(tmp_path).keys() == names | theirs.keys()
    assert b"CL-ERR-002" not in (tmp_path / "matrix.html").read_bytes()


def test_others_may_be_the_report_that_is_replaced(tmp_path: Path) -> None:
    """To compare with the last run: it is read before it is written over."""
    write_report(small("CL-ERR-002"), tmp_path, environment={})
    write_report(small("CL-ERR-002"), tmp_path, environment={}, others=[tmp_path / "results.json"])
    assert "client (2)" in (tmp_path / "matrix.html").read_text(encoding="utf-8")
    assert len(json.loads((tmp_path / "results.json").read_bytes())["cases"]) == 1


@pytest.mark.parametrize("taken", [".", "cases", "results.json/x"])
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, taken: str) -> None:
    """A file is where the folder should be, or a folder where a file should be."""
    folder = tmp_path / "report"
    place = folder / taken
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("in the way", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        write_report(small("CL-ERR-002"), folder, environment={})
    assert str(caught.value).startswith(f"report folder {folder}: cannot be written: ")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob(".*"))


def test_the_summary_is_appended_for_the_run(tmp_path: Path) -> None:
    """After what other steps wrote there, and only there is said so."""
    page = tmp_path / "step.md"
    page.write_text("before\n", encoding="utf-8")
    write_report(small("CL-ERR-002"), tmp_path / "report", environment={"GITHUB_STEP_SUMMARY": str(page)})
    assert page.read_text(encoding="utf-8") == "before\n" + (tmp_path / "report" / "summary.md").read_text(
        encoding="utf-8"
    )


def test_a_summary_page_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """The report itself is written before."""
    with pytest.raises(ReportError, match=r"^GITHUB_STEP_SUMMARY .*: cannot be written: "):
        write_report(small("CL-ERR-002"), tmp_path / "report", environment={"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert (tmp_path / "report" / "summary.md").is_file()


@pytest.mark.parametrize(("value", "printed"), [("true", True), ("false", False), ("", False), (None, False)])
def test_annotations_are_printed_under_github_actions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: str | None, printed: bool
) -> None:
    """And nowhere else."""
    environment = {} if value is None else {"GITHUB_ACTIONS": value}
    write_report(small("CL-ERR-002"), tmp_path, environment=environment)
    assert capsys.readouterr().out.startswith("::error title=CL-ERR-002") is printed


def test_merging_on_the_command_line(tmp_path: Path) -> None:
    """Names the page that it made."""
    write_report(small("CL-ERR-002"), tmp_path / "one", environment={})
    command = [sys.executable, "-m", "contract_tests.report", "merged", "one/results.json", "one/results.json"]
    merged = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (merged.returncode, merged.stdout, merged.stderr) == (0, "merged/matrix.html\n", "")
    assert (tmp_path / "merged" / "matrix.html").is_file()


def test_mistakes_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line and exit code 2."""
    assert main(["merged", str(tmp_path / "none.json")]) == 2
    assert main(["merged"]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.splitlines() == [
        f"{tmp_path / 'none.json'}: cannot be read: No such file or directory",
        "usage: python -m contract_tests.report FOLDER RESULTS.json…",
    ]


def test_a_matrix_is_the_same_pages(tmp_path: Path, together: Path) -> None:
    """As those that a run makes with others beside it."""
    (tmp_path / "reference.json").write_text(json.dumps(sample.reference()), encoding="utf-8")
    write_matrix([together / "results.json", tmp_path / "reference.json"], tmp_path / "matrix")
    pages = {name: data for name, data in contents(together).items() if name.endswith(".html")}
    assert contents(tmp_path / "matrix") == pages
