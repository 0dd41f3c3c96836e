"""The table of status codes: complete, in the recorded words, and checked when it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_server import resources
from mock_server.contract.codes import read_status_codes
from mock_server.errors import ContractError

TABLE = resources.folder("openapi") / "status_codes.yaml"
CODES = {
    0, 1000, 1001, 1002, 1004, 1008, 1013, 1024, 1026, 1027, 1028, 1030, 1033, 1039, 1041, 1042, 2013, 2045, 2049,
    2056, 2061, 2067,
}  # fmt: skip
ROW = {
    "code": "1", "meaning": "m", "text": "t", "wording": "observed", "evidence": "documented", "retry": "'no'",
    "advice": "a", "answer": "gateway",
}  # fmt: skip


def test_table_has_every_code_that_concerns_video() -> None:
    """The codes are exactly those of the official table that concern video, and those seen in the field."""
    assert set(read_status_codes(TABLE)) == CODES


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "success"),
        (1002, "rate limit exceeded(RPM)"),
        (1004, "login fail: Please carry the API secret key in the 'Authorization' field of the request header"),
        (1008, "insufficient balance"),
        (1026, "input new_sensitive"),
        (1027, "output new_sensitive"),
        (2049, "invalid api key"),
        (2061, "your current token plan not support model, video-01"),
    ],
)
def test_observed_text_is_word_for_word_the_recorded_one(code: int, text: str) -> None:
    """Where a real answer was recorded, its words go over the wire, and the table says that they were observed."""
    row = read_status_codes(TABLE)[code]
    assert (row.wire_text("video-01"), row.wording) == (text, "observed")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (1000, "unknown error"), (1001, "request timeout"), (1013, "internal service error"), (1024, "internal error"),
        (1033, "system error"), (1039, "token limit"), (1041, "conn limit"), (1042, "invisible character ratio limit"),
        (2013, "invalid params"), (2045, "rate growth limit"), (2056, "usage limit exceeded"),
    ],
)  # fmt: skip
def test_documented_text_is_the_official_one(code: int, text: str) -> None:
    """Where no answer was recorded, the words of the official table go over the wire."""
    row = read_status_codes(TABLE)[code]
    assert (row.wire_text(), row.wording) == (text, "documented")


def test_observed_texts_are_only_those_that_were_recorded() -> None:
    """No text claims to have been observed that the list above does not know."""
    observed = {code for code, row in read_status_codes(TABLE).items() if row.wording == "observed"}
    assert observed == {0, 1002, 1004, 1008, 1026, 1027, 2049, 2061}


def test_text_without_a_known_model_is_the_recorded_one() -> None:
    """A text that names the model never goes out with a placeholder in it."""
    assert read_status_codes(TABLE)[2061].wire_text() == "your current token plan not support model, video-01"


@pytest.mark.parametrize("code", [1004, 2049])
def test_refused_keys_are_answered_before_the_operation(code: int) -> None:
    """A call without a usable key gets base_resp alone, as was recorded."""
    assert read_status_codes(TABLE)[code].answer == "gateway"


def _table(tmp_path: Path, *rows: dict[str, str]) -> Path:
    path = tmp_path / "codes.yaml"
    lines = ["  - {" + ", ".join(f"{name}: {value}" for name, value in row.items()) + "}" for row in rows]
    path.write_text("\n".join(["codes:", *lines]) + "\n", encoding="utf-8")
    return path


def test_row_of_the_broken_tables_is_right_in_itself(tmp_path: Path) -> None:
    """The row that the next test breaks is accepted as it is, with and without a note."""
    assert set(read_status_codes(_table(tmp_path, ROW, ROW | {"code": "2", "note": "n"}))) == {1, 2}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW, "(code 1) stands twice"),
        (ROW | {"code": "2", "evidence": "rumoured"}, "unknown value"),
        (ROW | {"code": "2", "wording": "guessed"}, "unknown value"),
        (ROW | {"code": "2", "retry": "no"}, "unknown value"),
        (ROW | {"code": "2", "retry": "maybe"}, "unknown value"),
        (ROW | {"code": "2", "answer": "nobody"}, "unknown value"),
        (ROW | {"code": "2", "colour": "blue"}, "colour"),
        ({name: value for name, value in ROW.items() if name != "advice"}, "advice"),
    ],
)
def test_broken_row_names_file_and_row(tmp_path: Path, row: dict[str, str], message: str) -> None:
    """A row that stands twice, lacks a key, or has a key or value that is not known stops the start."""
    path = _table(tmp_path, ROW, row)
    with pytest.raises(ContractError) as caught:
        read_status_codes(path)
    assert str(caught.value).startswith(f"{path}: row 2")
    assert message in str(caught.value)
