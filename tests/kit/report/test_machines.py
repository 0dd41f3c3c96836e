"""What machines read: junit.xml, summary.md and annotations."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from contract_tests import report
from contract_tests.report.junit import junit_text
from contract_tests.report.summary import summary_text
from tests.kit.report import sample
from tests.kit.report.test_pages import EVIL, hostile


def junit(results: dict[str, Any]) -> ElementTree.Element:
    """The parsed file."""
    return ElementTree.fromstring(junit_text(results).encode())


def one(outcome: str, required: str = "must") -> ElementTree.Element:
    """The test case of a case with that outcome."""
    found = junit(sample.results("x", "y", [sample.case("CL-ERR-002", outcome)], required=required)).find(".//testcase")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("outcome", "required", "tag"),
    [
        ("PASS", "must", None), ("INFO", "must", "system-out"), ("FAIL", "must", "failure"), ("NON-STRICT", "must", "system-out"),
        ("NON-STRICT", "should", "failure"), ("NON-STRICT", "all", "failure"), ("ERROR", "must", "error"), ("STALE", "must", "error"),
        ("N/A", "must", "skipped"), ("NOT-OBSERVABLE", "must", "skipped"), ("XFAIL", "must", "skipped"), ("FAIL", "all", "failure"),
    ],
)  # fmt: skip
def test_what_an_outcome_is_to_a_reader_of_junit(outcome: str, required: str, tag: str | None) -> None:
    """A failure is what fails the run; trouble that is not the subject's is an error."""
    tags = [child.tag for child in one(outcome, required)]
    assert tags[0] == "properties"
    assert [tag for tag in tags[1:] if tag != "system-out" or outcome in ("INFO", "NON-STRICT")] == (
        [tag] if tag else []
    )


def test_junit_has_sections_totals_and_properties() -> None:
    """As CI servers group and count them."""
    root = junit(sample.vendor())
    suite = root.find("testsuite")
    assert suite is not None
    wanted = {"tests": "40", "failures": "5", "errors": "2", "skipped": "4", "time": "12.300"}
    assert wanted.items() <= suite.attrib.items()
    assert wanted.items() <= root.attrib.items()
    assert (suite.attrib["name"], suite.attrib["timestamp"]) == ("client: vendor-cli 1.0.6", "2026-11-22T16:00:00")
    case = next(each for each in suite.iter("testcase") if each.attrib["name"].startswith("CL-ERR-002"))
    assert case.attrib == {
        "classname": "contract.client.CL-ERR",
        "name": "CL-ERR-002 1002 is a rate limit",
        "time": "0.210",
    }
    assert {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")} == {
        "id": "CL-ERR-002",
        "level": "must",
        "outcome": "FAIL",
    }
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib == {
        "type": "MUST broken",
        "message": "kind: expected an error of kind rate_limited; an error of kind sensitive",
    }
    assert (failure.text or "").splitlines()[0].startswith("Why it matters: Users who are told")
    assert "A correct client: Reports an error of kind rate_limited" in (failure.text or "")


def test_junit_holds_no_character_that_xml_forbids() -> None:
    """Whatever a client wrote."""
    text = junit_text(hostile())
    assert not re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    assert "<script" not in text
    assert len(list(ElementTree.fromstring(text.encode()).iter("testcase"))) == 10


# ---- summary


def test_the_summary_tells_the_verdict_the_counts_and_the_failures() -> None:
    """Failing cases stand open, what is not strict below them in details."""
    text = summary_text(sample.vendor())
    order = [
        "## Contract of the client: <code>vendor-cli 1.0.6</code>", "**Not conformant, and trouble in the kit or the adapter (required: must): 5 FAIL,",
        "| FAIL | 5 |", "| PASS | 24 |", "### FAIL", "- **CL-ERR-002** 1002 is a rate limit<br><code>kind: expected an error of kind rate_limited",
        "### ERROR", "### STALE", "<summary>NON-STRICT (2)</summary>", "- **CL-REQ-009**", "</details>",
    ]  # fmt: skip
    places = [text.find(each) for each in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "CL-REQ-001" not in text


@pytest.mark.parametrize(
    "evil",
    [
        EVIL, "[a](http://evil.example)", "http://evil.example www.evil.example", "ann@evil.example @ann #17", "a | b", "`code` *x* **y** ~~z~~ _w_",
        "![i](x)", "<b>x</b> &amp;", "a\n\n# heading\n- item", "</details>", "$x$", "\\", "<!--", "[x]: http://evil.example", "</code><b>",
    ],
)  # fmt: skip
def test_the_summary_makes_nothing_of_strange_text(evil: str) -> None:
    """Rendered by a Markdown parser, it gives the same elements as harmless text, and no link."""

    def rendered(text: str) -> str:
        results = sample.results(
            text, text, [sample.case(reason=text), sample.case("CL-REQ-009", "NON-STRICT", reason=text)]
        )
        html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(summary_text(results))
        return re.sub(r">[^<]*", ">", html)

    assert rendered(evil) == rendered("harmless")
    source = summary_text(sample.results(evil, evil, [sample.case(reason=evil)]))
    assert "://" not in source
    assert "www." not in source
    assert not re.search("[@$]|#[0-9]", re.sub("&#[0-9]+;", "", source))


def test_the_summary_stays_short() -> None:
    """A thousand failing cases, each with a long reason, fit on the page of a run."""
    cases = [sample.case(reason="x " * 5_000) | {"id": f"CL-ERR-{number}"} for number in range(1_000)]
    text = summary_text(sample.results("x", "y", cases))
    assert "- … and 940 more" in text
    assert len(text) < 50_000


# ---- annotations


def test_annotations_of_each_kind() -> None:
    """An error for what fails the run or is trouble, a warning for what is not strict, nothing for the rest."""
    lines = report.annotations(sample.vendor())
    assert [line.partition(" ")[0] for line in lines] == ["::error"] * 7 + ["::warning"] * 2
    assert lines[2] == (
        "::error title=CL-ERR-002 1002 is a rate limit::FAIL: kind: expected an error of kind rate_limited; an error of kind sensitive. "
        "A correct client: Reports an error of kind rate_limited that can be repeated later, and nothing about the content of the prompt."
    )
    assert report.annotations(sample.reference()) == []


def test_non_strict_is_an_error_where_it_is_required() -> None:
    """With --level should."""
    strict = sample.vendor() | {"required": "should"}
    assert [line.partition(" ")[0] for line in report.annotations(strict)] == ["::error"] * 9


def test_annotations_are_escaped() -> None:
    """A client can neither end the line nor begin a command of its own."""
    case = sample.case(title="a: b, c%", reason="50% of\r\n::set-output name=x::y", obligation="does,: it")
    (line,) = report.annotations(sample.results("x", "y", [case]))
    assert (
        line
        == "::error title=CL-ERR-002 a%3A b%2C c%25::FAIL: 50%25 of ::set-output name=x::y. A correct client: does,: it"
    )
    for each in report.annotations(hostile()):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", each)


def test_at_most_ten_of_each_kind() -> None:
    """More than that is not shown; a last line says how many there are."""
    failing = [sample.case() | {"id": f"CL-ERR-{number}"} for number in range(12)]
    loose = [sample.case(outcome="NON-STRICT") | {"id": f"CL-NET-{number}"} for number in range(13)]
    lines = report.annotations(sample.results("x", "y", failing + loose))
    assert [line.partition(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"]
    assert lines[-1] == "::notice title=Contract tests::and 2 more errors, 3 more warnings; the report has them all"


def test_annotations_hide_the_keys_of_the_calls() -> None:
    """Also when they are made without a report."""
    (line,) = report.annotations(sample.results("x", "y", [sample.case(reason=f"printed {sample.KEY}")]))
    assert "printed …76." in line


def test_the_summary_of_a_report_is_that_text(alone: Path, tmp_path: Path) -> None:
    """Written as UTF-8, with line feeds."""
    report.write_report(sample.vendor(), tmp_path, environment={})
    assert (alone / "summary.md").read_bytes() == (tmp_path / "summary.md").read_bytes()
    assert b"\r" not in (alone / "summary.md").read_bytes()
