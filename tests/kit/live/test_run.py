"""Live runs that cost nothing: what is asked, how often, what stops them, and what they leave behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract_tests.live.address import Refused
from contract_tests.live.facts_file import SCHEMA
from contract_tests.live.options import KEY_VARIABLE, REVOKED_VARIABLE
from contract_tests.live.probes import read_catalogue
from mock_server import MockServer
from tests.kit.live.stage import KEY, Stage, journal, mock, rule, tasks
from tests.kit.live.test_pace import most_within_a_minute
from tests.kit.server.breaking import Breaking
from tests.kit.server.variants import VARIANTS


def answer_of(stage: Stage, probe: str) -> dict[str, Any]:
    """What the facts say of the answer to a probe."""
    found: dict[str, Any] = next(each for each in stage.facts["probes"] if each["id"] == probe)
    return found


def test_a_whole_run_sends_each_probe_once_and_makes_nothing(near: Stage, server: MockServer) -> None:
    """The plan is told first, with what it costs at most; the facts are whole."""
    assert near.run() == 0
    assert near.output.index("highest possible cost: 0.00 USD") < near.output.index(
        "SV-AUTH-001-create: HTTP 200, 1004"
    )
    assert len(journal(server)) == len(near.sent) == len(near.facts["probes"]) == 50
    assert tasks(server) == []
    assert near.facts["complete"]
    assert near.facts["stopped"] is None
    assert {each["id"] for each in near.facts["left_out"]} == {
        "SV-CB-000", "SV-CB-002", "SV-LIM-001", "SV-AUTH-004-create", "SV-LIFE-001",
    }  # fmt: skip
    assert not near.ledger_path.exists()
    assert near.time.waited == []


def test_facts_hold_to_their_schema(near: Stage) -> None:
    """The schema is one, and allows what is written."""
    near.run()
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(near.facts_path.read_text()))


def test_facts_of_one_probe(near: Stage) -> None:
    """Request without a key, status, code, text, types, and names of headers."""
    near.run(only=("SV-Q-001-unknown",))
    (probe,) = near.facts["probes"]
    assert probe["request"] == {
        "method": "GET", "path": "/v1/query/video_generation", "auth": "key", "parameters": {"task_id": "123456789012345"},
    }  # fmt: skip
    answer = probe["answer"]
    assert (answer["status"], answer["code"], answer["text"]) == (200, 2013, "invalid params, invalid task_id")
    assert answer["keys"]["/base_resp/status_code"] == "integer"
    assert answer["keys"]["/video_width"] == "integer"
    assert {"trace-id", "x-mock-request-id"} <= set(answer["headers"])
    assert answer["known_headers"] == [name for name in answer["headers"] if name != "x-unheard-of"]


def test_a_far_server_is_asked_four_times_a_minute(far: Stage, server: MockServer) -> None:
    """Also when everything goes well, for all requests to it, whatever they ask."""
    assert far.run() == 0
    assert most_within_a_minute(far.moments) == 4
    assert len(journal(server)) == 50
    assert "requests: 50, at most 4 a minute: about 13 minutes" in far.output
    assert far.time.now - 1000 <= 13 * 60


def test_a_create_that_is_taken_stops_everything(far: Stage, server: MockServer) -> None:
    """Loudly; what was found so far is kept."""
    rule(server, {"operation": "create", "call": 3}, {"change": {"/task_id": "123456789012345"}})
    assert far.run() == 1
    assert f"FULL STOP: {far.facts['probes'][-1]['id']} (" in far.output
    assert len(far.facts["probes"]) == len(far.sent) == len(journal(server))
    assert not far.facts["complete"]
    assert "the answer names a task" in far.facts["stopped"]
    assert "look at the account" in far.output


def test_a_server_that_does_not_challenge_stops_the_run(tmp_path: Path) -> None:
    """It takes a body in which nothing is wrong but its poison: a picture that nobody serves, in a video that cannot be."""
    with pytest.MonkeyPatch.context() as patch:
        VARIANTS["not-challenged"].break_it(Breaking(patch))
        with mock() as server:
            stage = Stage(server.url, tmp_path, server.url)
            assert stage.run() == 1
            assert len(tasks(server)) == 1
            assert "FULL STOP: SV-REQ-011-control" in stage.output


@pytest.mark.parametrize(
    "body",
    [
        b'{"task_id": "1", "base_resp": {"status_code": 2013}}',
        b'{"data": [{"task_id": 7}], "base_resp": {"status_code": 2013}}',
        b'{"task_id": "", "base_resp": {"status_code": 0}}',
        b'{"task_id": "", "base_resp": {"status_code": "2013"}}',
        b'{"base_resp": {}}',
        b"{}",
        b"OK",
        b"",
        b'{"task_id": "123',
    ],
)
def test_what_does_not_refuse_stops_the_run(near: Stage, server: MockServer, body: bytes) -> None:
    """A task may have been made whenever the answer does not say for certain that none was."""
    rule(server, {"operation": "create"}, {"http": {"status": 200, "body": body.decode()}})
    assert near.run(only=("SV-REQ-004",)) == 1
    assert len(journal(server)) == 1


@pytest.mark.parametrize(
    ("then", "ambiguity"),
    [
        ({"http": {"status": 400, "body": "bad request"}}, "names none of: duration"),
        ({"http": {"status": 302, "headers": {"Location": "/x"}, "body": ""}}, "names none of: duration"),
        ({"code": 1008}, "the balance was looked at first"),
        ({"code": 2013, "text": "invalid params, duration"}, None),
    ],
)
def test_refusals_that_tell_little(
    near: Stage, server: MockServer, then: dict[str, Any], ambiguity: str | None
) -> None:
    """They are no reason to stop; the facts say what cannot be told from them."""
    rule(server, {"operation": "create"}, then)
    assert near.run(only=("SV-REQ-004",)) == 0
    assert len(journal(server)) == 4
    found = answer_of(near, "SV-REQ-004-text")["ambiguity"]
    assert found is None if ambiguity is None else ambiguity in found


def test_a_lost_create_is_not_sent_again(near: Stage, server: MockServer) -> None:
    """Whether it arrived is not known, so the run ends there, and the facts say so."""
    near.lose = {0: "after"}
    assert near.run(only=("SV-REQ-004",)) == 1
    probe = answer_of(near, "SV-REQ-004-text")
    assert probe["answer"] is None
    assert probe["ambiguity"] == "the create may have arrived; it is not sent again"
    assert len(journal(server)) == len(near.sent) == 1


@pytest.mark.parametrize("then", [{"fault": "bad-gateway"}, {"code": 1033}, {"code": 1000}])
def test_a_create_that_is_not_clearly_refused_stops_the_run(
    near: Stage, server: MockServer, then: dict[str, Any]
) -> None:
    """Behind a gateway or an internal error a task may have been made."""
    rule(server, {"operation": "create"}, then)
    assert near.run(only=("SV-REQ-004",)) == 1
    assert len(journal(server)) == 1


def test_a_create_that_did_not_arrive_is_not_sent_again_either(near: Stage) -> None:
    """It says so little that asking again later costs nobody anything."""
    near.lose = {0: "before"}
    assert near.run(only=("SV-REQ-004",)) == 0
    assert answer_of(near, "SV-REQ-004-text")["ambiguity"] is None
    assert len(near.sent) == 4


@pytest.mark.parametrize(("first", "code"), [(0, 4), (5, 3)])
def test_a_server_that_does_not_answer_is_left_alone(near: Stage, first: int, code: int) -> None:
    """After three requests in a row; 4 when it never answered, 3 when it did."""
    near.lose = dict.fromkeys(range(first, 60), "before")
    assert near.run() == code
    assert len(near.sent) == len(near.facts["probes"]) == first + 3
    assert "has not answered 3 requests in a row; nothing more is sent" in near.facts["stopped"]


def test_an_interrupted_run_keeps_what_it_found(far: Stage) -> None:
    """Control-C while it waits for its turn."""
    wait = far.time.wait

    def interrupted(seconds: float) -> None:
        wait(seconds)
        raise KeyboardInterrupt

    far.time.wait = interrupted  # type: ignore[method-assign]
    assert far.run() == 130
    assert len(far.facts["probes"]) == len(far.sent) == 4
    assert far.facts["stopped"] == "interrupted"


def test_keys_are_neither_shown_nor_written(near: Stage, server: MockServer, tmp_path: Path) -> None:
    """Also where a server sends them back: in texts, names, types of headers and links."""
    near.environment[REVOKED_VARIABLE] = "sk-revoked-0123456789"
    echo = f"login fail: {KEY} at https://{KEY}.example.com"
    rule(server, {"operation": "query"}, {
        "http": {"status": 200, "headers": {f"X-{KEY}": KEY}},
        "change": {"/base_resp/status_msg": echo, f"/{KEY}": KEY, "/status": KEY},
    })  # fmt: skip
    rule(
        server, {"operation": "create"}, {"code": 1004, "text": f"{KEY} is not {KEY[:9]}***, nor sk-revoked-0123456789"}
    )
    assert near.run() == 0
    written = near.facts_path.read_text() + near.output + "".join(path.name for path in tmp_path.iterdir())
    assert KEY[3:20].lower() not in written.lower()
    assert "sk-revoked" not in written
    assert "<key>" in written
    assert all(KEY not in repr(each) for each in near.sent)


def test_a_revoked_key_is_one_more_probe(near: Stage) -> None:
    """Only for those who have one."""
    near.environment[REVOKED_VARIABLE] = "mock-2049"
    assert near.run(only=("SV-AUTH-004",)) == 0
    assert answer_of(near, "SV-AUTH-004-create")["answer"]["code"] == 2049


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ({}, "MINIMAX_API_KEY is not set"),
        ({KEY_VARIABLE: ""}, "MINIMAX_API_KEY is not set"),
        ({KEY_VARIABLE: "short"}, "MINIMAX_API_KEY: not a key"),
        ({KEY_VARIABLE: "sk-secret with blanks"}, "MINIMAX_API_KEY: not a key"),
        ({KEY_VARIABLE: "sk-secret-line-break\n"}, "MINIMAX_API_KEY: not a key"),
        ({KEY_VARIABLE: KEY, REVOKED_VARIABLE: "sk-secrét-0123"}, "MINIMAX_REVOKED_API_KEY: not a key"),
    ],
)
def test_keys_that_are_none(near: Stage, environment: dict[str, str], fault: str) -> None:
    """Told without showing them; nothing is sent."""
    near.environment = environment
    with pytest.raises(Refused, match=fault) as refused:
        near.run()
    assert "secr" not in str(refused.value)
    assert near.sent == []


@pytest.mark.parametrize("answer", ["no", "y", "YES", "", "yes please"])
def test_only_yes_is_yes(near: Stage, answer: str) -> None:
    """Anything else sends nothing and writes nothing."""
    near.answer = answer
    with pytest.raises(Refused, match="was not confirmed; nothing was sent"):
        near.run(yes=False)
    assert near.sent == []
    assert not near.facts_path.exists()
    assert near.said[-1] == "Type yes if the account has balance 0 and this plan may run: "


def test_a_person_can_say_yes(near: Stage) -> None:
    """After having read the plan."""
    near.answer = "yes\n"
    assert near.run(yes=False, only=("SV-Q-001-none",)) == 0
    assert near.said.index("Type yes to run this plan: ") > near.said.index(
        "highest possible cost: 0.00 USD (no request can make a video)"
    )
    assert len(near.sent) == 1


def test_without_a_terminal_yes_has_to_be_given(near: Stage) -> None:
    """A pipeline that never read the plan does not run it."""
    with pytest.raises(Refused, match="there is no terminal to ask at; read it, then add --yes"):
        near.run(yes=False)
    assert near.sent == []


def test_facts_that_cannot_be_written_are_told_first(near: Stage) -> None:
    """Not after ten minutes of asking."""
    with pytest.raises(Refused, match=r"--facts .*: No such file or directory"):
        near.run(facts=near.folder / "nowhere" / "facts.json")
    with pytest.raises(Refused, match=r"--facts .*: Is a directory"):
        near.run(facts=near.folder)
    assert near.sent == []
    assert list(near.folder.iterdir()) == []


def test_a_probe_that_would_not_be_safe_is_never_sent(near: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole plan is refused, whoever wrote it."""
    monkeypatch.setattr(
        "contract_tests.live.plan.why_not_safe", lambda probe: f"{probe.id}: invalid in fewer than 2 ways"
    )
    with pytest.raises(Refused, match="fewer than 2 ways"):
        near.run()
    assert near.sent == []


def test_plain_http_to_another_machine_sends_nothing(near: Stage) -> None:
    """The key would be readable on its way."""
    near.url = "http://api.minimax.io"
    with pytest.raises(Refused, match="in clear"):
        near.run()
    assert near.sent == []


def test_the_catalogue_has_a_version() -> None:
    """Which the facts repeat, so that files of different catalogues can be told apart."""
    assert read_catalogue().version == 1
