"""What the reference client makes of answers that are no success."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from examples.reference_client import VideoClient, VideoError
from tests.kit.reference.desk import ORDER, Desk, Shelf

KINDS = {
    1000: "server", 1001: "server", 1002: "rate_limited", 1004: "auth", 1008: "balance", 1024: "server",
    1026: "sensitive", 1027: "sensitive", 1028: "quota", 1030: "quota", 1033: "server", 1039: "rate_limited",
    1041: "rate_limited", 1042: "invalid_params", 2013: "invalid_params", 2038: "unknown", 2045: "rate_limited",
    2049: "auth", 2056: "quota", 2061: "unknown", 9999: "unknown", -1: "unknown", 2**31: "unknown",
}  # fmt: skip


@pytest.mark.parametrize(("code", "kind"), KINDS.items())
def test_a_code_has_a_kind_whatever_its_text_says(desk: Desk, code: int, kind: str) -> None:
    """Only a limit on the rate is tried again, and only as often as was agreed."""
    desk.account.rule({"code": code, "text": "全く別の文章"}, {"operation": "create"})
    error = desk.error()
    assert (error.kind, error.code, error.message) == (kind, code, "全く別の文章")
    assert error.retryable == (kind in {"server", "rate_limited", "quota"})
    assert not error.ambiguous
    assert len(desk.calls("create")) == (3 if kind == "rate_limited" else 1)


def test_a_long_message_is_cut_and_none_is_named(desk: Desk) -> None:
    """The code is known all the same."""
    desk.account.rule({"code": 1026, "text": "x" * 1_000_000}, {"operation": "create"}, times=1)
    assert len(desk.error().message) == 300
    desk.answer("create", {"base_resp": {"status_code": 1026}})
    assert desk.error().kind == "sensitive"


def test_a_limit_that_ends_is_waited_out(desk: Desk) -> None:
    """The pauses grow, and one create is accepted."""
    desk.account.fail_next(1002, times=2)
    assert desk.generate()
    assert desk.pauses[:2] == [1.0, 2.0]
    assert len(desk.account.tasks) == 1


def test_a_repeat_whose_answer_is_lost_is_told(desk: Desk) -> None:
    """That the first was refused does not hide that the second may have been paid for."""
    desk.account.fail_next(1002)
    desk.account.rule({"delay": 30}, {"operation": "create"})
    client = VideoClient(desk.account.url, desk.key, poll=0.1, deadline=1.0)
    with pytest.raises(VideoError) as caught:
        client.create(ORDER)
    assert (caught.value.kind, caught.value.ambiguous, caught.value.retryable) == ("timeout", True, False)


@pytest.mark.parametrize("fault", ["too-many-requests", "unavailable"])
@pytest.mark.parametrize("told", [7, "date+7"])
def test_retry_after_is_honoured(desk: Desk, fault: str, told: int | str) -> None:
    """As a number and as a date."""
    desk.account.rule({"fault": {"name": fault, "retry_after": told}}, {"operation": "create"}, times=1)
    assert desk.generate()
    assert 5.5 < desk.pauses[0] <= 7


@pytest.mark.parametrize("told", ["600", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_a_wait_that_is_too_long_is_not_begun(desk: Desk, told: str) -> None:
    """The error comes at once, instead of at the deadline."""
    desk.answer("create", "busy", 429, Retry_After=told)
    error = desk.error()
    assert (error.kind, error.retryable, error.ambiguous) == ("rate_limited", True, False)
    assert desk.pauses == []


def test_a_retry_after_that_is_no_time_is_not_believed(desk: Desk) -> None:
    """A gateway that is away without saying until when is not asked again."""
    desk.answer("create", "busy", 503, Retry_After="soon")
    assert desk.error().kind == "server"
    assert len(desk.calls("create")) == 1


@pytest.mark.parametrize(
    "body",
    [
        {}, [], "null", "3", '"text"', "", "<html>", {"base_resp": None}, {"base_resp": []},
        {"task_id": "1", "base_resp": {"status_code": "0"}}, {"base_resp": {"status_code": "1002"}},
        {"base_resp": {"status_code": True}}, {"base_resp": {"status_code": 0.0}}, {"base_resp": {"status_code": None}},
        {"base_resp": {"status_code": 0}}, {"task_id": "", "base_resp": {"status_code": 0}},
        {"task_id": None, "base_resp": {"status_code": 0}}, {"task_id": [1], "base_resp": {"status_code": 0}},
        '{"task_id": "1", "x": NaN, "base_resp": {"status_code": 0}}', '{"task_id": "1", "base_resp": {"status_code": 0}} x',
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_understood_is_no_success(desk: Desk, body: Any) -> None:
    """A task may have been made, so it is said, and not tried again."""
    desk.answer("create", body)
    error = desk.error()
    assert (error.kind, error.ambiguous, error.retryable) == ("protocol", True, False)
    assert len(desk.account.requests) == 1


def test_a_task_that_is_named_anywhere_is_not_lost(desk: Desk) -> None:
    """An answer without base_resp names one, a refusal too: both are errors that show it, and neither is polled."""
    for body in ({"task_id": "77"}, {"task_id": "77", "base_resp": {"status_code": 1002}}):
        desk.answer("create", body, times=1)
        error = desk.error()
        assert (error.task_id, error.ambiguous, error.retryable) == ("77", True, False)
    assert [entry["operation"] for entry in desk.account.requests] == ["create", "create"]


@pytest.mark.parametrize(
    ("status", "kind", "ambiguous"),
    [(401, "auth", False), (403, "auth", False), (404, "protocol", False), (405, "protocol", False), (500, "server", True), (502, "server", True)],
)  # fmt: skip
@pytest.mark.parametrize(
    "body", ["<html>no</html>", {"task_id": "1", "base_resp": {"status_code": 0}}], ids=["page", "0"]
)
def test_a_status_of_http_outweighs_what_the_body_pretends(
    desk: Desk, status: int, kind: str, ambiguous: bool, body: Any
) -> None:
    """None of these is tried again."""
    desk.answer("create", body, status)
    error = desk.error()
    assert (error.kind, len(desk.account.requests)) == (kind, 1)
    assert error.ambiguous == (ambiguous or isinstance(body, dict))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed_with_the_key(desk: Desk, shelf: Shelf, status: int) -> None:
    """It is named instead."""
    desk.answer("create", "", status, Location=f"{shelf.url}/elsewhere")
    error = desk.error()
    assert (error.kind, error.ambiguous) == ("protocol", False)
    assert f"{shelf.url}/elsewhere" in error.message
    assert shelf.asked == []


def test_the_trace_is_kept(desk: Desk) -> None:
    """For the vendor's support."""
    desk.answer("create", {"base_resp": {"status_code": 1000, "status_msg": "oh"}}, 200, Trace_Id="0640ba83")
    assert str(desk.error()) == "server: oh (code 1000, trace 0640ba83)"


@pytest.mark.parametrize("status", [200, 302, 401, 500])
def test_the_key_is_in_no_text(desk: Desk, capsys: pytest.CaptureFixture[str], status: int) -> None:
    """Even where the server repeats it, in the one line and in the whole traceback."""
    body = {"base_resp": {"status_code": 1004, "status_msg": f"no such key: {desk.key}"}}
    desk.answer("create", body if status == 200 else f"{' ' * 290}{desk.key}", status, Location=f"/?key={desk.key}")
    client = desk.client()
    with pytest.raises(VideoError) as caught:
        client.create(ORDER)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value)) + repr(vars(client))
    assert "[key]" in caught.value.message
    assert desk.key[:12] not in shown + "".join(capsys.readouterr())


def test_a_failed_challenge_is_named_as_the_cause(desk: Desk) -> None:
    """And does not become another create."""
    desk.account.rule({"code": 2013, "text": "invalid params, fail to check callback url"}, {"operation": "create"})
    assert "callback" in desk.error().message
    assert len(desk.calls("create")) == 1
