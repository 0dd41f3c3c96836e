"""The matrix model x resolution x duration against a table that was written by hand from the documentation."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from mock_server.contract.contract import load_contract
from mock_server.contract.video_size import SHAPES
from tests.contract.bodies import IMAGE_URL, judge

_HAILUO_23 = {"768P": {6, 10}, "1080P": {6}}
_OTHER = {"720P": {6}}
OFFERED: dict[str, dict[str, set[int]]] = {
    "MiniMax-Hailuo-2.3": _HAILUO_23,
    "MiniMax-Hailuo-2.3-Fast": _HAILUO_23,
    "MiniMax-Hailuo-02": {"512P": {6, 10}, "768P": {6, 10}, "1080P": {6}},
    "I2V-01-Director": _OTHER,
    "I2V-01-live": _OTHER,
    "I2V-01": _OTHER,
}
RESOLUTIONS = (None, "512P", "720P", "768P", "1080P", "4K")
DURATIONS = (None, 5, 6, 7, 10)
EVERY_CELL = list(product(OFFERED, RESOLUTIONS, DURATIONS))


def _default_resolution(model: str) -> str:
    return "768P" if model.startswith("MiniMax-") else "720P"


def _body(model: str, resolution: Any = None, duration: Any = None, **more: Any) -> dict[str, Any]:
    fields = {"resolution": resolution, "duration": duration}
    body = {"model": model, "first_frame_image": IMAGE_URL}
    return body | {name: value for name, value in fields.items() if value is not None} | more


def _first_rule(model: str, resolution: str | None, duration: int | None) -> str | None:
    """The rule that the table says is broken first, or None."""
    durations = OFFERED[model].get(resolution or _default_resolution(model))
    if durations is None:
        return "resolution-for-model"
    if (duration or 6) in durations:
        return None
    return "duration-for-resolution" if resolution == "1080P" else "duration-for-model"


@pytest.mark.parametrize(("model", "resolution", "duration"), EVERY_CELL)
def test_combination_is_judged_as_the_table_says(model: str, resolution: str | None, duration: int | None) -> None:
    """Exactly the documented combinations are accepted; any other one breaks the rule that fits it."""
    violations = load_contract().check_create(_body(model, resolution, duration))
    assert (violations[0].rule if violations else None) == _first_rule(model, resolution, duration)


@pytest.mark.parametrize(("model", "resolution", "duration"), EVERY_CELL)
def test_nearest_combination_is_one_that_is_offered(model: str, resolution: str | None, duration: int | None) -> None:
    """What a refused combination is pointed to is accepted, for the same model."""
    for violation in load_contract().check_create(_body(model, resolution, duration)):
        if violation.rule.endswith(("-for-model", "-for-resolution")):
            assert violation.nearest is not None
            assert violation.nearest["duration"] in OFFERED[model][violation.nearest["resolution"]]


@pytest.mark.parametrize(
    ("model", "resolution", "duration", "nearest"),
    [
        ("MiniMax-Hailuo-2.3", "1080P", 10, ("1080P", 6)),
        ("MiniMax-Hailuo-2.3", "1080P", 7, ("1080P", 6)),
        ("MiniMax-Hailuo-2.3", "720P", None, ("768P", 6)),
        ("MiniMax-Hailuo-2.3-Fast", "4K", 10, ("768P", 10)),
        ("MiniMax-Hailuo-2.3-Fast", None, 7, ("768P", 6)),
        ("MiniMax-Hailuo-02", "512P", 9, ("512P", 10)),
        ("I2V-01", "1080P", 10, ("720P", 6)),
        ("I2V-01-live", None, 10, ("720P", 6)),
    ],
)
def test_nearest_combination_changes_little(
    model: str, resolution: str | None, duration: int | None, nearest: tuple[str, int]
) -> None:
    """As few fields as possible change, the resolution is kept rather than the duration, and the gap is small."""
    violation = load_contract().check_create(_body(model, resolution, duration))[0]
    assert violation.nearest == {"resolution": nearest[0], "duration": nearest[1]}


@pytest.mark.parametrize("model", OFFERED)
def test_defaults_are_filled_in(model: str) -> None:
    """A body that names neither gets the model's default resolution and six seconds; named values stay."""
    matrix = load_contract().matrix
    assert matrix.complete({"model": model}) == {"resolution": _default_resolution(model), "duration": 6}
    assert matrix.complete({"model": model, "resolution": "1080P"}) == {"resolution": "1080P", "duration": 6}
    assert matrix.complete({"model": model, "duration": 10})["duration"] == 10


def test_list_of_combinations_is_the_table() -> None:
    """The combinations that the program works with are exactly those of the table."""
    listed = [(each.model, each.resolution, each.duration) for each in load_contract().matrix.combinations]
    table = [(m, r, d) for m, row in OFFERED.items() for r, durations in row.items() for d in durations]
    assert sorted(listed) == sorted(table)


@pytest.mark.parametrize(
    ("resolution", "size"),
    [("512P", (910, 512)), ("720P", (1280, 720)), ("768P", (1366, 768)), ("1080P", (1920, 1080))],
)
def test_sizes_of_delivered_videos(resolution: str, size: tuple[int, int]) -> None:
    """Each resolution has the pixel size that was documented, observed or, for 512P, chosen; a portrait is turned."""
    landscape, portrait, square = (load_contract().size(resolution, shape) for shape in SHAPES)
    assert (landscape.width, landscape.height) == size
    assert (portrait.height, portrait.width) == size
    assert (square.width, square.height) == (size[1], size[1])


_MODEL = "MiniMax-Hailuo-2.3"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (_body(_MODEL, "720P"), f"model {_MODEL} does not support resolution 720P, supported resolutions: 768P, 1080P"),
        (_body(_MODEL, "768p"), f"model {_MODEL} does not support resolution 768p, supported resolutions: 768P, 1080P"),
        (
            _body(_MODEL, "1080P", 10),
            f"model {_MODEL} does not support the combination of duration 10s and resolution 1080P",
        ),
        (_body(_MODEL, first_frame_image="iVBORw0KGgo="), "first_frame_image: invalid image url"),
    ],
)
def test_text_is_word_for_word_the_observed_one(body: dict[str, Any], text: str) -> None:
    """Where a real answer was recorded, the mock says the same words and says that they were observed."""
    first = judge(json.dumps(body).encode())[1][0]
    assert (first.text, first.wording) == (f"invalid params, {text}", "observed")


def test_wrong_resolution_and_wrong_duration_are_both_told() -> None:
    """The first broken rule gives the text; the others are told as well, in the order of the rules."""
    violations = load_contract().check_create(_body("I2V-01", "768P", 10))
    assert [violation.rule for violation in violations] == ["resolution-for-model", "duration-for-model"]


def test_unknown_model_breaks_nothing_but_its_own_rule() -> None:
    """What a model that does not exist offers is nobody's business; a close name is suggested."""
    violations = load_contract().check_create(_body("minimax-hailuo-2.3", "1080P", 10))
    assert [(each.rule, each.did_you_mean) for each in violations] == [("model", _MODEL)]
