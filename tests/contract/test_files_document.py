"""The document of the calls about files: what it lists, and that every answer is one that it describes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from contract_tests.api import Api, png
from mock_server import MockServer, Settings, resources
from mock_server.contract import grammar
from mock_server.contract.contract import Contract, load_contract
from mock_server.errors import ContractError
from tests.over_http.uploading import LIST, delete, send, upload

FOLDER = resources.folder("openapi")
NAMES = ("files.yaml", "video_generation.yaml")
TEXTS = {name: yaml.safe_load((FOLDER / name).read_text(encoding="utf-8")) for name in NAMES}
BASE = "https://openapi.invalid/"
RESOURCES: Any = [(f"{BASE}{name}", DRAFT202012.create_resource(data)) for name, data in TEXTS.items()]
REGISTRY: Registry[Any] = Registry().with_resources(RESOURCES)


def fits(schema: str, body: Any) -> bool:
    """Whether a stranger's validator takes the body for what the schema describes."""
    reference = {"$ref": f"{BASE}files.yaml#/components/schemas/{schema}"}
    return Draft202012Validator(reference, registry=REGISTRY).is_valid(body)


def test_a_strangers_validator_calls_the_document_openapi() -> None:
    """It is a correct OpenAPI document, and no keyword in it is misspelt."""
    validate(TEXTS["files.yaml"], base_uri=(FOLDER / "files.yaml").as_uri())
    assert [value for _, kind, value in grammar.walk(TEXTS["files.yaml"], "openapi") if kind[:1] == "!"] == []


def test_purposes_are_the_vendors() -> None:
    """Written by hand from the vendor's pages; one of an upload was observed alone."""
    files = load_contract().files
    assert files.list_purposes == ["voice_clone", "prompt_audio", "t2a_async_input", "video_generation_input"]
    assert files.delete_purposes == ["voice_clone", "prompt_audio", "t2a_async", "t2a_async_input", "video_generation"]
    documented = ["voice_clone", "prompt_audio", "t2a_async_input", "video_understanding", "video_generation_input"]
    assert files.upload_purposes("documented") == documented
    assert files.upload_purposes("observed") == [*documented, "retrieval"]


def test_every_reference_leads_somewhere() -> None:
    """Into this document, or into the one whose schemas it shares."""
    references = [
        value["$ref"]
        for _, kind, value in grammar.walk(TEXTS["files.yaml"], "openapi")
        if not kind.startswith(("map:", "!")) and isinstance(value, dict) and "$ref" in value
    ]
    assert len(references) > 10
    resolver = REGISTRY.resolver(f"{BASE}files.yaml")
    for reference in references:
        assert resolver.lookup(reference).contents


def test_answers_are_as_described() -> None:
    """Of each call, the good and the refused one; the examples too."""
    with MockServer(Settings(port=0)) as mock:
        api = Api(mock.url, "described")
        good = upload(api, png(9, 9), "a.png").json
        assert fits("FileUploadResp", good)
        assert fits("FileUploadResp", send(api, {}).json)
        assert fits("FileListResp", api.send("GET", LIST).json)
        assert fits("FileListResp", api.send("GET", LIST, query={"__code": "1008"}).json)
        assert fits("FileDeleteResp", delete(api, {"file_id": good["file"]["file_id"]}).json)
        assert fits("FileDeleteResp", delete(api, {}).json)
        assert not fits("FileUploadResp", {"file": {}, "base_resp": good["base_resp"]})
    schemas = TEXTS["files.yaml"]["components"]["schemas"]
    examples = {name: schema["example"] for name, schema in schemas.items() if "example" in schema}
    assert [fits(name, example) for name, example in examples.items()] == [True] * len(examples) == [True, True]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  /v1/files/list:", "  /v1/files/lst:", "files.yaml: the path /v1/files/list is missing"),
        ("enum: [voice_clone, prompt_audio, t2a_async_input, video_gen", "enun: [voice_clone, video_gen", "not complete"),
        ("    FileDeleteReq:\n", "    FileDeletion:\n", "not complete"),
        ("openapi: 3.1.0", "openapi: [3.1.0", "files.yaml:2: "),
    ],
)  # fmt: skip
def test_a_broken_document_stops_the_start(tmp_path: Path, old: str, new: str, words: str) -> None:
    """In one line that names the file, or the part that is missing."""
    copy = Path(shutil.copytree(FOLDER, tmp_path / "openapi"))
    text = (copy / "files.yaml").read_text()
    assert old in text
    (copy / "files.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(ContractError) as caught:
        Contract(copy)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
