"""What goes over the wire, key for key, and its headers."""

from __future__ import annotations

import json
import re

import pytest

from contract_tests.api import CREATE, MINIMAL, Api
from mock_server import MockServer
from tests.over_http.conftest import Clocks

BASE_OK = {"status_code": 0, "status_msg": "success"}


def created(api: Api, **changes: object) -> str:
    """Makes a task and gives its identifier."""
    reply = api.create(MINIMAL | changes)
    assert reply.code == 0, reply.content
    return str(reply.json["task_id"])


def test_create_answer_is_compact_json_in_the_observed_order(api: Api) -> None:
    """The body is what the service sends, byte for byte but for the identifier."""
    reply = api.create(MINIMAL)
    assert re.fullmatch(
        rb'\{"task_id":"\d{15}","base_resp":\{"status_code":0,"status_msg":"success"\}\}', reply.content
    )
    assert int(reply.headers["Content-Length"]) == len(reply.content)


def test_missing_key_is_the_recorded_144_bytes(mock: MockServer) -> None:
    """The recorded refusal had a Content-Length of 144 and no task_id."""
    reply = Api(mock.url, None).create(MINIMAL)
    assert reply.headers["Content-Length"] == "144"
    assert list(reply.json) == ["base_resp"]


def test_rate_limit_is_the_recorded_74_bytes(api: Api) -> None:
    """The recorded refusal had a Content-Length of 74."""
    reply = api.create(MINIMAL, Prefer="code=1002")
    assert reply.headers["Content-Length"] == "74"


def test_refused_create_has_an_empty_task_id(api: Api) -> None:
    """A refusal of the operation itself carries the key task_id with an empty string (observed)."""
    reply = api.create(MINIMAL | {"model": "video-01"}, Prefer="code=2061")
    assert reply.json == {
        "task_id": "",
        "base_resp": {"status_code": 2061, "status_msg": "your current token plan not support model, video-01"},
    }


def test_running_task_has_every_key(api: Api) -> None:
    """In progress: all keys, an empty file_id and zero sizes, in the observed order (observed)."""
    task_id = created(api)
    reply = api.query(task_id)
    assert list(reply.json.items()) == [
        ("task_id", task_id),
        ("status", "Preparing"),
        ("file_id", ""),
        ("video_width", 0),
        ("video_height", 0),
        ("base_resp", BASE_OK),
    ]


def test_timeline_to_success_and_file(api: Api, mock: MockServer, clocks: Clocks) -> None:
    """Preparing, Queueing, Processing, Success; the file's id is a string here and a number there."""
    task_id = created(api, resolution="1080P")
    assert api.key is not None
    seen = []
    for _ in range(8):
        seen.append(api.query(task_id).json["status"])
        clocks.advance(mock, api.key, 0.25)
    assert list(dict.fromkeys(seen)) == ["Preparing", "Queueing", "Processing"]
    done = api.query(task_id).json
    assert (done["status"], done["video_width"], done["video_height"]) == ("Success", 1920, 1080)
    assert re.fullmatch(r"\d{15}", done["file_id"])
    assert int(done["file_id"]) > int(task_id)
    body = api.retrieve(done["file_id"]).json
    assert list(body) == ["file", "base_resp"]
    assert list(body["file"]) == ["file_id", "bytes", "created_at", "filename", "purpose", "download_url"]
    assert body["file"]["file_id"] == int(done["file_id"])
    assert (body["file"]["bytes"], body["file"]["filename"]) == (0, "output_aigc.mp4")
    assert body["file"]["purpose"] == "video_generation"


def test_file_is_not_there_before_the_end(api: Api, mock: MockServer, clocks: Clocks) -> None:
    """The identifier of a file that does not exist yet is unknown, even to who guesses it."""
    task_id = created(api)
    assert api.key is not None
    guess = str(mock.service.world.account(api.key).tasks()[0][0].file_id)
    assert api.retrieve(guess).json == {
        "file": None,
        "base_resp": {"status_code": 2013, "status_msg": "invalid params, invalid file_id"},
    }
    clocks.advance(mock, api.key, 2)
    assert api.query(task_id).json["file_id"] == guess
    assert api.retrieve(guess).code == 0


@pytest.mark.parametrize(
    ("token", "seconds", "code", "message"),
    [
        ("mock:fail", 2.0, 0, "success"),
        ("mock:fail:1027", 2.0, 1027, "output new_sensitive"),
        ("mock:fail:1026", 0.6, 1026, "input new_sensitive"),
        ("mock:fail:2013", 2.0, 2013, "invalid params"),
    ],
)
def test_failed_task_carries_its_code(
    api: Api, mock: MockServer, clocks: Clocks, token: str, seconds: float, code: int, message: str
) -> None:
    """A task ends in Fail with the code asked for; the verdict on the input comes early (observed)."""
    task_id = created(api, prompt=f"a cat {token} runs")
    assert api.key is not None
    clocks.advance(mock, api.key, seconds - 0.01)
    assert api.query(task_id).json["status"] in ("Preparing", "Queueing", "Processing")
    clocks.advance(mock, api.key, 0.02)
    assert api.query(task_id).json == {
        "task_id": task_id,
        "status": "Fail",
        "file_id": "",
        "video_width": 0,
        "video_height": 0,
        "base_resp": {"status_code": code, "status_msg": message},
    }


@pytest.mark.parametrize(
    ("task_id", "message"),
    [
        ("", "invalid params, task_id cannot by empty"),
        ("366090920104161", "invalid params, invalid task_id"),
        ("x" * 200, "invalid params, invalid task_id"),
        ("0366090920104161", "invalid params, invalid task_id"),
        ("٣٦٦", "invalid params, invalid task_id"),
        ("9" * 30, "invalid params, invalid task_id"),
    ],
)
def test_unknown_task_gets_a_labelled_answer(api: Api, task_id: str, message: str) -> None:
    """All keys, the asked id, no status, code 2013; that the wording is assumed stands in the header."""
    reply = api.query(task_id)
    assert reply.json == {
        "task_id": task_id,
        "status": "",
        "file_id": "",
        "video_width": 0,
        "video_height": 0,
        "base_resp": {"status_code": 2013, "status_msg": message},
    }
    (violation,) = json.loads(reply.headers["X-Mock-Violations"])
    assert (violation["rule"], violation["wording"]) == ("task_id", "assumed")


def test_every_answer_carries_the_observed_headers(api: Api, mock: MockServer) -> None:
    """Trace-Id begins with the seconds since 2023; the others have the recorded shapes."""
    assert api.key is not None
    for reply in (api.create(MINIMAL), api.create({}), api.query("1"), api.retrieve("1"), api.send("GET", "/v1/files")):
        now = mock.service.world.account(api.key).clock.now()
        assert reply.headers["Trace-Id"].startswith(f"{int(now) - 1672531200:08x}")
        assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["Trace-Id"])
        assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["Minimax-Request-Id"])
        assert re.fullmatch(r"\d{10}\.\d{3}", reply.headers["alb_receive_time"])
        assert re.fullmatch(r"[0-9a-f]{40}", reply.headers["alb_request_id"])
        assert re.fullmatch(r"[0-9a-f]{16}", reply.headers["X-Mock-Request-Id"])
    assert reply.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/v1/video_generation/123", "/v1/files", "//v1/video_generation", "/", "/v2/x"])
def test_unknown_path_is_the_observed_404(api: Api, path: str) -> None:
    """The body is the service's own text, never an HTML page."""
    reply = api.send("GET", path)
    assert (reply.status, reply.content) == (404, b"404 page not found")


def test_unknown_path_names_what_was_perhaps_meant(api: Api) -> None:
    """The header lists the paths and the closest one."""
    reply = api.send("GET", "/v1/query/video_generations")
    (violation,) = json.loads(reply.headers["X-Mock-Violations"])
    assert violation["did_you_mean"] == "GET /v1/query/video_generation"


def test_wrong_method_is_no_html_page(api: Api) -> None:
    """405 in plain text, with Allow."""
    reply = api.send("GET", CREATE)
    assert (reply.status, reply.content) == (405, b"405 method not allowed")
    assert "POST" in reply.headers["Allow"]


def test_no_mock_headers() -> None:
    """--no-mock-headers leaves only what the service sends."""
    from mock_server import Settings

    with MockServer(Settings(port=0, no_mock_headers=True)) as server:
        headers = Api(server.url, "k-1").create({}).headers
    assert not [name for name in headers if name.lower().startswith("x-mock")]
    assert "Trace-Id" in headers
