"""The contract as one value: complete, by mode and by evidence, and the same as text, JSON and Markdown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mock_server.contract.contract import Contract, load_contract
from mock_server.contract.overview import EVIDENCE, overview
from mock_server.control.contract_pages import as_markdown, as_text
from mock_server.settings import MODES

NAMES = {"operations": "operation", "sizes": "resolution", "rules": "rule", "codes": "code", "behaviours": "behaviour"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The bundled contract."""
    return load_contract()


@pytest.fixture(scope="module")
def whole(contract: Contract) -> dict[str, Any]:
    """Everything, in every mode."""
    return overview(contract, MODES)


def names(value: dict[str, Any]) -> set[str]:
    """The names of all that stands in the value, fields included."""
    return {str(item[key]) for part, key in NAMES.items() for item in value[part]} | {
        item["field"] for request in value["requests"] for item in request["fields"]
    }


def test_nothing_is_left_out(contract: Contract, whole: dict[str, Any]) -> None:
    """Every rule and every code of the contract, every mode, and every call."""
    assert [item["rule"] for item in whole["rules"]] == list(contract.rules)
    assert [item["code"] for item in whole["codes"]] == list(contract.codes)
    assert whole["modes"] == list(MODES)
    assert [request["mode"] for request in whole["requests"] if request["mode"]] == list(MODES)
    assert {"create", "query", "retrieve"} <= {item["operation"] for item in whole["operations"]}
    calls = [(item["method"], item["path"]) for item in whole["operations"]]
    assert len(calls) == len(set(calls))


def test_a_field_tells_what_its_rules_say(whole: dict[str, Any]) -> None:
    """Type, limits, default, rules and settings of fields, as the documents have them."""
    requests = {request["mode"] or request["operation"]: request["fields"] for request in whole["requests"]}
    fields = {mode: {item["field"]: item for item in found} for mode, found in requests.items()}
    prompt = fields["image-to-video"]["prompt"]
    assert (prompt["type"], prompt["required"], prompt["allowed"]) == ("string", False, "at most 2000 characters")
    assert "blocked-words" in prompt["rules"]
    assert prompt["settings"] == ["--blocked-words"]
    assert fields["text-to-video"]["prompt"]["required"] is True
    image = fields["first-last-frame"]["last_frame_image"]
    assert "short edge over 300 pixels; ratio 2:5 to 5:2" in image["allowed"]
    assert image["settings"] == ["--ratio-form"]
    assert fields["image-to-video"]["duration"]["values"] == [6, 10]
    assert fields["image-to-video"]["duration"]["default"] == 6
    assert fields["image-to-video"]["fast_pretreatment"]["rules"] == [
        "fast_pretreatment", "advice-fast-pretreatment", "advice-fast-pretreatment-alone",
    ]  # fmt: skip
    assert fields["subject-reference"]["subject_reference[].type"]["values"] == ["character"]
    assert fields["subject-reference"]["subject_reference[].image"]["allowed"].startswith("exactly 1; http(s)://…")
    assert fields["query"]["task_id"]["required"] is True
    assert fields["query"]["task_id"]["rules"] == ["task_id"]


def test_sizes_tell_how_they_are_known(contract: Contract, whole: dict[str, Any]) -> None:
    """Every resolution with its pixels; nobody wrote down how large 512P is."""
    assert {item["resolution"]: (item["width"], item["height"]) for item in whole["sizes"]} == {
        name: (size.width, size.height) for name, size in contract.sizes.items()
    }
    assert [item["resolution"] for item in overview(contract, MODES, "assumed")["sizes"]] == ["512P"]


def test_modes_that_are_not_served_are_not_told_of(contract: Contract) -> None:
    """Neither their fields nor the rules and behaviours that are about them alone."""
    seed = overview(contract, MODES[:1])
    assert seed["modes"] == ["image-to-video"]
    assert {"subject-type", "last_frame_image", "legacy-video-01"} & names(seed) == set()
    other = overview(contract, ["text-to-video"])
    assert {"legacy-video-01", "query", "retrieve"} <= names(other)
    assert "first_frame_image" not in names(other)


def test_each_evidence_gives_its_part(contract: Contract, whole: dict[str, Any]) -> None:
    """The three parts together are everything; what has an assumed text is in the assumed part too."""
    parts = {evidence: overview(contract, MODES, evidence) for evidence in EVIDENCE}
    assert set().union(*(names(part) for part in parts.values())) == names(whole)
    assert "business-errors-http-200" in names(parts["observed"])
    assert "business-errors-http-200" not in names(parts["documented"]) | names(parts["assumed"])
    assert "content-type" in names(parts["documented"]) & names(parts["assumed"])
    assert "content-type" not in names(parts["observed"])


def test_text_and_markdown_say_what_the_value_says(whole: dict[str, Any]) -> None:
    """Everything by its name with its evidence, each text, and each flag."""
    text, page = as_text(whole), as_markdown(whole)
    parts = [part.splitlines()[1:] for part in text.split("\n\n") if not part.startswith("fields of ")]
    lines = [line for part in parts for line in part if line[2:12].strip() in EVIDENCE]
    tables = page.partition("## Fields")[0] + page.partition("## Sizes")[2]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in tables.splitlines() if line[:2] == "| "]
    for part, key in NAMES.items():
        for item in whole[part]:
            name = str(item[key])
            (line,) = [line for line in lines if line[14:].split()[0] == name]
            assert line.split()[0] == item["evidence"]
            assert all(flag in line for flag in item.get("settings", []))
            shown = f"{item['method']} {item['path']}" if part == "operations" else name
            (row,) = [row for row in rows if row[0].split("<br>")[-1].strip("`") == shown and item["evidence"] in row]
            assert all(flag in row[-1] for flag in item.get("settings", []))
            for known in item.get("texts", []):
                assert known["text"] is None or (known["text"] in text and f"`{known['text']}`" in page)


def test_page_has_tables_that_are_whole(whole: dict[str, Any]) -> None:
    """Every row has as many cells as its head; signs of Markdown in a cell stand for themselves."""
    widths: list[int] = []
    for line in as_markdown(whole).splitlines():
        cells = len(re.split(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        if cells and (not widths or not widths[-1]):
            widths.append(cells)
        elif cells:
            assert cells == widths[-1], line
        else:
            widths.append(0)
    assert sum(width > 0 for width in widths) > 15


def test_an_empty_part_says_so(contract: Contract) -> None:
    """A table without rows is a word."""
    assert "\nNothing.\n" in as_markdown(overview(contract, MODES, "observed"))
