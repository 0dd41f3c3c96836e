"""results.json: its schema, and what is said about a file that is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract_tests.outcome import Level, Outcome, Seen
from contract_tests.report import ReportError, write_matrix, write_report
from contract_tests.report.results_file import CASE_ID, SCHEMA, checked
from tests.kit.report import sample

DOCUMENT = json.loads(SCHEMA.read_text(encoding="utf-8"))


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every property that a schema describes."""
    if isinstance(schema, dict):
        for name, each in schema.get("properties", {}).items():
            yield f"{path}.{name}", each
        for key, each in schema.items():
            yield from properties(each, f"{path}.{key}")


def test_the_schema_is_one_and_describes_everything() -> None:
    """It is a valid schema, and every member has a description, its own or that of what it refers to."""
    Draft202012Validator.check_schema(DOCUMENT)
    for path, each in properties(DOCUMENT):
        meant = DOCUMENT["$defs"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        assert meant.get("description"), path


def test_the_schema_knows_the_words_of_the_kit() -> None:
    """Outcomes, levels and findings are those of the verdicts, and the pattern of ids that of the names of pages."""
    defs = DOCUMENT["$defs"]
    assert defs["outcome"]["enum"] == [str(each) for each in Outcome]
    assert defs["level"]["enum"] == [str(each) for each in Level]
    assert defs["check"]["properties"]["outcome"]["enum"] == [str(each) for each in Seen]
    assert defs["case"]["properties"]["id"]["pattern"] == f"^{CASE_ID}$"


def test_what_is_written_is_valid(together: Path) -> None:
    """By a validator that knows nothing of ours."""
    Draft202012Validator(DOCUMENT).validate(json.loads((together / "results.json").read_bytes()))


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets the member at a dotted path."""

    def act(results: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        place: Any = results
        for each in parents:
            place = place[int(each) if each.isdigit() else each]
        if value is ...:
            del place[last]
        else:
            place[last] = value

    return act


MISTAKES = [
    ("format", ..., "format: is missing; this is no results.json of the contract kit"),
    ("format", 2, "format: given 2; this version reads 1"),
    ("format", True, "format: given true; this version reads 1"),
    ("suite", "clients", 'suite: given "clients"; allowed: "client", "receiver", "server"'),
    ("cases.3.outcome", "MAYBE", "cases[3].outcome: given \"MAYBE\"; allowed: \"PASS\", \"NON-STRICT\""),
    ("cases.3.title", ..., "cases[3]: the member 'title' is missing"),
    ("cases.3.wire", None, "cases[3].wire: has to be array, is null"),
    ("cases.3.id", "../../evil", 'cases[3].id: given "../../evil", which breaks pattern'),
    ("cases.3.id", "CL-REQ-001", "cases[3].id: CL-REQ-001 is already the id of cases[0]"),
    ("subject.name", "", 'subject.name: given "", which breaks minLength'),
    ("counts", {"MAYBE": 1}, "counts: given \"MAYBE\"; allowed"),
    ("cases.0.wire.0.answer.status", "200", "cases[0].wire[0].answer.status: has to be integer, is string"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "words"), MISTAKES)
def test_a_mistake_is_one_line_with_file_and_member(tmp_path: Path, path: str, value: Any, words: str) -> None:
    """In a file that is merged the line names the file; in results that are written, that."""
    results = sample.vendor()
    change(path, value)(results)
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(results), encoding="utf-8")
    with pytest.raises(ReportError) as merging:
        write_matrix([broken], tmp_path / "matrix")
    assert str(merging.value).startswith(f"{broken}: {words}")
    with pytest.raises(ReportError) as writing:
        write_report(results, tmp_path / "report", environment={})
    assert str(writing.value).startswith(f"results: {words}")
    assert "\n" not in str(merging.value)
    assert not (tmp_path / "matrix").exists()
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "has to be a JSON object, is array"),
        (b"null", "has to be a JSON object, is null"),
        (b"{}", "format: is missing; this is no results.json of the contract kit"),
        (b'{"name": "package", "version": "1.0.0"}', "format: is missing; this is no results.json"),
    ],
)
def test_a_foreign_file_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    """Whatever it holds."""
    foreign = tmp_path / "foreign.json"
    foreign.write_bytes(content)
    with pytest.raises(ReportError) as caught:
        write_matrix([foreign], tmp_path / "matrix")
    assert str(caught.value).startswith(f"{foreign}: {words}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """And so is a folder in the place of a file."""
    with pytest.raises(ReportError, match=r"missing\.json: cannot be read: No such file"):
        write_matrix([tmp_path / "missing.json"], tmp_path / "matrix")
    with pytest.raises(ReportError, match="cannot be read: Is a directory"):
        write_matrix([tmp_path], tmp_path / "matrix")


def test_members_that_are_not_known_pass() -> None:
    """A later version may add some."""
    assert checked(sample.vendor() | {"later": 1}, "results")["later"] == 1


def test_unseen_characters_stand_escaped(tmp_path: Path) -> None:
    """Inside results.json nothing can turn the order of a line around."""
    write_report(sample.results("x", "y", [sample.case(reason="a\u202eb\u200bc é")]), tmp_path, environment={})
    text = (tmp_path / "results.json").read_text(encoding="utf-8")
    assert r"a\u202eb\u200bc é" in text
    assert json.loads(text)["cases"][0]["reason"] == "a\u202eb\u200bc é"
