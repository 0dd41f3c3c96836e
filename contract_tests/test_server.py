"""What a server of the API does, seen from outside. Each case carries its identifier from the catalogue (SV-…).

Cases marked "recorded" accept every documented outcome and put what they saw into the report as a property.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import CREATE, IMAGE_URL, MINIMAL, SUCCESS, Api, Reply, data_url, png
from contract_tests.conftest import Target
from mock_server.receiver import CallbackReceiver

RATE_LIMIT = 1002
NOT_AUTHORIZED = 1004
INVALID_PARAMS = 2013
INVALID_KEY = 2049
LIFE_SECONDS = 120.0

Record = Callable[[str, object], None]


def refused(reply: Reply, code: int = INVALID_PARAMS) -> Reply:
    """Asserts that a call was refused with a code, in HTTP 200, and that no task was made."""
    assert (reply.status, reply.code) == (200, code), reply.content[:300]
    assert reply.message
    assert not reply.json.get("task_id")
    return reply


def accepted(reply: Reply) -> str:
    """Asserts that a create was accepted; gives the task's identifier."""
    assert (reply.status, reply.code) == (200, SUCCESS), reply.content[:300]
    task_id = reply.json["task_id"]
    assert isinstance(task_id, str)
    assert task_id
    return task_id


# ---- keys


@pytest.mark.parametrize("operation", ["create", "query", "retrieve"])
def test_sv_auth_001_no_authorization(api: Api, operation: str) -> None:
    """SV-AUTH-001: without a key every operation answers 1004, with HTTP 200 and no task."""
    keyless = Api(api.url, None)
    calls = {
        "create": lambda: keyless.create(MINIMAL),
        "query": lambda: keyless.query("1"),
        "retrieve": lambda: keyless.retrieve("1"),
    }
    refused(calls[operation](), NOT_AUTHORIZED)


@pytest.mark.parametrize("value", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "token"])
def test_sv_auth_002_not_a_bearer_key(api: Api, value: str) -> None:
    """SV-AUTH-002: another scheme, or a Bearer without a key, answers 1004."""
    refused(api.create(MINIMAL, Authorization=value), NOT_AUTHORIZED)


@pytest.mark.parametrize("form", ["bearer {}", "Bearer  {}"])
def test_sv_auth_002_odd_spelling(api: Api, form: str, record_property: Record) -> None:
    """SV-AUTH-002: lower case and a double space are recorded; the scheme is case-insensitive by RFC 9110."""
    reply = api.create(MINIMAL, Authorization=form.format(api.key))
    record_property("SV-AUTH-002", f"{form}: {reply.code}")
    assert reply.code in (SUCCESS, NOT_AUTHORIZED, INVALID_KEY)


def test_sv_auth_003_unknown_key(api: Api, restricted: str | None, record_property: Record) -> None:
    """SV-AUTH-003: an invented key is refused as not authorized or invalid, where keys are restricted; recorded."""
    reply = Api(restricted or api.url, "sk-invented-by-the-contract-tests").create({})
    record_property("SV-AUTH-003", reply.code)
    refused(reply, reply.code)
    assert reply.code in (NOT_AUTHORIZED, INVALID_KEY) or (restricted is None and reply.code == INVALID_PARAMS)


def test_sv_auth_004_revoked_key(api: Api, record_property: Record) -> None:
    """SV-AUTH-004: the mock's own key for an invalid one answers 2049; any other server may say 1004."""
    reply = Api(api.url, "mock-2049").create(MINIMAL)
    record_property("SV-AUTH-004", reply.code)
    refused(reply, reply.code)
    assert reply.code in (NOT_AUTHORIZED, INVALID_KEY)


# ---- requests


def test_sv_req_001_no_model(api: Api) -> None:
    """SV-REQ-001: a body without a model answers 2013."""
    refused(api.create({"first_frame_image": IMAGE_URL}))


@pytest.mark.parametrize("model", ["MiniMax-Hailuo-9", "minimax-hailuo-2.3", "", "MiniMax-Hailuo-2.3 "])
def test_sv_req_002_unknown_model(api: Api, model: str) -> None:
    """SV-REQ-002: a model that does not exist, or is spelled otherwise, answers 2013."""
    refused(api.create(MINIMAL | {"model": model}))


def test_sv_req_003_no_image(api: Api) -> None:
    """SV-REQ-003: an image-to-video model without an image answers 2013."""
    refused(api.create({"model": "I2V-01", "prompt": "a cat"}))


@pytest.mark.parametrize("duration", ["6", "6.0", "true", "7", '"6s"', "null", "-6", "6e0"])
def test_sv_req_004_wrong_duration(api: Api, duration: str) -> None:
    """SV-REQ-004: a duration that is not one of the integers on offer answers 2013."""
    written = '"6"' if duration == "6" else duration
    body = f'{{"model": "MiniMax-Hailuo-2.3", "first_frame_image": "{IMAGE_URL}", "duration": {written}}}'
    refused(api.send("POST", CREATE, headers={"Content-Type": "application/json"}, body=body.encode()))


@pytest.mark.parametrize("resolution", ["768p", "512P", "4K", 768, ""])
def test_sv_req_005_wrong_resolution(api: Api, resolution: object) -> None:
    """SV-REQ-005: a resolution in another spelling, or not of this model, answers 2013."""
    refused(api.create(MINIMAL | {"resolution": resolution}))


def test_sv_req_006_wrong_combination(api: Api) -> None:
    """SV-REQ-006: ten seconds at 1080P answer 2013."""
    refused(api.create(MINIMAL | {"resolution": "1080P", "duration": 10}))


def test_sv_req_007_long_prompt(api: Api) -> None:
    """SV-REQ-007: 2000 characters pass, 2001 answer 2013."""
    accepted(api.create(MINIMAL | {"prompt": "x" * 2000}))
    refused(api.create(MINIMAL | {"prompt": "x" * 2001}))


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_sv_req_008_wrong_content_type(api: Api, content_type: str | None) -> None:
    """SV-REQ-008: a body that is not declared as JSON answers 2013."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    body = f'{{"model": "I2V-01", "first_frame_image": "{IMAGE_URL}"}}'.encode()
    refused(api.send("POST", CREATE, headers=headers, body=body))


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_sv_req_008_json_with_parameters(api: Api, content_type: str) -> None:
    """SV-REQ-008: parameters and the case of the type do not matter."""
    accepted(api.create(MINIMAL, **{"Content-Type": content_type}))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'"text"', b"null", b"NaN", b'{"model": NaN}', b"\xff\xfe{\x00}\x00", b"{} {}",
        json.dumps(MINIMAL).encode() + b" {}", json.dumps(MINIMAL | {"seed": float("nan")}).encode(),
    ],
)  # fmt: skip
def test_sv_req_009_not_an_object(api: Api, body: bytes) -> None:
    """SV-REQ-009: a body that is no JSON object answers 2013."""
    refused(api.send("POST", CREATE, headers={"Content-Type": "application/json"}, body=body))


@pytest.mark.parametrize(
    ("label", "image"),
    [
        ("tiny", data_url(png(16, 16))),
        ("300 px", data_url(png(300, 400))),
        ("ratio 2.6", data_url(png(1040, 400))),
        ("bad base64", "data:image/png;base64,@@@"),
        ("no padding", data_url(png(400, 400)).rstrip("=") + "A"),
        ("GIF", data_url(b"GIF89a\x90\x01\x90\x01\x00\x00\x00;", "image/gif")),
        ("bare base64", data_url(png(400, 400)).partition(",")[2]),
        ("local path", "/tmp/cat.png"),
        ("empty", ""),
    ],
)
def test_sv_req_010_bad_image(api: Api, label: str, image: str) -> None:
    """SV-REQ-010: a picture that breaks a rule answers 2013."""
    assert label
    refused(api.create(MINIMAL | {"first_frame_image": image}))


@pytest.mark.parametrize("image", [data_url(png(301, 400)), "https://nobody.invalid/frame.jpg"])
def test_sv_req_010_good_image(api: Api, image: str) -> None:
    """SV-REQ-010: 301 pixels pass, and so does an address that nobody serves (the mock fetches nothing)."""
    accepted(api.create(MINIMAL | {"first_frame_image": image}))


def test_sv_req_011_unknown_field(api: Api) -> None:
    """SV-REQ-011: fields that the document does not know are accepted."""
    accepted(api.create(MINIMAL | {"aspect_ratio": "16:9", "seed": 7, "nested": {"a": [1, None]}}))


@pytest.mark.parametrize(
    "field", ["prompt", "prompt_optimizer", "fast_pretreatment", "duration", "resolution", "callback_url"]
)
def test_sv_req_012_null(api: Api, field: str) -> None:
    """SV-REQ-012: null for an optional field answers 2013."""
    refused(api.create(MINIMAL | {field: None}))


# ---- callbacks; the receivers stand on this machine, so the server under judgement must be able to reach it


def test_sv_cb_000_echo_is_accepted(api: Api) -> None:
    """SV-CB-000: a receiver that sends the challenge back is accepted, and the challenge came before the answer."""
    with CallbackReceiver() as receiver:
        accepted(api.create(MINIMAL | {"callback_url": receiver.url}))
        assert isinstance(receiver.messages[0]["challenge"], str)


def test_sv_cb_001_unreachable_callback(api: Api) -> None:
    """SV-CB-001: a receiver where nobody listens answers 2013 that speaks of the callback."""
    with CallbackReceiver() as receiver:
        url = receiver.url
    assert "callback" in refused(api.create(MINIMAL | {"callback_url": url})).message


@pytest.mark.parametrize("answer", ["late", "wrong", "not JSON", "204", "list", "500", "redirect"])
def test_sv_cb_002_wrong_echo(api: Api, target: Target, answer: str) -> None:
    """SV-CB-002: an echo that is late, wrong, no JSON or no 200 answers 2013; nothing more is sent to the receiver."""
    ways: dict[str, Callable[[CallbackReceiver], None]] = {
        "late": lambda receiver: receiver.late(target.late),
        "wrong": lambda receiver: receiver.wrong(),
        "not JSON": lambda receiver: receiver.not_json(),
        "204": lambda receiver: receiver.status(204),
        "list": lambda receiver: receiver.answers(lambda message: [message]),
        "500": lambda receiver: receiver.status(500),
        "redirect": lambda receiver: receiver.status(302),
    }
    with CallbackReceiver() as receiver:
        ways[answer](receiver)
        assert "callback" in refused(api.create(MINIMAL | {"callback_url": receiver.url})).message
        assert len(receiver.messages) == 1


# ---- queries and files


@pytest.mark.parametrize("task_id", ["", "123456789012345", "abc", "../../etc/passwd"])
def test_sv_q_001_unknown_task(api: Api, task_id: str, record_property: Record) -> None:
    """SV-Q-001: a query without an id or for an unknown one is an error; the code is recorded."""
    reply = api.query(task_id)
    record_property("SV-Q-001", f"{task_id!r}: {reply.code}")
    assert reply.status == 200
    assert reply.code != SUCCESS
    assert reply.json.get("status") not in ("Success", "Processing", "Preparing", "Queueing")


def test_sv_q_001_foreign_task(api: Api) -> None:
    """SV-Q-001: a task of another account is not shown."""
    task_id = accepted(api.create(MINIMAL))
    reply = Api(api.url, f"{api.key}-other").query(task_id)
    assert reply.code != SUCCESS
    assert not reply.json.get("file_id")


@pytest.mark.parametrize("file_id", ["", "123456789012345", "abc", "1.5"])
def test_sv_f_001_unknown_file(api: Api, file_id: str, record_property: Record) -> None:
    """SV-F-001: a file that is unknown, or no number, is an error; the code is recorded."""
    reply = api.retrieve(file_id)
    record_property("SV-F-001", f"{file_id!r}: {reply.code}")
    assert reply.status == 200
    assert reply.code != SUCCESS
    assert not reply.json.get("file")


def test_sv_lim_001_quick_creates(api: Api, record_property: Record) -> None:
    """SV-LIM-001: six quick invalid creates answer 2013, or 1002 at some point; recorded."""
    codes = [api.create({}).code for _ in range(6)]
    record_property("SV-LIM-001", codes)
    assert set(codes) <= {INVALID_PARAMS, RATE_LIMIT}


def test_sv_hdr_001_headers(api: Api) -> None:
    """SV-HDR-001: every answer is labelled as JSON and carries Trace-Id and Date."""
    for reply in (api.create({}), api.query("1"), api.retrieve("1")):
        assert reply.headers["Content-Type"].replace(" ", "").lower() == "application/json;charset=utf-8"
        assert len(reply.headers["Trace-Id"]) == 32
        assert reply.headers["Date"]


def test_sv_life_001_whole_life(api: Api, target: Target) -> None:
    """SV-LIFE-001: the cheapest valid create, its states in order, its file, and the content behind the link."""
    task_id = accepted(api.create(MINIMAL | {"model": "MiniMax-Hailuo-02", "resolution": "512P", "duration": 6}))
    answers = _poll(api, task_id, target.pause)
    order = ["Preparing", "Queueing", "Processing", "Success"]
    seen = [answer["status"] for answer in answers]
    assert seen[-1] == "Success"
    assert seen == sorted(seen, key=order.index)
    for answer in answers[:-1]:
        # Empty before the end (observed), or not there (documented).
        for name, empty in (("file_id", ""), ("video_width", 0), ("video_height", 0)):
            assert answer.get(name, empty) == empty
    last = answers[-1]
    assert last["task_id"] == task_id
    assert isinstance(last["file_id"], str)
    assert last["video_width"] > last["video_height"] > 0

    file = api.retrieve(last["file_id"]).json["file"]
    assert file["file_id"] == int(last["file_id"])
    assert type(file["bytes"]) is int
    assert type(file["created_at"]) is int
    assert file["purpose"] == "video_generation"
    keyless = Api(api.url, None)
    head = keyless.send("HEAD", file["download_url"])
    assert head.status == 200
    video = keyless.send("GET", file["download_url"])
    assert (video.status, video.headers["Content-Type"]) == (200, "video/mp4")
    assert len(video.content) == int(head.headers["Content-Length"]) > 0
    assert video.content[4:8] == b"ftyp"


def test_sv_life_001_updates(api: Api, target: Target) -> None:
    """SV-LIFE-001: a task with a callback tells of its end what the query tells, in the words of callbacks."""
    with CallbackReceiver() as receiver:
        task_id = accepted(api.create(MINIMAL | {"callback_url": receiver.url}))
        last = _poll(api, task_id, target.pause)[-1]
        updates = receiver.wait_for_updates(2, timeout=10)
    assert [update["status"] for update in updates] == ["processing", "success"]
    assert {update["task_id"] for update in updates} == {task_id}
    assert updates[-1]["file_id"] == last["file_id"]
    assert updates[-1]["base_resp"]["status_code"] == SUCCESS


def _poll(api: Api, task_id: str, pause: float) -> list[dict[str, Any]]:
    """Every answer until the task ends; the test fails when it does not end in time."""
    answers: list[dict[str, Any]] = []
    limit = int(LIFE_SECONDS / pause) if pause else 100
    for _ in itertools.repeat(None, limit):
        answers.append(api.query(task_id).json)
        if answers[-1]["status"] in ("Success", "Fail"):
            return answers
        # Only a server that is not ours needs time to pass.
        threading.Event().wait(pause)
    raise AssertionError(f"the task did not end: {answers[-1]}")
