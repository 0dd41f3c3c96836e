"""What rules make of answers, tasks and videos, as a client sees it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from contract_tests.api import MINIMAL, QUERY, RETRIEVE
from mock_server import MockServer, Settings
from tests.over_http.controlling import User


def test_codes_and_texts(user: User) -> None:
    """A code of the table has its wire text unless another is given; any other number goes with a text."""
    user.rule({"code": 1002, "text": "slow down"}, times=1)
    user.rule({"code": 4711, "text": "what is this?"}, times=1)
    user.rule({"code": -1, "text": ""}, times=1)
    user.rule({"code": 1002}, times=1)
    found = [user.create() for _ in range(4)]
    assert [(reply.code, reply.message) for reply in found] == [
        (1002, "slow down"), (4711, "what is this?"), (-1, ""), (1002, "rate limit exceeded(RPM)"),
    ]  # fmt: skip
    assert [list(reply.json) for reply in found] == [["base_resp"], ["task_id", "base_resp"], ["task_id", "base_resp"], ["base_resp"]]  # fmt: skip
    assert [reply.status for reply in found] == [200] * 4
    assert [entry["code"] for entry in user.journal()] == [1002, 4711, -1, 1002]


def test_code_0_is_the_truth(user: User) -> None:
    """A rule with code 0 shields a call from rules behind it."""
    user.rule({"code": 0}, times=1)
    user.rule({"code": 1002})
    assert user.codes(2) == [0, 1002]


def test_another_http_status_leaves_the_answer(user: User) -> None:
    """Without a body the call is processed, and its own answer goes out with status and headers of the rule."""
    user.rule({"http": {"status": 207, "headers": {"X-Extra": "1", "content-type": "text/x"}}}, times=1)
    reply = user.create()
    assert (reply.status, reply.headers["X-Extra"], reply.headers["Content-Type"]) == (207, "1", "text/x")
    assert reply.code == 0
    assert user.status(reply.json["task_id"]) == "Preparing"
    assert "Trace-Id" in reply.headers


def test_a_code_goes_with_an_http_status(user: User) -> None:
    """The refusal is sent with that status, as gateways do."""
    user.rule({"code": 1002, "http": {"status": 429, "headers": {"Retry-After": "7"}}}, {"operation": "create"})
    reply = user.create()
    assert (reply.status, reply.code, reply.headers["Retry-After"]) == (429, 1002, "7")


@pytest.mark.parametrize(
    ("body", "sent", "content_type"),
    [
        ("<p>né</p>", "<p>né</p>".encode(), "text/plain; charset=utf-8"),
        ({"error": "né"}, '{"error": "né"}'.encode(), "application/json; charset=utf-8"),
        ([], b"[]", "application/json; charset=utf-8"), (None, b"null", "application/json; charset=utf-8"),
        ("", b"", "text/plain; charset=utf-8"),
    ],
)  # fmt: skip
def test_another_body_replaces_the_call(user: User, body: Any, sent: bytes, content_type: str) -> None:
    """A text goes out as it is, anything else as JSON; the call takes no effect, and no header of the service is there."""
    user.rule({"http": {"status": 500, "body": body}}, {"operation": "create"})
    reply = user.create()
    assert (reply.status, reply.content, reply.headers["Content-Type"]) == (500, sent, content_type)
    assert reply.headers["Content-Length"] == str(len(sent))
    assert "Trace-Id" not in reply.headers
    assert user.control("GET", "tasks").json["tasks"] == []
    entry = user.entry(reply)
    assert (entry["http_status"], entry["code"]) == (500, None)


@pytest.mark.parametrize("then", [{"http": {"status": 500, "body": "x"}}, {"fault": "bad-gateway"}, {"fault": "gzip"}])
@pytest.mark.parametrize("processed", [True, False])
def test_processed_says_whether_the_call_takes_effect(user: User, then: Any, processed: bool) -> None:
    """The task exists, and is paid for, exactly if the call was processed, whatever its client saw."""
    user.rule(then | {"processed": processed}, {"operation": "create"})
    user.create()
    assert len(user.control("GET", "tasks").json["tasks"]) == processed
    assert user.look()["ledger"]["creates"] == processed


def test_an_answer_that_is_not_processed_has_nothing_in_it(user: User) -> None:
    """Http without a body, and not processed, is an empty answer."""
    user.rule({"http": {"status": 503}, "processed": False})
    reply = user.create()
    assert (reply.status, reply.content) == (503, b"")


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(user: User, status: int) -> None:
    """204 and 304 have none, and the connection stays in step."""
    user.rule({"http": {"status": status}}, times=1)
    reply = user.create()
    assert (reply.status, reply.content) == (status, b"")
    assert user.create().code == 0


def test_members_are_changed_left_out_and_sent_as_other_types(user: User) -> None:
    """In every operation, refusals included; the journal holds what was sent."""
    task_id, _ = user.done()
    user.rule(
        {"change": {"/status": "Paused", "/extra/deep": [1, None]}, "remove": ["/file_id", "/base_resp/status_msg"],
         "as_number": ["/task_id"], "as_text": ["/video_width"]},
        {"operation": "query"},
    )  # fmt: skip
    reply = user.api.query(task_id)
    assert reply.json == {
        "task_id": int(task_id), "status": "Paused", "video_width": "1366", "video_height": 768,
        "base_resp": {"status_code": 0}, "extra": {"deep": [1, None]},
    }  # fmt: skip
    assert user.entry(reply)["answer"] == reply.json
    user.rule({"code": 1002, "change": {"/trace": "x"}}, {"operation": "create"})
    refused = user.create().json
    assert (refused["base_resp"]["status_code"], refused["trace"]) == (1002, "x")
    user.rule({"remove": ["/file/download_url"], "as_text": ["/file/file_id"]}, {"operation": "retrieve"})
    file_id = user.control("GET", "tasks").json["tasks"][0]["file_id"]
    file = user.api.retrieve(file_id).json["file"]
    assert file["file_id"] == file_id
    assert "download_url" not in file


def test_a_create_whose_id_is_a_number_is_still_found_by_it(user: User) -> None:
    """The journal can be asked for the task however its id was written in the answer."""
    user.rule({"as_number": ["/task_id"]}, {"operation": "create"})
    task_id = user.create().json["task_id"]
    assert isinstance(task_id, int)
    match = {"operation": "create", "task_id": str(task_id)}
    assert user.control("POST", "requests/verify", {"match": match, "times": 1}).status == 200


def test_the_journal_knows_the_code_that_was_sent(user: User) -> None:
    """A status code that a rule changes in the answer is the one that the journal is filtered by."""
    user.rule({"change": {"/base_resp/status_code": 1002}}, {"operation": "create"})
    assert user.create().code == 1002
    assert [entry["code"] for entry in user.journal()] == [1002]


def test_a_delay_is_waited_and_written_down(user: User) -> None:
    """The answer comes no sooner; the journal has it at once, with the seconds that were drawn."""
    user.rule({"delay": 0.3}, {"operation": "create"}, times=1)
    begin = time.monotonic()
    entry = user.entry(user.create())
    assert time.monotonic() - begin >= 0.3
    assert entry["rule"]["delay_seconds"] == 0.3
    user.rule({"delay": [0.01, 0.05]}, {"operation": "query"})
    drawn = [user.entry(user.api.query("1"))["rule"]["delay_seconds"] for _ in range(8)]
    assert all(0.01 <= each <= 0.05 for each in drawn)
    assert len(set(drawn)) > 4


def test_a_delayed_answer_is_no_reason_for_others_to_wait() -> None:
    """While one answer is held back, the same account is served; a stop of the mock ends the wait."""
    with MockServer(Settings(port=0, seed=7)) as mock:
        slow = User(mock)
        slow.rule({"delay": 600}, {"operation": "create"})
        ended = threading.Event()
        begin = time.monotonic()

        def create() -> None:
            slow.create()
            ended.set()

        threading.Thread(target=create, daemon=True).start()
        wanted = {"match": {"operation": "create"}, "timeout": 10}
        assert slow.control("POST", "requests/wait", wanted).status == 200
        assert slow.api.query("1").code == 2013
        assert not ended.is_set()
    assert ended.wait(5)
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    ("wish", "moments"),
    [
        ({"seconds": 100}, [(0, "Preparing"), (10, "Queueing"), (30, "Processing"), (99.9, "Processing"), (100, "Success")]),
        ({"queueing": 1, "processing": 2, "seconds": 5}, [(0.9, "Preparing"), (1, "Queueing"), (2, "Processing"), (5, "Success")]),
        ({"processing": 50}, [(49, "Queueing"), (50, "Success")]),
        ({"end": "never"}, [(0.7, "Processing"), (31_000_000, "Processing")]),
        ({"end": "never", "queueing": 5, "processing": 9}, [(4, "Preparing"), (5, "Queueing"), (9, "Processing"), (999, "Processing")]),
        ({"end": "Fail"}, [(1.9, "Processing"), (2, "Fail")]),
        ({"code": 1027, "seconds": 5}, [(4.9, "Processing"), (5, "Fail")]),
        ({"code": 1026, "seconds": 10}, [(2.9, "Queueing"), (3, "Fail")]),
        ({"seconds": 0}, [(0, "Success")]),
    ],
)  # fmt: skip
def test_the_life_of_a_task_on_demand(user: User, wish: Any, moments: list[tuple[float, str]]) -> None:
    """Moments, end and code are those of the rule; what it does not say is as ever."""
    user.rule({"task": wish})
    task_id = user.task()
    passed = 0.0
    for moment, status in moments:
        user.advance(moment - passed)
        passed = moment
        assert user.status(task_id) == status, moment
    assert user.api.query(task_id).code == wish.get("code", 0)


def test_a_task_by_polls_on_demand(user: User) -> None:
    """The third query sees the end, and time moves nothing."""
    user.rule({"task": {"polls": 3, "end": "Fail", "code": 1027}})
    task_id = user.task()
    user.advance(1000)
    assert [user.status(task_id) for _ in range(4)] == ["Queueing", "Processing", "Fail", "Fail"]


def test_wishes_for_task_and_answer_are_two_rules(user: User) -> None:
    """A rule about the task and one about the answer act on the same call; the note names the first."""
    planned = user.rule({"task": {"end": "Fail"}})
    user.rule({"change": {"/extra": 1}}, {"operation": "create"})
    reply = user.create()
    assert reply.json["extra"] == 1
    (note,) = (note for note in user.entry(reply)["notes"] if note["note"] == "task-planned")
    assert note["id"] == planned["id"]


def test_videos_of_the_users_own(user: User, tmp_path: Path) -> None:
    """A file byte for byte, the mock's own cut short or filled up; parts can still be asked for."""
    _, link = user.done()
    whole = user.api.send("GET", link).content
    own = tmp_path / "own.mp4"
    own.write_bytes(b"\0mine" * 1000)
    user.mock.account(user.key).rule({"video": {"file": str(own)}}, times=2)
    user.rule({"video": {"bytes": 100}}, times=1)
    user.rule({"video": {"bytes": len(whole) + 5}}, times=1)
    user.rule({"video": {"bytes": 0}}, times=1)
    assert user.api.send("GET", link).content == own.read_bytes()
    part = user.api.send("GET", link, headers={"Range": "bytes=1-4"})
    assert (part.status, part.content) == (206, b"mine")
    assert user.api.send("GET", link).content == whole[:100]
    assert user.api.send("GET", link).content == whole + bytes(5)
    assert user.api.send("GET", link).content == b""
    assert user.api.send("GET", link).content == whole


def test_rules_on_downloads(user: User) -> None:
    """A status, a body, a fault and a match by task; the task's other calls are not touched."""
    task_id, link = user.done("a fox")
    whole = user.api.send("GET", link).content
    user.rule({"http": {"status": 404}}, {"operation": "download", "task": task_id}, times=1)
    user.rule({"http": {"status": 500, "body": "<Error/>"}}, {"operation": "download", "prompt": "fox"}, times=1)
    user.rule({"fault": "wrong-content-type"}, {"operation": "download"}, times=1)
    user.rule({"fault": {"name": "huge", "bytes": len(whole) + 10}}, {"operation": "download"}, times=1)
    user.rule({"delay": [0.01, 0.02]}, {"operation": "download"})
    found = [user.api.send("GET", link) for _ in range(5)]
    assert [reply.status for reply in found] == [404, 500, 200, 200, 200]
    assert [reply.content for reply in found] == [whole, b"<Error/>", whole, whole + b"x" * 10, whole]
    assert found[2].headers["Content-Type"] == "text/plain"
    assert user.entry(found[4])["rule"]["delay_seconds"] > 0
    assert user.status(task_id) == "Success"


def test_one_task_has_its_own_rules(user: User) -> None:
    """A rule of a task acts on its queries alone, not on those of another."""
    mine, other = user.task(), user.task()
    rule = user.rule({"code": 1039}, {"task": mine, "operation": "query"})
    assert rule["scope"] == "task"
    assert (user.api.query(mine).code, user.api.query(other).code) == (1039, 0)


def test_retrieve_knows_the_task_of_its_file(user: User) -> None:
    """Model, prompt and task of a rule are those of the task that made the file."""
    task_id, _ = user.done("a fox")
    file_id = user.api.query(task_id).json["file_id"]
    user.rule({"code": 1039}, {"operation": "retrieve", "prompt": "fox", "model": MINIMAL["model"], "task": task_id})
    assert user.api.send("GET", RETRIEVE, query={"file_id": file_id}).code == 1039
    assert user.api.send("GET", RETRIEVE, query={"file_id": "1"}).code == 2013
    assert user.api.send("GET", QUERY, query={"task_id": task_id}).code == 0


def test_control_input_has_no_infinite_numbers(user: User) -> None:
    """A number too large for JSON would come out as a word that is no JSON, so it is refused."""
    raw = b'{"then": {"change": {"/x": 1e999}}}'
    reply = user.api.send("POST", "/__mock/rules", body=raw)
    assert reply.status == 400
    assert json.loads(reply.content)["title"] == "No JSON"
