"""A document of a further mode that is broken: one line at the start of a server that has it, and silence elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mock_server import Settings, resources
from mock_server.contract.contract import Contract
from mock_server.errors import ContractError
from mock_server.operations.service import build_service

TEXT, FRAMES, SUBJECT = "text_to_video.yaml", "first_last_frame.yaml", "subject_reference.yaml"
MODE = {TEXT: "text-to-video", FRAMES: "first-last-frame", SUBJECT: "subject-reference"}
REQUEST = "/components/schemas/VideoGenerationReq"
_FIRST = "'video_generation.yaml#/components/schemas/VideoGenerationReq/properties/first_frame_image'"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of openapi/ that a test may break."""
    return Path(shutil.copytree(resources.folder("openapi"), tmp_path / "openapi"))


@pytest.mark.parametrize(
    ("name", "old", "new", "message", "place"),
    [
        (TEXT, "x-rule: aigc_watermark\n", "x-rule: watermark\n", "x-rule 'watermark' is not listed in rules.yaml",
         f"{REQUEST}/properties/aigc_watermark/x-rule"),
        (TEXT, "  required:\n        - model\n", "  requird:\n        - model\n", "unknown keyword 'requird'",
         f"{REQUEST}/requird"),
        (TEXT, "properties/prompt'", "properties/promt'", "leads nowhere", f"{REQUEST}/properties/prompt/$ref"),
        (TEXT, "video_generation.yaml#/components/schemas/VideoGenerationResp", "video.yaml#/VideoGenerationResp",
         "$ref 'video.yaml#/VideoGenerationResp' leads nowhere",
         "/paths/~1v1~1video_generation/post/responses/200/content/application~1json/schema/$ref"),
        (TEXT, "video_generation.yaml#/components/schemas/VideoGenerationResp", "../openapi/video_generation.yaml#/info",
         "leads nowhere", "/paths/~1v1~1video_generation/post/responses/200/content/application~1json/schema/$ref"),
        (TEXT, "post/callbacks/taskUpdates", "post/callbacks/updates", "leads nowhere",
         "/paths/~1v1~1video_generation/post/callbacks/taskUpdates/$ref"),
        (FRAMES, "aigc_watermark:\n          $ref: 'text_to_video.yaml#/", "aigc_watermark:\n          $ref: 'text.yaml#/",
         "leads nowhere", f"{REQUEST}/properties/aigc_watermark/$ref"),
        (FRAMES, f"$ref: {_FIRST}\n          # Beside", f"$ref: {_FIRST}\n          maxLenght: 1\n          # Beside",
         "unknown keyword 'maxLenght'", f"{REQUEST}/properties/last_frame_image/maxLenght"),
        (SUBJECT, "            x-rule: subject_reference\n", "", "a schema that can refuse a value needs an x-rule",
         f"{REQUEST}/properties/subject_reference/items"),
        (SUBJECT, "  field: subject_reference\n", "  filed: subject_reference\n", "unknown keys ['filed']", "/x-mode"),
        (SUBJECT, "x-mode:\n", "x-mood:\n", "x-mode is a mapping", "/x-mode"),
        (SUBJECT, "  rank: 1\n", "", "missing keys ['rank']", "/x-mode"),
        (SUBJECT, "name: subject-reference\n", "name: text-to-video\n", "does not belong into this file", "/x-mode/name"),
        (SUBJECT, "wording: assumed\n", "wording: rumoured\n", "known in one of these ways", "/x-mode/wording"),
    ],
)  # fmt: skip
def test_broken_document_names_file_line_and_place(
    folder: Path, name: str, old: str, new: str, message: str, place: str
) -> None:
    """What nothing would notice later stops the start in one line."""
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ContractError) as caught:
        Contract(folder).mode(MODE[name])
    told = str(caught.value)
    assert told.startswith(f"{path}:")
    assert told.removeprefix(f"{path}:").partition(":")[0].isdigit() or place == "/x-mode"
    assert message in told
    assert told.endswith(f"(at {place})")
    assert "\n" not in told


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        (TEXT, "  /v1/video_generation:", "  /v1/video:", "the path /v1/video_generation is missing"),
        (SUBJECT, "resolution: 720P, duration", "resolution: 720Q, duration", "no size for 720Q"),
        (SUBJECT, "resolution: 720P, duration", "duration", "not complete: KeyError"),
        (SUBJECT, "    VideoGenerationReq:\n", "    VideoGenerationRequest:\n", "VideoGenerationReq"),
        (FRAMES, "      example:\n", "      x-example:\n", "not complete: KeyError: 'example'"),
        (
            TEXT,
            "      x-advice:\n        - x-rule: advice-fast-pretreatment\n",
            "      x-advice:\n        -\n",
            "KeyError: 'x-rule'",
        ),
    ],
)
def test_incomplete_document_names_the_file(folder: Path, name: str, old: str, new: str, words: str) -> None:
    """A part that the mock needs is missing: one line with the file."""
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))
    with pytest.raises(ContractError) as caught:
        Contract(folder).mode(MODE[name])
    assert str(folder) in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", MODE)
@pytest.mark.parametrize("content", [None, "openapi: [", "a text\n", "openapi: 3.1.0\n"])
def test_only_a_mode_that_is_switched_on_has_to_be_whole(folder: Path, name: str, content: str | None) -> None:
    """A broken document stops the start of a server that has its mode; others do not read it, or do without it."""
    path = folder / name
    path.unlink() if content is None else path.write_text(content)
    contract = Contract(folder)
    with pytest.raises(ContractError) as caught:
        build_service(Settings(modes=("image-to-video", MODE[name])), contract=contract)
    assert str(path) in str(caught.value)
    build_service(Settings(), contract=contract)
    assert contract.check_create({"model": "T2V-01", "first_frame_image": "https://example.com/a.jpg"})


def test_document_that_another_refers_to_is_checked_with_it(folder: Path) -> None:
    """What is wrong in a document is found through a mode that needs only a part of it, and again the next time."""
    path = folder / TEXT
    path.write_text(path.read_text().replace("      x-rule: body\n", "      x-rule: bodies\n", 1))
    contract = Contract(folder)
    for _ in range(2):
        with pytest.raises(ContractError, match="x-rule 'bodies'") as caught:
            contract.mode("subject-reference")
        assert str(caught.value).startswith(f"{path}:")


def test_documents_may_refer_to_each_other(folder: Path) -> None:
    """Two documents that need each other are both read, once."""
    path = folder / TEXT
    path.write_text(
        path.read_text().replace(
            "        resolution:\n          type: string\n          x-rule: resolution\n",
            "        resolution:\n          $ref: 'first_last_frame.yaml#/components/schemas/VideoGenerationReq/properties/prompt'\n"
            "          x-rule: resolution\n",
            1,
        )
    )
    contract = Contract(folder)
    assert contract.mode("first-last-frame").document.neighbours is contract.mode("text-to-video").document.neighbours
    body = {"model": "video-01", "prompt": "a", "resolution": 7}
    assert [each.rule for each in contract.check_create(body, ("text-to-video",))] == ["resolution"]
