"""The contract document: what is broken in it stops the start with file, line and place, and what it promises stays."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from mock_server import resources
from mock_server.contract.contract import Contract
from mock_server.errors import ContractError
from mock_server.settings import MODES

REQUEST = "/components/schemas/VideoGenerationReq"
RETRIEVE = "/paths/~1v1~1files~1retrieve/get"
CREATE = "/paths/~1v1~1video_generation/post"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of openapi/ that a test may break."""
    return Path(shutil.copytree(resources.folder("openapi"), tmp_path / "openapi"))


def _edit(folder: Path, old: str, new: str) -> Path:
    path = folder / "video_generation.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def _line(path: Path, marker: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if marker in line)


@pytest.mark.parametrize(
    ("old", "new", "marker", "message", "place"),
    [
        ("maxLength: 2000", "maxLenght: 2000", "maxLenght", "unknown keyword 'maxLenght'",
         f"{REQUEST}/properties/prompt/maxLenght"),
        ("  version: 1.0.0", "  version: 1.0.0\n  colour: blue", "colour", "unknown keyword 'colour'", "/info/colour"),
        ("  then:\n", "  them:\n", "them:", "unknown keyword 'them'", f"{REQUEST}/allOf/0/them"),
        ("required: true\n        content:", "requird: true\n        content:", "requird", "unknown keyword 'requird'",
         f"{CREATE}/requestBody/requird"),
        ("servers:\n  - url: https://api.minimax.io", "servers: 5", "servers: 5", "expected a list", "/servers"),
        ("schemas/FileRetrieveResp'", "schemas/FileRetrieve'", "schemas/FileRetrieve'",
         "$ref '#/components/schemas/FileRetrieve' leads nowhere",
         f"{RETRIEVE}/responses/200/content/application~1json/schema/$ref"),
        ("'#/components/schemas/FileRetrieveResp'", "'files.yaml#/FileRetrieveResp'", "files.yaml",
         "$ref 'files.yaml#/FileRetrieveResp' leads nowhere",
         f"{RETRIEVE}/responses/200/content/application~1json/schema/$ref"),
        ("x-rule: fast_pretreatment\n", "x-rule: fast_treatment\n", "x-rule: fast_treatment",
         "x-rule 'fast_treatment' is not listed in rules.yaml", f"{REQUEST}/properties/fast_pretreatment/x-rule"),
        ("operationId: queryVideoGeneration\n              description", "operationId: query\n              description",
         "operationId: query", "operationId 'query' is not in the document",
         f"{CREATE}/responses/200/links/queryTask/operationId"),
    ],
)  # fmt: skip
def test_broken_document_names_line_and_place(
    folder: Path, old: str, new: str, marker: str, message: str, place: str
) -> None:
    """A keyword, reference, link or rule that nothing would notice later is an error at start, in one line."""
    path = _edit(folder, old, new)
    with pytest.raises(ContractError) as caught:
        Contract(folder)
    text = str(caught.value)
    assert text.startswith(f"{path}:{_line(path, marker)}: ")
    assert message in text
    assert text.endswith(f"(at {place})")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("vague: {by: server, title: t, evidence: documented}", "missing keys ['hint'] in a rule"),
        ("odd: {by: server, title: t, evidence: documented, hint: h, why: w}", "unknown keys ['why']"),
    ],
)
def test_broken_rule_names_line_and_place(folder: Path, row: str, message: str) -> None:
    """A rule that lacks a key, or has one too many, is an error at start, in one line."""
    path = folder / "rules.yaml"
    path.write_text(path.read_text().replace("rules:\n", f"rules:\n  {row}\n", 1))
    with pytest.raises(ContractError) as caught:
        Contract(folder)
    name = row.partition(":")[0]
    assert str(caught.value).startswith(f"{path}:{_line(path, name)}: ")
    assert message in str(caught.value)
    assert str(caught.value).endswith(f"(at /rules/{name})")


def test_every_rule_of_a_schema_is_carried_by_one() -> None:
    """A rule that the schemas are said to judge stands in one of them."""
    contract = Contract(resources.folder("openapi"))
    carried = {rule for mode in MODES for _, rule in contract.mode(mode).document.schema_rules()}
    assert {rule.id for rule in contract.rules.values() if rule.by != "server"} == carried


@pytest.mark.parametrize(
    ("old", "new", "marker", "message"),
    [
        ("        duration:\n", "        model: {}\n        duration:\n", "        model: {}", "'model' stands twice"),
        ("title: MiniMax API", "title: MiniMax: API", "MiniMax: API", "mapping values are not allowed"),
        ("title: MiniMax API", "title: [MiniMax", "summary:", "expected ',' or ']'"),
        ("title: MiniMax API", "\ttitle: MiniMax API", "\ttitle", "cannot start any token"),
        ("title: MiniMax API", "title: !!python/name:os.system", "!!python", "could not determine a constructor"),
    ],
)
def test_unreadable_document_names_the_line(folder: Path, old: str, new: str, marker: str, message: str) -> None:
    """A key that stands twice, or text that is no YAML, is an error with file and line."""
    path = _edit(folder, old, new)
    with pytest.raises(ContractError, match=message) as caught:
        Contract(folder)
    assert str(caught.value).startswith(f"{path}:{_line(path, marker)}: ")


def test_missing_file_and_missing_path_name_the_file(folder: Path) -> None:
    """A document that is not there, or that lacks an operation of the mock, is an error that names the file."""
    path = _edit(folder, "  /v1/files/retrieve:", "  /v1/files/fetch:")
    with pytest.raises(ContractError, match="the path /v1/files/retrieve is missing") as caught:
        Contract(folder)
    assert str(path) in str(caught.value)
    path.unlink()
    with pytest.raises(ContractError) as caught:
        Contract(folder)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"- a list\n", b"a text\n", b"\xff\xfe\x00"])
def test_document_that_is_no_mapping_is_refused(folder: Path, content: bytes) -> None:
    """An empty file, another shape, or bytes that are no text give a ContractError and no traceback."""
    path = folder / "video_generation.yaml"
    path.write_bytes(content)
    with pytest.raises(ContractError) as caught:
        Contract(folder)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("old", ["info:\n", "  /v1/video_generation:\n", "    VideoGenerationReq:\n", "components:\n"])
def test_keywords_of_ones_own_are_welcome(folder: Path, old: str) -> None:
    """Anything that begins with x- may stand in the document and its schemas, whatever is in it."""
    indent = " " * (len(old) - len(old.lstrip()) + 2)
    _edit(folder, old, f"{old}{indent}x-mine: {{any: [thing, {{maxLenght: 1}}]}}\n")
    Contract(folder)


DOCUMENT: Any = yaml.safe_load((resources.folder("openapi") / "video_generation.yaml").read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
# Written by hand from the vendor's document, api-reference/video/generation/api/image-to-video.json.
REQUEST_TYPES = {
    "model": "string", "first_frame_image": "string", "prompt": "string", "prompt_optimizer": "boolean",
    "fast_pretreatment": "boolean", "duration": "integer", "resolution": "string", "callback_url": "string",
}  # fmt: skip
MODELS = [
    "MiniMax-Hailuo-2.3",
    "MiniMax-Hailuo-2.3-Fast",
    "MiniMax-Hailuo-02",
    "I2V-01-Director",
    "I2V-01-live",
    "I2V-01",
]
IMAGE = "https://cdn.hailuoai.com/prod/2024-09-18-16/user/multi_chat_file/9c0b5c14-ee88-4a5b-b503-4f626f018639.jpeg"


def test_a_strangers_validator_calls_the_document_openapi() -> None:
    """The bundled document is a correct OpenAPI document for a validator that is not ours."""
    validate(DOCUMENT)


def test_document_is_about_the_vendors_service() -> None:
    """Version, title, licence, server, security and the create operation are those of the vendor's document."""
    assert DOCUMENT["openapi"] == "3.1.0"
    assert {name: DOCUMENT["info"][name] for name in ("title", "license", "version")} == {
        "title": "MiniMax API", "license": {"name": "MIT"}, "version": "1.0.0"
    }  # fmt: skip
    assert DOCUMENT["servers"] == [{"url": "https://api.minimax.io"}]
    assert DOCUMENT["security"] == [{"bearerAuth": []}]
    scheme = DOCUMENT["components"]["securitySchemes"]["bearerAuth"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    create = DOCUMENT["paths"]["/v1/video_generation"]["post"]
    assert (create["operationId"], create["tags"]) == ("videoGeneration", ["Video"])
    assert create["requestBody"]["required"] is True
    assert list(create["requestBody"]["content"]) == ["application/json"]


def test_request_schema_has_the_vendors_fields() -> None:
    """Names, types, enums, the required list and the example of a create body are the vendor's."""
    request = SCHEMAS["VideoGenerationReq"]
    properties = request["properties"]
    assert request["type"] == "object"
    assert request["required"] == ["model", "first_frame_image"]
    assert {name: schema["type"] for name, schema in properties.items()} == REQUEST_TYPES
    enums = {name: schema["enum"] for name, schema in properties.items() if "enum" in schema}
    assert enums == {"model": MODELS, "resolution": ["512P", "720P", "768P", "1080P"]}
    defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    assert defaults == {"prompt_optimizer": True, "fast_pretreatment": False, "duration": 6}
    assert properties["prompt"]["maxLength"] == 2000
    assert request["example"] == {
        "prompt": "A mouse runs toward the camera, smiling and blinking.", "first_frame_image": IMAGE,
        "model": "MiniMax-Hailuo-2.3", "duration": 6, "resolution": "1080P",
    }  # fmt: skip


def test_answer_schema_has_the_vendors_fields() -> None:
    """Names, types and the example of a create answer and of base_resp are the vendor's."""
    answer = SCHEMAS["VideoGenerationResp"]
    assert answer["type"] == "object"
    assert list(answer["properties"]) == ["task_id", "base_resp"]
    assert answer["properties"]["task_id"]["type"] == "string"
    assert answer["example"] == {
        "task_id": "106916112212032", "base_resp": {"status_code": 0, "status_msg": "success"}
    }  # fmt: skip
    types = {name: schema["type"] for name, schema in SCHEMAS["BaseResp"]["properties"].items()}
    assert types == {"status_code": "integer", "status_msg": "string"}
