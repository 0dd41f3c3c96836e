"""Scenarios about updates, with a real receiver."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

from mock_server.receiver import CallbackReceiver
from tests.over_http.scenarios.stage import Stage, statuses, told


def test_push_duplicated(stage: Stage, receiver: CallbackReceiver) -> None:
    """The update of processing comes once, success three times with the same words."""
    stage.accepted(callback_url=receiver.url)
    stage.advance(2)
    assert statuses(receiver) == ["processing", "success", "success", "success"]
    assert receiver.updates[1] == receiver.updates[2] == receiver.updates[3]


def test_push_reordered(stage: Stage, receiver: CallbackReceiver) -> None:
    """Nothing comes when processing begins; success comes first, processing right after it."""
    body = stage.finished(callback_url=receiver.url)
    assert told(receiver) == [("success", body["file_id"]), ("processing", "")]
    receiver.clear()
    stage.accepted(callback_url=receiver.url)
    stage.advance(1)
    assert receiver.updates == []


def test_push_dropped(stage: Stage, receiver: CallbackReceiver) -> None:
    """The receiver is challenged and never told, whatever becomes of the task; the record says why."""
    for prompt in ("a cat", "mock:fail"):
        stage.accepted(callback_url=receiver.url, prompt=prompt)
    stage.advance(3600)
    assert (len(receiver.challenges), receiver.updates) == (2, [])
    recorded = [each for each in stage.control("GET", "callbacks")["callbacks"] if each["kind"] == "update"]
    assert [each["reason"] for each in recorded] == ["not sent: a rule drops it"] * 4


def test_push_before_answer(stage: Stage, receiver: CallbackReceiver) -> None:
    """Success has come, and was answered, before create answers."""
    taken: list[bool] = []
    answered = threading.Event()

    def take(_message: Any) -> Any:
        taken.append(answered.wait(0.2))
        return {"status": "success"}

    receiver.answers(take, only="update")
    task_id = stage.accepted(callback_url=receiver.url)
    answered.set()
    assert taken == [False, False]
    assert [(update["task_id"], update["status"]) for update in receiver.updates] == [
        (task_id, "processing"), (task_id, "success"),
    ]  # fmt: skip
    assert stage.status(task_id) == "Success"


def test_push_contradicts_query(stage: Stage, receiver: CallbackReceiver) -> None:
    """The update says success with a file that there is not; the query says Fail with 1027."""
    body = stage.finished(callback_url=receiver.url)
    update = receiver.updates[-1]
    assert (update["task_id"], update["status"], update["base_resp"]["status_code"]) == (body["task_id"], "success", 0)
    assert stage.api.retrieve(update["file_id"]).code == 2013
    assert (body["status"], body["file_id"], body["base_resp"]["status_code"]) == ("Fail", "", 1027)


def test_push_capitalised(stage: Stage, receiver: CallbackReceiver) -> None:
    """Processing, Success and Fail, as queries say."""
    stage.finished(callback_url=receiver.url)
    assert statuses(receiver) == ["Processing", "Success"]
    receiver.clear()
    stage.finished(callback_url=receiver.url, prompt="mock:fail")
    assert statuses(receiver) == ["Processing", "Fail"]


def test_push_numeric_ids(stage: Stage, receiver: CallbackReceiver) -> None:
    """Both identifiers are numbers with the digits of the query; an empty file_id stays a text."""
    body = stage.finished(callback_url=receiver.url)
    task_id, file_id = int(body["task_id"]), int(body["file_id"])
    assert [(update["task_id"], update["file_id"]) for update in receiver.updates] == [(task_id, ""), (task_id, file_id)]  # fmt: skip


def test_push_extra_fields(stage: Stage, receiver: CallbackReceiver) -> None:
    """Every update has sizes and members of no document, beside what it should have."""
    body = stage.finished(callback_url=receiver.url)
    assert told(receiver) == [("processing", ""), ("success", body["file_id"])]
    for update in receiver.updates:
        assert (update["task_id"], update["video_width"], update["video_height"]) == (body["task_id"], 1366, 768)
        assert update["extra"] == {"list": [1, None, "x"], "deep": {"er": True}}
        assert update["base_resp"] == {"status_code": 0, "status_msg": "success", "hint": "none"}


def test_push_planted_link(stage: Stage, receiver: CallbackReceiver) -> None:
    """Only success has links, and they lead to a host that does not exist."""
    stage.finished(callback_url=receiver.url)
    processing, success = receiver.updates
    assert sorted(processing) == ["base_resp", "file_id", "status", "task_id"]
    assert success["download_url"] == success["video_url"] == "http://planted-link.invalid/video.mp4"


def test_push_retried(stage: Stage, receiver: CallbackReceiver) -> None:
    """What is answered 500 comes again after 1, 2 and 4 seconds, and not once more; what is taken comes once."""
    receiver.status(500, only="update")
    stage.finished(callback_url=receiver.url)
    stage.advance(60)
    assert sorted(statuses(receiver)) == ["processing"] * 4 + ["success"] * 4
    sent = [each for each in stage.control("GET", "callbacks")["callbacks"] if each["message"].get("status") == "success"]  # fmt: skip
    assert [each["number"] for each in sent] == [1, 2, 3, 4]
    assert [round(later["sent_at"] - each["sent_at"], 3) for each, later in pairwise(sent)] == [1, 2, 4]  # fmt: skip
    receiver.behave()
    receiver.clear()
    stage.finished(callback_url=receiver.url)
    stage.advance(60)
    assert statuses(receiver) == ["processing", "success"]


def test_push_late(stage: Stage, receiver: CallbackReceiver) -> None:
    """Nothing comes for two hours, although the task has long ended; then everything comes in order."""
    body = stage.finished(callback_url=receiver.url)
    assert body["status"] == "Success"
    stage.advance(7190)
    assert receiver.updates == []
    stage.advance(20)
    assert told(receiver) == [("processing", ""), ("success", body["file_id"])]


def test_push_without_file_id(stage: Stage, receiver: CallbackReceiver) -> None:
    """Success lacks the member, which the query has."""
    body = stage.finished(callback_url=receiver.url)
    assert body["file_id"]
    assert told(receiver) == [("processing", ""), ("success", None)]
    assert "file_id" not in receiver.updates[1]


def test_push_success_with_code(stage: Stage, receiver: CallbackReceiver) -> None:
    """The update of success has 1027, the query 0."""
    body = stage.finished(callback_url=receiver.url)
    update = receiver.updates[-1]
    assert (update["status"], update["file_id"]) == ("success", body["file_id"])
    assert update["base_resp"] == {"status_code": 1027, "status_msg": "output new_sensitive"}
    assert (body["status"], body["base_resp"]["status_code"]) == ("Success", 0)


def test_push_unknown_status(stage: Stage, receiver: CallbackReceiver) -> None:
    """Queueing comes where processing should, and then success."""
    stage.finished(callback_url=receiver.url)
    assert statuses(receiver) == ["Queueing", "success"]
