"""The further kinds of create call: their matrices against a table written by hand, their texts, and which is chosen."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from mock_server import resources
from mock_server.contract.contract import Contract, load_contract
from mock_server.contract.document import Document
from mock_server.contract.mode import CREATE_SCHEMA, FILES
from mock_server.contract.picture_rules import PICTURE_FIELDS
from mock_server.contract.yaml_file import read_yaml
from mock_server.settings import MODES
from tests.contract.bodies import IMAGE_URL

FOLDER = resources.folder("openapi")
FURTHER = MODES[1:]
_HAILUO = {"768P": {6, 10}, "1080P": {6}}
# Written by hand from the documentation. A model without an entry takes any resolution and duration, or has no such field.
OFFERED: dict[tuple[str, str], dict[str, set[int]]] = {
    ("text-to-video", "MiniMax-Hailuo-2.3"): _HAILUO,
    ("text-to-video", "MiniMax-Hailuo-02"): _HAILUO,
    ("text-to-video", "T2V-01-Director"): {"720P": {6}},
    ("text-to-video", "T2V-01"): {"720P": {6}},
    ("first-last-frame", "MiniMax-Hailuo-02"): _HAILUO,
}
MODELS = {
    "text-to-video": ["MiniMax-Hailuo-2.3", "MiniMax-Hailuo-02", "T2V-01-Director", "T2V-01", "video-01"],
    "first-last-frame": ["MiniMax-Hailuo-02"],
    "subject-reference": ["S2V-01"],
}
_SUBJECT = {"type": "character", "image": [IMAGE_URL]}
MARKS: dict[str, dict[str, Any]] = {
    "text-to-video": {"prompt": "A fox."},
    "image-to-video": {"first_frame_image": IMAGE_URL},
    "first-last-frame": {"last_frame_image": IMAGE_URL},
    "subject-reference": {"subject_reference": [_SUBJECT]},
}
RESOLUTIONS = (None, "512P", "720P", "768P", "1080P", "4K", "768p")
DURATIONS = (None, 5, 6, 7, 10)
EVERY_CELL = [(*key, *cell) for key in OFFERED for cell in product(RESOLUTIONS, DURATIONS)]


def _body(mode: str, model: str, resolution: Any = None, duration: Any = None, **more: Any) -> dict[str, Any]:
    fields = {"resolution": resolution, "duration": duration}
    given = {name: value for name, value in fields.items() if value is not None}
    return {"model": model} | MARKS[mode] | given | more


def _first(mode: str, body: Any) -> Any:
    """The first rule that a body breaks with its text, as a server of that mode alone sees it."""
    violations = load_contract().check_create(body, (mode,))
    return (violations[0].rule, violations[0].text) if violations else None


@pytest.mark.parametrize(("mode", "model", "resolution", "duration"), EVERY_CELL)
def test_combination_is_judged_as_the_table_says(
    mode: str, model: str, resolution: str | None, duration: int | None
) -> None:
    """Exactly the documented combinations are accepted; any other one breaks the rule that fits it."""
    default = "720P" if model.startswith("T2V") else "768P"
    durations = OFFERED[mode, model].get(resolution or default)
    expected = None
    if durations is None:
        expected = "resolution-for-model"
    elif (duration or 6) not in durations:
        expected = "duration-for-resolution" if resolution == "1080P" else "duration-for-model"
    violations = load_contract().check_create(_body(mode, model, resolution, duration), (mode,))
    assert (violations[0].rule if violations else None) == expected
    for violation in violations:
        if violation.nearest is not None:
            assert violation.nearest["duration"] in OFFERED[mode, model][violation.nearest["resolution"]]


@pytest.mark.parametrize("mode", FURTHER)
def test_models_and_combinations_are_those_of_the_table(mode: str) -> None:
    """What the program knows of a mode is what the table says; a model that has no choice delivers one thing."""
    matrix = load_contract().mode(mode).matrix
    assert matrix.models == MODELS[mode]
    table = [(m, r, d) for (name, m), row in OFFERED.items() if name == mode for r, ds in row.items() for d in ds]
    table += [(model, "720P", 6) for model in MODELS[mode] if (mode, model) not in OFFERED]
    assert sorted((each.model, each.resolution, each.duration) for each in matrix.combinations) == sorted(table)


@pytest.mark.parametrize(("resolution", "duration"), [*product(RESOLUTIONS, DURATIONS), ("720p", 5), ("", -1)])
def test_video_01_takes_any_resolution_and_duration(resolution: str | None, duration: int | None) -> None:
    """As it was seen to; whatever is asked for, it delivers six seconds at 720P."""
    body = _body("text-to-video", "video-01", resolution, duration, aspect_ratio="16:9")
    assert _first("text-to-video", body) is None
    assert load_contract().mode("text-to-video").matrix.complete(body) == {"resolution": "720P", "duration": 6}


@pytest.mark.parametrize(("field", "value"), [("resolution", 720), ("duration", "6"), ("prompt", "a" * 2001)])
def test_video_01_is_still_held_to_types_and_lengths(field: str, value: Any) -> None:
    """It does not care which resolution is asked for, but a number is no resolution."""
    assert _first("text-to-video", _body("text-to-video", "video-01", **{field: value}))[0] == field


def test_subject_reference_has_no_resolution() -> None:
    """The fields of the other modes are unknown there: they neither break a rule nor change the video."""
    mode, body = load_contract().mode("subject-reference"), _body("subject-reference", "S2V-01", "4K", "long")
    assert _first("subject-reference", body) is None
    assert list(mode.unknown_fields(body)) == ["resolution", "duration"]
    assert mode.matrix.complete(body) == {"resolution": "720P", "duration": 6}


@pytest.mark.parametrize(
    ("mode", "change", "rule", "text"),
    [
        ("text-to-video", {"model": "MiniMax-Hailuo-2.3-Fast"}, "model",
         "model MiniMax-Hailuo-2.3-Fast does not support Text-to-Video mode"),
        ("text-to-video", {"model": "S2V-01"}, "model", "model S2V-01 does not support Text-to-Video mode"),
        ("image-to-video", {"model": "T2V-01"}, "model", "model T2V-01 does not support Image-to-Video mode"),
        ("first-last-frame", {"model": "MiniMax-Hailuo-2.3"}, "model",
         "model MiniMax-Hailuo-2.3 does not support First-and-Last-Frame-to-Video mode"),
        ("subject-reference", {"model": "video-01"}, "model",
         "model video-01 does not support Subject-Reference-to-Video mode"),
        ("text-to-video", {"model": "T2V-02"}, "model", "unsupported model: T2V-02"),
        ("subject-reference", {"model": "s2v-01"}, "model", "unsupported model: s2v-01"),
        ("text-to-video", {"resolution": "720P"}, "resolution-for-model",
         "model MiniMax-Hailuo-02 does not support resolution 720P, supported resolutions: 768P, 1080P"),
        ("text-to-video", {"resolution": "512P"}, "resolution-for-model",
         "model MiniMax-Hailuo-02 does not support resolution 512P, supported resolutions: 768P, 1080P"),
        ("first-last-frame", {"resolution": "512P"}, "resolution-for-model",
         "model MiniMax-Hailuo-02 does not support resolution 512P, supported resolutions: 768P, 1080P"),
        ("text-to-video", {"resolution": "1080P", "duration": 10}, "duration-for-resolution",
         "model MiniMax-Hailuo-02 does not support the combination of duration 10s and resolution 1080P"),
        ("first-last-frame", {"resolution": "1080P", "duration": 10}, "duration-for-resolution",
         "model MiniMax-Hailuo-02 does not support the combination of duration 10s and resolution 1080P"),
        ("text-to-video", {"prompt": ...}, "body", "binding: expr_path=prompt, cause=missing required parameter"),
        ("text-to-video", {"prompt": None}, "prompt", "binding: expr_path=prompt, cause=expected string but got null"),
        ("text-to-video", {"aigc_watermark": 1}, "aigc_watermark",
         "binding: expr_path=aigc_watermark, cause=expected boolean but got integer"),
        ("first-last-frame", {"last_frame_image": ...}, "body",
         "binding: expr_path=last_frame_image, cause=missing required parameter"),
        ("first-last-frame", {"last_frame_image": "iVBORw0KGgo="}, "last_frame_image",
         "last_frame_image: invalid image url"),
        ("first-last-frame", {"first_frame_image": "/tmp/a.png"}, "first_frame_image",
         "first_frame_image: invalid image url"),
        ("subject-reference", {"subject_reference": {}}, "subject_reference",
         "binding: expr_path=subject_reference, cause=expected array but got object"),
        ("subject-reference", {"subject_reference": []}, "subject_reference", "subject_reference must be one"),
        ("subject-reference", {"subject_reference": [_SUBJECT, _SUBJECT]}, "subject_reference",
         "subject_reference must be one"),
        ("subject-reference", {"subject_reference": [{"image": [IMAGE_URL]}]}, "subject_reference",
         "binding: expr_path=subject_reference.0.type, cause=missing required parameter"),
        ("subject-reference", {"subject_reference": [_SUBJECT | {"type": "dog"}]}, "subject-type",
         "subject_reference.0.type: unsupported type: dog"),
        ("subject-reference", {"subject_reference": [_SUBJECT | {"image": IMAGE_URL}]}, "subject-images",
         "binding: expr_path=subject_reference.0.image, cause=expected array but got string"),
        ("subject-reference", {"subject_reference": [_SUBJECT | {"image": [IMAGE_URL] * 2}]}, "subject-images",
         "subject_reference.0.image must be one"),
        ("subject-reference", {"subject_reference": [_SUBJECT | {"image": ["face.png"]}]}, "subject-image",
         "subject_reference.0.image.0: invalid image url"),
    ],
)  # fmt: skip
def test_refusal_speaks_of_its_mode(mode: str, change: dict[str, Any], rule: str, text: str) -> None:
    """Each broken rule has its text, with the field, the model and the words of the mode that the call counts as."""
    model = "S2V-01" if mode == "subject-reference" else "MiniMax-Hailuo-02"
    body = {name: value for name, value in (_body(mode, model) | change).items() if value is not ...}
    assert _first(mode, body) == (rule, f"invalid params, {text}")


@pytest.mark.parametrize(
    ("mode", "model", "wording"),
    [
        ("text-to-video", "I2V-01", "observed"), ("text-to-video", "X-01", "assumed"),
        ("image-to-video", "T2V-01", "assumed"), ("first-last-frame", "I2V-01", "assumed"),
        ("subject-reference", "I2V-01", "assumed"),
    ],
)  # fmt: skip
def test_text_about_the_model_of_another_mode_was_recorded_for_one_mode(mode: str, model: str, wording: str) -> None:
    """What the others are called in that text, and the text about a model that nobody knows, are assumed."""
    first = load_contract().check_create(_body(mode, model), (mode,))[0]
    assert (first.rule, first.wording) == ("model", wording)
    assert first.allowed == load_contract().mode(mode).matrix.models
    assert first.did_you_mean is None or model == "X-01"


@pytest.mark.parametrize("many", [[{}] * 90_000, ["x"] * 90_000, [{"type": "character", "image": ["x"] * 90_000}]])
def test_items_beyond_what_is_allowed_are_not_judged_one_by_one(many: list[Any]) -> None:
    """That there are too many is one finding, however many there are."""
    found = load_contract().check_create({"model": "S2V-01", "subject_reference": many}, ("subject-reference",))
    assert found
    assert len(found) < 5


def test_a_field_that_marks_another_mode_is_told() -> None:
    """A default mock takes a body with a last frame, whose field it ignores; what is noted says which flag would take it."""
    contract, body = load_contract(), MARKS["image-to-video"] | MARKS["first-last-frame"] | {"promt": "a"}
    last, prompt = contract.unknown_fields(contract.mode_of(body), body, MODES[:1])
    assert (last.name, last.meant) == ("last_frame_image", None)
    assert last.hint is not None
    assert "marks a call for first-last-frame" in last.hint
    assert "--modes first-last-frame or --modes all" in last.hint
    assert (prompt.name, prompt.meant, prompt.hint) == ("promt", "prompt", None)


def test_a_misspelt_mark_is_told_where_it_made_another_call_of_it() -> None:
    """A body whose picture has a name that the service does not know counts as text-to-video, and the hint says why."""
    body = {"model": "MiniMax-Hailuo-2.3-Fast", "prompt": "a", "last": 1, "first_frame": IMAGE_URL}
    first = load_contract().check_create(body, MODES)[0]
    assert first.hint.endswith("no picture. The service does not know first_frame; did you mean first_frame_image?")


def test_only_one_hint_is_about_modes() -> None:
    """A body that breaks three rules for the same reason is told of it once."""
    body = {"model": "I2V-01", "prompt": "a", "resolution": "512P", "duration": 10}
    hints = [each.hint for each in load_contract().check_create(body, MODES)]
    assert len(hints) > 1
    assert ["counts as" in hint for hint in hints] == [True] + [False] * (len(hints) - 1)


@pytest.mark.parametrize(
    ("fields", "enabled", "expected"),
    [
        ("", MODES, "text-to-video"),
        ("first_frame_image", MODES, "image-to-video"),
        ("last_frame_image", MODES, "first-last-frame"),
        ("first_frame_image last_frame_image", MODES, "first-last-frame"),
        ("subject_reference", MODES, "subject-reference"),
        ("first_frame_image last_frame_image subject_reference", MODES[::-1], "subject-reference"),
        ("last_frame_image", ("image-to-video", "text-to-video"), "text-to-video"),
        ("first_frame_image last_frame_image", ("image-to-video", "text-to-video"), "image-to-video"),
        ("", ("subject-reference", "first-last-frame"), "first-last-frame"),
        ("subject_reference", ("image-to-video", "first-last-frame"), "image-to-video"),
        ("", ("subject-reference",), "subject-reference"),
        ("subject_reference", ("image-to-video",), "image-to-video"),
    ],
)
def test_mode_goes_by_the_fields_that_are_there(fields: str, enabled: tuple[str, ...], expected: str) -> None:
    """Whatever their values are: the first of subject, last frame and first frame, else the last mode of the order."""
    assert load_contract().mode_of(dict.fromkeys(fields.split()), enabled).name == expected
    assert load_contract().mode_of([fields], enabled).name == load_contract().mode_of({}, enabled).name


@pytest.mark.parametrize("body", [None, [], "text", 7])
def test_body_that_is_no_object_has_a_mode_and_is_refused(body: Any) -> None:
    """A body without fields counts as the last mode, and breaks the rule about bodies."""
    assert [each.rule for each in load_contract().check_create(body, MODES)] == ["body"]


@pytest.mark.parametrize(
    ("body", "enabled", "words"),
    [
        (MARKS["text-to-video"], MODES[:1], "looks like text-to-video, since it has no picture. The mock takes "
         "text-to-video when it is started with --modes text-to-video or --modes all."),
        (MARKS["first-last-frame"], MODES[:1], "looks like first-last-frame, since it has last_frame_image."),
        (MARKS["subject-reference"], MODES[:2], "--modes subject-reference or --modes all"),
        ({"model": "T2V-01"} | MARKS["image-to-video"], MODES[:1], "T2V-01 is a model of text-to-video, which has no picture. The mock takes "
         "text-to-video when it is started with --modes text-to-video or --modes all."),
        ({"model": "I2V-01"} | MARKS["text-to-video"], MODES, "I2V-01 is a model of image-to-video, which has first_frame_image. "
         "The call counts as text-to-video, since it has no picture."),
        (MARKS["image-to-video"], MODES, "The call counts as image-to-video, since it has first_frame_image."),
        ({"model": "T2V-01", "prompt": "a", "resolution": "1080P"}, MODES[:2],
         "The call counts as text-to-video, since it has no first_frame_image."),
    ],
)  # fmt: skip
def test_hint_tells_about_modes(body: dict[str, Any], enabled: tuple[str, ...], words: str) -> None:
    """Which mode a body looks like and what switches it on, or which of several it counts as, and why."""
    assert words in load_contract().check_create(body, enabled)[0].hint


def test_hint_of_a_default_refusal_about_something_else_says_nothing_of_modes() -> None:
    """With one mode switched on, and a body that is meant for it, nobody needs to hear of the others."""
    body = MARKS["image-to-video"] | {"model": "I2V-01", "resolution": "1080P", "prompt": 7}
    hints = [each.hint for each in load_contract().check_create(body)]
    assert len(hints) == 2
    assert not any("mode" in hint.replace("model", "") for hint in hints)


@pytest.mark.parametrize("mode", MODES)
def test_document_is_openapi_for_a_stranger(mode: str) -> None:
    """Each document is valid for a validator that is not ours, which follows its references to the others."""
    path = FOLDER / FILES[mode]
    validate(read_yaml(path), base_uri=path.as_uri())


@pytest.mark.parametrize("mode", MODES)
def test_document_has_an_example_that_it_accepts(mode: str) -> None:
    """The example of a document is a body of its mode, and breaks nothing."""
    contract = load_contract()
    example = contract.mode(mode).document.resolve(CREATE_SCHEMA)["example"]
    assert contract.mode_of(example, MODES).name == mode
    assert contract.check_create(example, MODES) == []


@pytest.mark.parametrize("mode", MODES)
def test_fields_are_those_of_the_documentation(mode: str) -> None:
    """Names and required lists, by hand from the documentation."""
    common = {"model", "prompt", "prompt_optimizer", "callback_url"}
    chosen = {"duration", "resolution"}
    fields = {
        "image-to-video": common | chosen | {"first_frame_image", "fast_pretreatment"},
        "text-to-video": common | chosen | {"fast_pretreatment", "aigc_watermark"},
        "first-last-frame": common | chosen | {"first_frame_image", "last_frame_image", "aigc_watermark"},
        "subject-reference": common | {"subject_reference", "aigc_watermark"},
    }
    found = load_contract().mode(mode)
    assert set(found.fields) == fields[mode]
    (mark,) = MARKS[mode]
    assert found.document.resolve(CREATE_SCHEMA)["required"] == ["model", mark]


def test_every_place_of_a_picture_is_known() -> None:
    """The journal shortens pictures at the members that some document has pictures in."""
    places = {path[0] for mode in MODES for path in load_contract().mode(mode).pictures}
    assert places == set(PICTURE_FIELDS)


def test_advice_of_text_to_video_knows_its_director() -> None:
    """T2V-01-Director understands camera commands as the Hailuo models do; T2V-01 does not."""
    mode = load_contract().mode("text-to-video")
    told = {
        model: [each.rule for each in mode.advise({"model": model, "prompt": "[Push in]"})]
        for model in mode.matrix.models
    }
    camera = ["advice-camera-model"]
    assert told == {
        "MiniMax-Hailuo-2.3": [], "MiniMax-Hailuo-02": [], "T2V-01-Director": [], "T2V-01": camera, "video-01": camera
    }  # fmt: skip


def test_modes_are_read_when_they_are_needed() -> None:
    """The start reads one document; the first refusal that could be about another mode reads the rest."""
    contract = Contract(FOLDER)
    assert list(contract.document.neighbours) == ["video_generation.yaml"]
    assert contract.check_create({"model": "I2V-01"} | MARKS["image-to-video"]) == []
    assert contract.check_create({"model": "I2V-01", "prompt": 7} | MARKS["image-to-video"]) != []
    assert list(contract.document.neighbours) == ["video_generation.yaml"]
    assert contract.check_create({"model": "T2V-01"})
    assert set(contract.document.neighbours) == set(FILES.values())


def test_reference_gives_its_own_rule_to_what_it_leads_to() -> None:
    """A schema is shared and the rule is not: beside a reference, x-rule stands in for that of the other schema."""
    schema = Document(FOLDER / "first_last_frame.yaml", load_contract().rules).resolve(CREATE_SCHEMA)
    assert schema["properties"]["last_frame_image"]["$ref"].endswith("/properties/first_frame_image")
    body = {"model": "MiniMax-Hailuo-02", "last_frame_image": 1, "first_frame_image": 1}
    found = load_contract().check_create(body, ("first-last-frame",))
    assert [(each.rule, each.pointer) for each in found] == [
        ("first_frame_image", "/first_frame_image"), ("last_frame_image", "/last_frame_image"),
    ]  # fmt: skip
    Draft202012Validator.check_schema(schema)
