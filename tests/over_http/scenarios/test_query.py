"""Scenarios in which queries are refused, answer oddly, or tell of odd ends."""

from __future__ import annotations

import json

from contract_tests.api import Reply
from tests.over_http.scenarios.stage import Stage


def bad_gateway(reply: Reply) -> bool:
    """Whether a gateway answered with its page instead of the service."""
    return (reply.status, reply.headers["Content-Type"]) == (502, "text/html; charset=utf-8")


def test_bad_gateway_while_polling(stage: Stage) -> None:
    """Two queries get a page with 502; the third sees the task, which is well."""
    task_id = stage.accepted()
    stage.advance(2)
    assert bad_gateway(stage.api.query(task_id))
    assert bad_gateway(stage.api.query(task_id))
    assert stage.status(task_id) == "Success"


def test_bad_gateway_for_ever(stage: Stage) -> None:
    """No query ever gets through, although the task ended well."""
    task_id = stage.accepted()
    for _ in range(10):
        stage.advance(60)
        assert bad_gateway(stage.api.query(task_id))
    assert [task["status"] for task in stage.tasks()] == ["Success"]


def test_query_rate_limited(stage: Stage) -> None:
    """Two queries are refused with 1002 and without a status; the third sees the task."""
    task_id = stage.accepted()
    for _ in range(2):
        reply = stage.api.query(task_id)
        assert (reply.status, reply.code, list(reply.json)) == (200, 1002, ["base_resp"])
    assert stage.status(task_id) == "Preparing"


def test_key_revoked_while_polling(stage: Stage) -> None:
    """Two queries see the task; from the third on there is 1004 and no status, though the task runs on."""
    task_id = stage.accepted()
    assert [stage.status(task_id) for _ in range(2)] == ["Preparing", "Preparing"]
    for _ in range(3):
        stage.advance(1)
        reply = stage.api.query(task_id)
        assert (reply.status, reply.code, list(reply.json)) == (200, 1004, ["base_resp"])
    assert [task["status"] for task in stage.tasks()] == ["Success"]


def test_first_query_unknown_task(stage: Stage) -> None:
    """The first query says 2013, as about a task that there is not; the second sees it."""
    task_id = stage.accepted()
    first = stage.api.query(task_id)
    assert (first.code, first.json["status"]) == (2013, "")
    assert stage.status(task_id) == "Preparing"


def test_failed_spelling(stage: Stage) -> None:
    """The task fails with code 0, and its status is Failed."""
    body = stage.finished()
    assert (body["status"], body["file_id"], body["base_resp"]["status_code"]) == ("Failed", "", 0)


def test_lower_case_status(stage: Stage) -> None:
    """Every status is in lower case, and Fail is failed."""
    task_id = stage.accepted()
    seen = []
    for seconds in (0, 0.3, 0.5, 2):
        stage.advance(seconds)
        seen.append(stage.status(task_id))
    assert seen == ["preparing", "queueing", "processing", "success"]
    assert stage.api.query(task_id).json["file_id"]
    assert stage.finished(prompt="mock:fail")["status"] == "failed"


def test_unknown_status(stage: Stage) -> None:
    """The status is Reviewing, however long it is asked for, and there is never a file."""
    task_id = stage.accepted()
    for _ in range(5):
        assert stage.status(task_id) == "Reviewing"
        assert stage.api.query(task_id).json["file_id"] == ""
        stage.advance(3600)


def test_status_empty(stage: Stage) -> None:
    """The status is empty with code 0, however long it is asked for, and there is never a file."""
    task_id = stage.accepted()
    for _ in range(5):
        assert stage.status(task_id) == ""
        assert stage.api.query(task_id).json["file_id"] == ""
        stage.advance(3600)


def test_never_finishes(stage: Stage) -> None:
    """After a day the task is still in Processing."""
    task_id = stage.accepted()
    stage.advance(1)
    assert stage.status(task_id) == "Processing"
    stage.advance(86_400)
    assert stage.status(task_id) == "Processing"


def test_long_wait(stage: Stage) -> None:
    """Each state comes at its time, with empty values until the end, which comes after 473 seconds."""
    task_id = stage.accepted()
    seen = []
    for seconds in (9, 2, 108, 2, 351, 2):  # 9, 11, 119, 121, 472, 474
        stage.advance(seconds)
        body = stage.api.query(task_id).json
        seen.append((body["status"], bool(body["file_id"]), body["video_width"]))
    running = ["Preparing", "Queueing", "Queueing", "Processing", "Processing"]
    assert seen == [*((status, False, 0) for status in running), ("Success", True, 1366)]


def test_failed_without_reason(stage: Stage) -> None:
    """The task ends in Fail with code 0 and success for a message."""
    body = stage.finished()
    assert (body["status"], body["base_resp"]) == ("Fail", {"status_code": 0, "status_msg": "success"})


def test_sensitive_output(stage: Stage) -> None:
    """The task works until its end, and fails with 1027."""
    task_id = stage.accepted()
    stage.advance(1.9)
    assert stage.status(task_id) == "Processing"
    stage.advance(0.1)
    body = stage.api.query(task_id).json
    assert (body["status"], body["file_id"]) == ("Fail", "")
    assert body["base_resp"] == {"status_code": 1027, "status_msg": "output new_sensitive"}


def test_moderated_early(stage: Stage) -> None:
    """The task fails with 1026 at the moment at which Processing would have begun."""
    task_id = stage.accepted()
    stage.advance(0.5)
    assert stage.status(task_id) == "Queueing"
    happened = stage.advance(0.2)
    assert [each["status"] for each in happened] == ["Fail"]
    body = stage.api.query(task_id).json
    assert (body["status"], body["base_resp"]["status_code"]) == ("Fail", 1026)
    assert body["base_resp"]["status_msg"] == "input new_sensitive"


def test_image_refused_late(stage: Stage) -> None:
    """The task fails with 2013 and words about the picture."""
    body = stage.finished()
    assert (body["status"], body["file_id"]) == ("Fail", "")
    assert body["base_resp"] == {"status_code": 2013, "status_msg": "invalid params, first_frame_image"}


def test_success_without_file_id(stage: Stage) -> None:
    """The task succeeds, and no query ever tells its file."""
    body = stage.finished()
    assert (body["status"], body["file_id"], body["video_width"]) == ("Success", "", 0)
    assert body["base_resp"]["status_code"] == 0


def test_success_taken_back(stage: Stage) -> None:
    """One query says Success with a file that can be had; all later ones say Processing."""
    first = stage.finished()
    assert first["status"] == "Success"
    for _ in range(2):
        body = stage.api.query(first["task_id"]).json
        assert (body["status"], body["file_id"]) == ("Processing", "")
    assert stage.api.retrieve(first["file_id"]).code == 0


def test_other_task_id(stage: Stage) -> None:
    """The answer has the id of another task, which there is not."""
    task_id = stage.accepted()
    assert stage.api.query(task_id).json["task_id"] == "427144058097923"
    assert [task["task_id"] for task in stage.tasks()] == [task_id]


def test_file_id_as_number(stage: Stage) -> None:
    """The file_id is a number on the wire, with which retrieve finds the file; before it is an empty text."""
    task_id = stage.accepted()
    assert stage.api.query(task_id).json["file_id"] == ""
    stage.advance(2)
    body = stage.api.query(task_id).json
    assert type(body["file_id"]) is int
    assert (body["task_id"], body["status"]) == (task_id, "Success")
    assert stage.api.retrieve(str(body["file_id"])).code == 0


def test_huge_answer(stage: Stage) -> None:
    """One query is answered with exactly 64 MB of valid JSON; the next is as usual."""
    task_id = stage.accepted()
    reply = stage.api.query(task_id)
    assert len(reply.content) == int(reply.headers["Content-Length"]) == 67_108_864
    assert reply.json["status"] == "Preparing"
    assert len(stage.api.query(task_id).content) < 1000


def test_deep_json(stage: Stage) -> None:
    """One query has a member of ten thousand levels behind the others; the next is as usual."""
    task_id = stage.accepted()
    content = stage.api.query(task_id).content
    assert content.endswith(b"[" * 10_000 + b"]" * 10_000 + b"}")
    assert json.loads(content.replace(b"[" * 10_000 + b"]" * 10_000, b"0"))["task_id"] == task_id
    assert stage.status(task_id) == "Preparing"
