"""Deliberate breakages of our own validation: a stranger's generator must notice each of them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask, Response, jsonify
from hypothesis import HealthCheck
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from mock_server import Settings, create_app
from mock_server.contract.contract import Contract, load_contract
from mock_server.contract.mode import Mode
from mock_server.errors import Refusal
from mock_server.operations import access, service
from mock_server.operations.service import build_service
from mock_server.receiver import CallbackReceiver
from mock_server.resources import folder
from tests.strangers.schemathesis_hooks import PICTURES, RECEIVER_VARIABLE, made_real

KEY = {"Authorization": "Bearer sk-ok"}
CREATE = "POST /v1/video_generation"
STRUCTURE = [not_a_server_error, status_code_conformance, response_schema_conformance]
Change = Callable[[str], str]


def findings(app: Flask, examples: int = 40) -> list[str]:
    """What the generator finds first: valid data that is refused, invalid data or missing keys that are not, broken answers."""
    app.add_url_rule("/openapi.json", "document", lambda: jsonify(load_contract().document.data))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    found: list[str] = []
    operations = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    create = next(operation for operation in operations if operation.label == CREATE)
    with CallbackReceiver() as receiver:
        os.environ[RECEIVER_VARIABLE] = receiver.url
        cases = schema.iter_coverage_cases(
            create, generation_modes=list(GenerationMode), generation_config=GenerationConfig()
        )
        for case in cases:
            if found:
                return found
            if case.method == "POST":
                case.body = made_real(case.body)
                _judge(case, found)
        _try_every_combination(app, found)
        for operation in operations:
            _fuzz(operation, found, examples if operation.label == CREATE else 5)
    return found


def _try_every_combination(app: Flask, found: list[str]) -> None:
    """The whole matrix and every format of picture; what is right says a plain validator on the right document."""
    document = load_contract().document.data
    right = Draft202012Validator(document | {"$ref": "#/components/schemas/VideoGenerationReq"})
    properties = document["components"]["schemas"]["VideoGenerationReq"]["properties"]
    bodies = [
        {
            "model": model,
            "first_frame_image": "https://example.com/a.jpg",
            "resolution": resolution,
            "duration": duration,
        }
        for model in [*properties["model"]["enum"], "I2V-02"]
        for resolution in properties["resolution"]["enum"]
        for duration in (5, 6, 10)
    ] + [{"model": "I2V-01", "first_frame_image": picture} for picture in PICTURES]
    client = app.test_client()
    for body in bodies:
        answer = client.post("/v1/video_generation", json=body, headers=KEY).get_json()
        code = answer.get("base_resp", {}).get("status_code")
        if (code == 0) != right.is_valid(body):
            found.append(f"{'accepted' if code == 0 else 'refused'}: {json.dumps(body)[:200]}")


def _fuzz(operation: Any, found: list[str], examples: int) -> None:
    @hypothesis.settings(
        max_examples=examples, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy(GenerationMode.POSITIVE))
    def judge(case: Any) -> None:
        if found:
            return  # one is enough
        if operation.label == CREATE:
            case.body = made_real(case.body)
        _judge(case, found)
        keyless = case.call(headers={"Authorization": ""})
        if keyless.json().get("base_resp", {}).get("status_code") not in (1004, 2049):
            found.append("no key was accepted")

    judge()


def _judge(case: Any, found: list[str]) -> None:
    answer = case.call(headers=KEY)
    try:
        case.validate_response(answer, checks=STRUCTURE)
    except (Exception, BaseExceptionGroup) as failure:
        found.append(f"structure: {failure}")
        return
    if case.operation.label != CREATE:
        return
    code = answer.json().get("base_resp", {}).get("status_code")
    if case.meta.is_negative_at(ParameterLocation.BODY):
        if code == 0:
            found.append(f"accepted: {json.dumps(case.body, default=str)[:200]}")
    elif not case.meta.generation.mode.is_negative and code != 0:
        found.append(
            f"refused: {answer.headers.get('x-mock-violations', [''])[0]} {json.dumps(case.body, default=str)[:300]}"
        )


def application(contract: Contract | None = None) -> Flask:
    """A mock, perhaps with another contract."""
    return create_app(service=build_service(Settings(seed=1, task_seconds=0, journal_max=50), contract=contract))


def test_the_mock_as_it_is_has_no_findings() -> None:
    """Without this, no finding below would mean anything."""
    assert findings(application()) == []


def replaced(old: str, new: str) -> Change:
    """The document with one text in place of another."""

    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


SCHEMA_BREAKAGES: dict[str, Change] = {
    "another model": replaced("            - I2V-01\n        first_frame", "            - I2V-01\n            - I2V-02\n        first_frame"),
    "one model refused": replaced("            - I2V-01-live\n", ""),
    "no image needed": replaced("        - model\n        - first_frame_image\n", "        - model\n"),
    "no model needed": replaced("        - model\n        - first_frame_image\n", "        - first_frame_image\n"),
    "any image text": replaced("          pattern: '^(?:[Hh]", "          x-pattern: '^(?:[Hh]"),
    "prompt too long": replaced("          maxLength: 2000\n", "          maxLength: 4000\n"),
    "prompt too short": replaced("          maxLength: 2000\n", "          maxLength: 20\n"),
    "text for a boolean": replaced("          type: boolean\n          x-rule: prompt_optimizer", "          type: [boolean, string]\n          x-rule: prompt_optimizer"),
    "number for a boolean": replaced("          type: boolean\n          x-rule: fast_pretreatment", "          type: [boolean, number]\n          x-rule: fast_pretreatment"),
    "null for a prompt": replaced("          type: string\n          x-rule: prompt\n", "          type: [string, 'null']\n          x-rule: prompt\n"),
    "ten seconds at 1080P": replaced("                x-rule: duration-for-resolution\n                enum: [6]", "                x-rule: duration-for-resolution\n                enum: [6, 10]"),
    "a resolution of another model": replaced("                enum: [720P]\n", "                enum: [720P, 768P]\n"),
    "any array for a body": replaced("    VideoGenerationReq:\n      type: object\n", "    VideoGenerationReq:\n      type: [object, array]\n"),
}  # fmt: skip


def broken_contract(tmp_path: Path, name: str) -> Contract:
    """The contract with one breakage; what is not about the schema (matrix, examples) is as it was."""
    copy = tmp_path / "openapi"
    shutil.copytree(folder("openapi"), copy)
    document = copy / "video_generation.yaml"
    document.write_text(SCHEMA_BREAKAGES[name](document.read_text()))
    return Contract(copy)


@pytest.mark.parametrize("name", SCHEMA_BREAKAGES)
def test_a_breakage_of_the_schema_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The server judges by a broken schema, the stranger by the right one."""
    # Two of them offer what there is no video of, which would stop the start.
    monkeypatch.setattr(service, "check_videos", lambda _modes: None)
    assert findings(application(broken_contract(tmp_path, name)))


def edited(change: Callable[[dict[str, Any]], None]) -> Flask:
    """A mock whose JSON answers are changed on their way out."""
    app = application()

    @app.after_request
    def edit(response: Response) -> Response:
        body = response.get_json(silent=True)
        if isinstance(body, dict) and "base_resp" in body:
            change(body)
            response.set_data(json.dumps(body))
        return response

    return app


ANSWER_BREAKAGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "no base_resp": lambda body: body.pop("base_resp"),
    "code as text": lambda body: body["base_resp"].update(status_code=str(body["base_resp"]["status_code"])),
    "no message": lambda body: body["base_resp"].pop("status_msg"),
    "task_id as number": lambda body: body.update(task_id=1) if body.get("task_id") else None,
    "success without task_id": lambda body: body.pop("task_id", None),
    "task_id with an error": lambda body: body.update(task_id="1") if "file" not in body and "status" not in body else None,
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWER_BREAKAGES)
def test_a_breakage_of_the_answer_is_noticed(name: str) -> None:
    """Every answer is held to the schema of the document."""
    assert findings(edited(ANSWER_BREAKAGES[name]), examples=10)


def test_a_server_that_asks_for_no_key_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever calls without a key must be refused."""
    monkeypatch.setattr(access, "bearer_key", lambda _headers: "anybody")
    assert "no key was accepted" in findings(application(), examples=5)


def test_a_crash_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the mock is HTTP 500, which no generator takes for an answer."""
    monkeypatch.setattr(Mode, "unknown_fields", lambda _self, body: dict.fromkeys(body["crash"]))
    assert findings(application(), examples=5)


def test_an_integer_with_a_point_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """True for an integer is refused; a server that takes it is found out."""
    original = Mode.check

    def lenient(self: Mode, body: Any) -> list[Any]:
        if isinstance(body, dict) and isinstance(body.get("duration"), bool):
            body = {name: value for name, value in body.items() if name != "duration"}
        return original(self, body)

    monkeypatch.setattr(Mode, "check", lenient)
    assert findings(application())


def test_a_refused_webp_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Valid pictures of all three formats are among the valid data."""
    contract = load_contract()
    original = contract.pictures.judge_data_url

    def picky(url: str, *rest: Any) -> Any:
        if "image/webp" in url[:20]:
            raise Refusal(2013)
        return original(url, *rest)

    monkeypatch.setattr(contract.pictures, "judge_data_url", picky)
    assert findings(application(), examples=5)
