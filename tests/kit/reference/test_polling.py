"""How the reference client waits for a task."""

from __future__ import annotations

from typing import Any

import pytest

from examples.reference_client import VideoClient, VideoError
from tests.kit.reference.desk import ORDER, Desk


def test_it_asks_at_its_pace_until_the_task_is_done_and_no_more(desk: Desk) -> None:
    """A task that takes two seconds is asked about at 0, 1 and 2."""
    desk.generate()
    seen = [entry["answer"]["status"] for entry in desk.calls("query")]
    assert seen[-1] == "Success"
    assert "Success" not in seen[:-1]
    assert desk.pauses == [1.0] * (len(seen) - 1)
    assert desk.calls("query")[0]["request"]["query"] == {"task_id": desk.tasks[0]}


def test_it_never_asks_faster_than_ten_times_a_second(desk: Desk) -> None:
    """Even if that is asked for."""
    desk.generate(poll=0.0)
    assert set(desk.pauses) == {0.1}


@pytest.mark.parametrize("word", ["Success", "success", "SUCCESS"])
def test_every_spelling_of_success_is_one(desk: Desk, word: str) -> None:
    """The callbacks of the service spell it differently."""
    desk.account.rule({"change": {"/status": word}}, {"operation": "query", "status": "Success"})
    assert desk.generate()


@pytest.mark.parametrize("word", ["Fail", "Failed", "failed", "FAIL"])
def test_every_spelling_of_failure_ends_the_wait(desk: Desk, word: str) -> None:
    """At once, with the message, and without another create."""
    desk.account.rule({"task": {"end": "Fail"}}, {"operation": "create"})
    change = {"/status": word, "/base_resp/status_msg": "it went wrong"}
    desk.account.rule({"change": change}, {"operation": "query", "status": "Fail"})
    error = desk.error()
    assert (error.kind, error.message, error.retryable, error.task_id) == (
        "task_failed", "it went wrong", False, desk.tasks[0],
    )  # fmt: skip
    assert len(desk.calls("create")) == 1
    assert desk.calls("query")[-2]["answer"]["status"] == "Processing"


@pytest.mark.parametrize(
    ("code", "kind"), [(1026, "sensitive"), (1027, "sensitive"), (2013, "task_failed"), (1000, "task_failed")]
)
def test_a_failed_task_may_have_a_code(desk: Desk, code: int, kind: str) -> None:
    """It has failed whatever the code, also one that would pass otherwise."""
    desk.account.rule({"task": {"end": "Fail", "code": code}}, {"operation": "create"})
    error = desk.error()
    assert (error.kind, error.code, error.task_id, error.retryable) == (kind, code, desk.tasks[0], False)
    assert len([entry for entry in desk.calls("query") if entry["code"] == code]) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1004, "auth"), (1026, "sensitive"), (1027, "sensitive"), (2013, "invalid_params"), (2056, "quota")],
)
def test_a_query_that_is_refused_ends_the_wait_with_the_task(desk: Desk, code: int, kind: str) -> None:
    """The task is not lost: its id is in the error."""
    desk.account.rule({"code": code}, {"operation": "query", "call": 2})
    error = desk.error()
    assert (error.kind, error.task_id) == (kind, desk.tasks[0])
    assert len(desk.calls("query")) == 2


def test_a_rate_limit_slows_the_queries_down(desk: Desk) -> None:
    """Longer pauses, and the task goes on."""
    desk.account.fail_next(1002, "query", times=3)
    assert desk.generate()
    assert desk.pauses[:3] == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("then", "kind"),
    [
        ({"fault": "reset"}, "network"),
        ({"fault": "bad-gateway"}, "server"),
        ({"code": 1002}, "rate_limited"),
        ({"remove": ["/status"]}, "protocol"),
        ({"change": {"/status": ""}}, "protocol"),
        ({"change": {"/status": None}}, "protocol"),
        ({"http": {"status": 200, "body": {}}}, "protocol"),
    ],
    ids=str,
)
def test_queries_that_never_succeed_end_with_the_task(desk: Desk, then: dict[str, Any], kind: str) -> None:
    """After a few, not at the deadline and not never."""
    desk.account.rule(then, {"operation": "query"})
    error = desk.error()
    assert (error.kind, error.task_id, error.retryable) == (kind, desk.tasks[0], True)
    assert len(desk.calls("query")) == 4
    assert desk.pauses == [1.0, 2.0, 4.0]


def test_failures_are_counted_anew_after_a_success(desk: Desk) -> None:
    """A task of a bad day takes longer, and is not given up."""
    desk.account.rule({"task": {"seconds": 40}}, {"operation": "create"})
    desk.account.rule({"fault": "bad-gateway"}, {"operation": "query"}, times=3)
    desk.account.rule({"fault": "reset"}, {"operation": "query"}, times=3, after=4)
    assert desk.generate(deadline=100.0)


@pytest.mark.parametrize("word", ["Processing", "Reviewing"])
def test_a_task_without_end_ends_at_the_deadline(desk: Desk, word: str) -> None:
    """The error has the task and the last status, known or not."""
    desk.account.rule({"task": {"end": "never"}}, {"operation": "create"})
    desk.change("query", {"/status": word})
    error = desk.error(deadline=10.0)
    assert (error.kind, error.task_id, error.retryable) == ("timeout", desk.tasks[0], True)
    assert word in error.message
    assert 9 <= sum(desk.pauses) <= 10


def test_a_query_that_the_deadline_cuts_off_is_no_other_error(desk: Desk) -> None:
    """What the task was before is not forgotten."""
    desk.account.rule({"task": {"end": "never"}}, {"operation": "create"})
    desk.account.rule({"delay": 30}, {"operation": "query"}, after=1)
    task_id = desk.client().create(ORDER)
    with pytest.raises(VideoError, match="Preparing") as caught:
        VideoClient(desk.account.url, desk.key, poll=0.1, deadline=1.0).wait(task_id)
    assert (caught.value.kind, caught.value.task_id) == ("timeout", task_id)


def test_the_cause_of_a_long_silence_is_told_not_the_silence(desk: Desk) -> None:
    """A deadline that falls among the repeats does not hide what they are for."""
    desk.account.rule({"fault": "bad-gateway"}, {"operation": "query"}, times=1)
    desk.account.rule({"delay": 30}, {"operation": "query"})
    task_id = desk.client().create(ORDER)
    with pytest.raises(VideoError) as caught:
        VideoClient(desk.account.url, desk.key, poll=0.1, deadline=1.0).wait(task_id)
    assert (caught.value.kind, caught.value.task_id) == ("server", task_id)


def test_success_without_a_file_is_an_error(desk: Desk) -> None:
    """And is not asked about again; an empty file id before the end is nothing of the kind."""
    desk.account.rule({"change": {"/file_id": ""}}, {"operation": "query", "status": "Success"})
    error = desk.error()
    assert (error.kind, error.task_id) == ("protocol", desk.tasks[0])
    assert [entry["answer"]["status"] for entry in desk.calls("query")].count("Success") == 1
    assert desk.calls("retrieve") == []


def test_an_answer_about_another_task_is_an_error(desk: Desk) -> None:
    """At once: somebody else's video would be worse than none."""
    desk.change("query", {"/task_id": "1"})
    error = desk.error()
    assert (error.kind, error.task_id, len(desk.calls("query"))) == ("protocol", desk.tasks[0], 1)


@pytest.mark.parametrize("task_id", ["9007199254740993", "00712", 9007199254740993, "a b&c=d/é?#%", "../../etc/passwd"])
def test_ids_are_kept_exactly(desk: Desk, task_id: str | int) -> None:
    """As text, whatever is in them, and never as part of a path."""
    desk.change("create", {"/task_id": task_id})
    desk.answer("query", {"task_id": task_id, "status": "Fail", "base_resp": {"status_code": 0}})
    error = desk.error()
    assert (error.kind, error.task_id) == ("task_failed", str(task_id))
    (query,) = desk.calls("query")
    assert query["request"]["query"] == {"task_id": str(task_id)}
    assert list(desk.path.parent.iterdir()) == []


def test_a_known_task_is_finished_without_a_create(desk: Desk) -> None:
    """After a restart, say."""
    task_id = desk.client().create(ORDER)
    video = desk.client().finish(task_id, desk.path)
    assert video.task_id == task_id
    assert len(desk.calls("create")) == 1


def test_the_single_steps(desk: Desk) -> None:
    """For those who have a loop of their own."""
    client = desk.client()
    task_id = client.create(ORDER)
    assert (client.query(task_id).status, client.query(task_id).done) == ("Preparing", False)
    file_id = client.wait(task_id)
    assert client.query(task_id).file_id == file_id
    assert client.retrieve(file_id).startswith(desk.account.url)
    with pytest.raises(VideoError, match="1234567"):
        client.query("1234567")


def test_an_error_is_about_the_task_that_was_asked_for(desk: Desk) -> None:
    """Even if the answer names another."""
    desk.answer("query", {"task_id": "1", "status": "", "base_resp": {"status_code": 1004, "status_msg": "no"}})
    assert desk.error().task_id == desk.tasks[0]
