"""Scenarios in which create is refused, or answers oddly."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest

from contract_tests.api import CREATE, Reply
from mock_server.receiver import CallbackReceiver
from tests.over_http.scenarios.stage import Stage


def refused(reply: Reply, code: int) -> str:
    """The message of a refusal with HTTP 200 and that code, and without a task_id or with an empty one."""
    assert (reply.status, reply.code, reply.json.get("task_id", "")) == (200, code, "")
    assert "Retry-After" not in reply.headers
    return reply.message


def test_rate_limited_twice(stage: Stage) -> None:
    """Two creates are refused with 1002, the third makes the only task."""
    for _ in range(2):
        assert refused(stage.create(), 1002) == "rate limit exceeded(RPM)"
    task_id = stage.accepted()
    assert [task["task_id"] for task in stage.tasks()] == [task_id]


def test_rate_limited_for_ever(stage: Stage) -> None:
    """However often and however much later it is tried, no create is accepted."""
    for _ in range(20):
        refused(stage.create(), 1002)
        stage.advance(60)
    assert stage.tasks() == []


def test_quota_exhausted(stage: Stage) -> None:
    """Create is refused with 2056."""
    for _ in range(2):
        assert "usage limit exceeded" in refused(stage.create(), 2056)


def test_chinese_status_message(stage: Stage) -> None:
    """The message is Chinese, in UTF-8 and not escaped."""
    reply = stage.create()
    assert refused(reply, 2056).startswith("已达到 Token Plan 用量上限")
    assert "积分补充用量。".encode() in reply.content


def test_quota_after_two_videos(stage: Stage) -> None:
    """Two creates are accepted and their tasks end well; later ones are refused with 1028."""
    tasks = [stage.accepted() for _ in range(2)]
    for _ in range(2):
        assert refused(stage.create(), 1028)
    stage.advance(2)
    assert [stage.status(task_id) for task_id in tasks] == ["Success", "Success"]


def test_token_limit_once(stage: Stage) -> None:
    """One create is refused with 1039, the next is accepted."""
    assert refused(stage.create(), 1039) == "token limit"
    stage.accepted()


def test_plan_lacks_model(stage: Stage) -> None:
    """Create is refused with 2061 in the recorded words, which name the model."""
    expected = "your current token plan not support model, MiniMax-Hailuo-2.3"
    assert refused(stage.create(), 2061) == expected


def test_balance_empty(stage: Stage) -> None:
    """Create is refused with 1008, and no task is made."""
    assert refused(stage.create(), 1008) == "insufficient balance"
    assert stage.tasks() == []


def test_sensitive_input_at_create(stage: Stage) -> None:
    """Create is refused with 1026, whatever the prompt says."""
    for prompt in ("a cat", "a dog"):
        assert refused(stage.create(prompt=prompt), 1026) == "input new_sensitive"


def test_invisible_characters(stage: Stage) -> None:
    """Create is refused with 1042."""
    assert refused(stage.create(), 1042) == "invisible character ratio limit"


def every_call(stage: Stage) -> list[Reply]:
    """Create, query and retrieve."""
    return [stage.create(), stage.api.query("1"), stage.api.retrieve("1")]


def test_key_not_taken(stage: Stage) -> None:
    """Every call is HTTP 200 with 1004, and the body has nothing else."""
    for reply in every_call(stage):
        assert (reply.status, reply.code, list(reply.json)) == (200, 1004, ["base_resp"])
        assert reply.message.startswith("login fail")


def test_wrong_region_key(stage: Stage) -> None:
    """Every call is HTTP 200 with 2049."""
    for reply in every_call(stage):
        assert (reply.status, reply.code, reply.message) == (200, 2049, "invalid api key")


def test_size_not_supported(stage: Stage) -> None:
    """Create is refused with 2013 in the recorded words about duration and resolution."""
    assert refused(stage.create(), 2013) == (
        "invalid params, model MiniMax-Hailuo-2.3 does not support the combination of duration 10s and resolution 1080P"
    )


def test_image_refused(stage: Stage) -> None:
    """Create is refused with 2013 in the recorded words about the image."""
    assert refused(stage.create(), 2013) == "invalid params, first_frame_image: invalid image url"


def test_callback_refused(stage: Stage, receiver: CallbackReceiver) -> None:
    """Create is refused with 2013 in the recorded words, although the receiver is well; it is not even asked."""
    assert refused(stage.create(callback_url=receiver.url), 2013) == "invalid params, fail to check callback url"
    assert receiver.messages == []


def test_internal_errors(stage: Stage) -> None:
    """1000, 1024, 1033, each with HTTP 200, and then a task."""
    for code in (1000, 1024, 1033):
        refused(stage.create(), code)
    stage.accepted()
    assert len(stage.tasks()) == 1


def test_code_with_task_id(stage: Stage) -> None:
    """The refusal has the id of a task that there is not."""
    reply = stage.create()
    assert (reply.code, reply.json["task_id"]) == (1008, "106916112212032")
    assert stage.tasks() == []
    assert stage.api.query("106916112212032").code == 2013


def test_success_without_task_id(stage: Stage) -> None:
    """Code 0 without the member, then with an empty one; each time a task was made."""
    first, second = stage.create(), stage.create()
    assert (first.code, list(first.json)) == (0, ["base_resp"])
    assert (second.code, second.json["task_id"]) == (0, "")
    assert len(stage.tasks()) == 2


def test_null_base_resp(stage: Stage) -> None:
    """It is null in the answers of create, query and retrieve, which are otherwise whole."""
    created = stage.create().json
    stage.advance(2)
    asked = stage.api.query(created["task_id"]).json
    file = stage.api.retrieve(asked["file_id"]).json
    assert [answer["base_resp"] for answer in (created, asked, file)] == [None, None, None]
    assert (asked["status"], file["file"]["file_id"]) == ("Success", int(asked["file_id"]))


def test_no_base_resp(stage: Stage) -> None:
    """The answers of create, query and retrieve do not have it, and are otherwise whole."""
    created = stage.create().json
    stage.advance(2)
    asked = stage.api.query(created["task_id"]).json
    file = stage.api.retrieve(asked["file_id"]).json
    assert (list(created), list(file)) == (["task_id"], ["file"])
    assert "base_resp" not in asked
    assert asked["status"] == "Success"


def test_unknown_code(stage: Stage) -> None:
    """Create is refused with 9999 and a text."""
    assert refused(stage.create(), 9999) == "this code was made up by the mock"


def test_status_code_as_text(stage: Stage) -> None:
    """The code of the refusal is the text 1002."""
    body = stage.create().json
    assert body == {"base_resp": {"status_code": "1002", "status_msg": "rate limit exceeded(RPM)"}}
    assert stage.tasks() == []


def test_success_code_as_text(stage: Stage) -> None:
    """The code of the accepted create is the text 0, that of its query the number."""
    body = stage.create().json
    assert body["base_resp"] == {"status_code": "0", "status_msg": "success"}
    assert stage.status(body["task_id"]) == "Preparing"


def test_empty_object(stage: Stage) -> None:
    """The answer is {} with HTTP 200, and a task was made."""
    reply = stage.create()
    assert (reply.status, reply.content, len(stage.tasks())) == (200, b"{}", 1)
    assert reply.headers["Content-Type"].startswith("application/json")


def test_array_for_an_answer(stage: Stage) -> None:
    """The answer is [] with HTTP 200, and a task was made."""
    reply = stage.create()
    assert (reply.status, reply.content, len(stage.tasks())) == (200, b"[]", 1)
    assert reply.headers["Content-Type"].startswith("application/json")


def test_http_500_with_code_0(stage: Stage) -> None:
    """HTTP 500 around code 0 and the id of a task that there is."""
    reply = stage.create()
    assert (reply.status, reply.code) == (500, 0)
    assert [task["task_id"] for task in stage.tasks()] == [reply.json["task_id"]]


def test_retry_after_seconds(stage: Stage) -> None:
    """HTTP 429 with two seconds and no JSON; no task was made, and the next create is accepted."""
    reply = stage.create()
    assert (reply.status, reply.headers["Retry-After"]) == (429, "2")
    assert reply.headers["Content-Type"].startswith("text/html")
    assert stage.tasks() == []
    stage.accepted()


def test_retry_after_date(stage: Stage) -> None:
    """HTTP 503 with a date five seconds ahead of the machine's clock; the next create is accepted."""
    reply = stage.create()
    assert reply.status == 503
    assert 2 <= parsedate_to_datetime(reply.headers["Retry-After"]).timestamp() - time.time() <= 5
    assert stage.tasks() == []
    stage.accepted()


def test_not_found_page(stage: Stage) -> None:
    """HTTP 404 with HTML, and no task was made."""
    reply = stage.create()
    assert (reply.status, reply.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert reply.content.startswith(b"<!DOCTYPE html>")
    assert b"404 Not Found" in reply.content
    assert stage.tasks() == []


def test_redirect_create(stage: Stage) -> None:
    """HTTP 302 back to the same path, every time, and no task is made."""
    for _ in range(3):
        reply = stage.create()
        assert (reply.status, reply.headers["Location"]) == (302, CREATE)
    assert stage.tasks() == []


def test_redirect_elsewhere(stage: Stage) -> None:
    """HTTP 307 to a host that does not exist, and no task is made."""
    reply = stage.create()
    assert (reply.status, reply.headers["Location"]) == (307, "https://another-host.invalid/v1/video_generation")
    assert stage.tasks() == []


def test_invalid_json(stage: Stage) -> None:
    """One answer begins as it should and is no JSON, although a task was made; the next is whole."""
    reply = stage.create()
    assert reply.content.startswith(b'{"task_id":"')
    with pytest.raises(AssertionError, match="not JSON"):
        _ = reply.json
    assert len(stage.tasks()) == 1
    stage.accepted()
