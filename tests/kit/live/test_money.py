"""What may cost money: never more than the budget, never twice, and always written down first."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from contract_tests.live.address import Refused
from contract_tests.live.ledger import spent_in
from contract_tests.live.plan import MOST_POLLS
from contract_tests.live.price_table import in_dollars, price_of
from contract_tests.live.probes import read_catalogue
from contract_tests.live.wire import Reply, Wanted
from mock_server import MockServer
from tests.kit.live.stage import REAL, Stage, journal, mock, rule, tasks
from tests.kit.live.test_pace import most_within_a_minute

BUDGET = 100
LIFE = ("SV-LIFE-001",)
STEPS = ("create", "query-first", "query-last", "retrieve", "video")
PAID = {"operation": "create", "model": "MiniMax-Hailuo-02"}


def ledger_of(stage: Stage) -> list[dict[str, Any]]:
    """The lines of the ledger."""
    return [json.loads(line) for line in stage.ledger_path.read_text().splitlines()]


def paid_creates(server: MockServer) -> int:
    """How many creates that cost money reached the mock."""
    return sum(
        entry["operation"] == "create" and (entry["request"]["body"] or {}).get("model") == "MiniMax-Hailuo-02"
        for entry in journal(server)
    )


def test_the_cheapest_video_and_its_price() -> None:
    """From the dated list; a video that the list does not name has no price."""
    body = read_catalogue().life.request.document
    assert (body["model"], body["resolution"], body["duration"]) == ("MiniMax-Hailuo-02", "512P", 6)
    assert price_of(body).milli == 100
    assert price_of(body).as_of == "2026-01-31"
    with pytest.raises(Refused, match="names no price for I2V-01 720P 6 s"):
        price_of({"model": "I2V-01", "resolution": "720P", "duration": 6})


@pytest.mark.parametrize(("milli", "text"), [(0, "0.00"), (100, "0.10"), (1234, "1.234"), (2000, "2.00")])
def test_sums(milli: int, text: str) -> None:
    """As people write them."""
    assert in_dollars(milli) == text


def test_a_whole_life(tmp_path: Path) -> None:
    """One create, its states in order, the file with its types, and the video's headers; never too fast."""
    with mock(public_url=REAL) as server:
        far = Stage(REAL, tmp_path, server.url)
        assert far.run(budget=BUDGET, only=LIFE) == 0
        assert paid_creates(server) == len(far.creates) == len(tasks(server)) == 1
    found = {probe["id"]: probe["answer"] for probe in far.facts["probes"]}
    assert list(found) == [f"SV-LIFE-001-{step}" for step in STEPS]
    assert found["SV-LIFE-001-query-last"]["states"] == ["Preparing", "Queueing", "Processing", "Success"]
    assert found["SV-LIFE-001-retrieve"]["keys"]["/file/file_id"] == "integer"
    assert found["SV-LIFE-001-video"]["status"] == 200
    assert most_within_a_minute(far.moments) <= 4
    assert all(later - earlier >= 15 for earlier, later in pairwise(far.moments[1:5]))
    assert "Authorization" not in dict(far.sent[-1].headers)
    assert "highest possible cost: 0.10 USD (one create that is never repeated; list price of 2026-01-31)" in far.output


def test_what_needs_an_account_without_money_is_left_out(near: Stage) -> None:
    """With a budget the account has some; the requests that cannot make a task are sent all the same."""
    assert near.run(budget=BUDGET) == 0
    costs = {probe["cost"] for probe in near.facts["probes"]}
    assert costs == {"free", "paid"}
    left_out = {each["id"]: each["why"] for each in near.facts["left_out"]}
    assert left_out["SV-REQ-004-text"] == "is for an account without money; run it without --budget"


@pytest.mark.parametrize("budget", [1, 99])
def test_a_budget_below_the_price_sends_nothing(far: Stage, budget: int) -> None:
    """Not even what costs nothing."""
    with pytest.raises(Refused, match=r"the ledger holds 0\.00 USD, and this create may cost 0\.10 USD more"):
        far.run(budget=budget)
    assert far.sent == []


def test_the_budget_is_for_all_runs_of_a_ledger(far: Stage, server: MockServer) -> None:
    """What was spent stays spent."""
    assert far.run(budget=250, only=LIFE) == 0
    assert far.run(budget=250, only=LIFE) == 0
    with pytest.raises(Refused, match=r"--budget 0\.25: the ledger holds 0\.20 USD"):
        far.run(budget=250, only=LIFE)
    assert paid_creates(server) == 2


@pytest.mark.parametrize("fault", ["reset", "close", "truncate", "garbage"])
def test_a_lost_create_is_ambiguous_and_never_repeated(far: Stage, server: MockServer, fault: str) -> None:
    """It was made on the other side; a client that sent it again would pay twice."""
    rule(server, PAID, {"fault": fault})
    assert far.run(budget=BUDGET, only=LIFE) == 3
    assert paid_creates(server) == len(far.creates) == len(tasks(server)) == 1
    assert ledger_of(far)[-1]["outcome"] == "ambiguous"
    (probe,) = far.facts["probes"]
    assert "may have been accepted, and charged" in probe["ambiguity"]
    with pytest.raises(Refused, match=r"the ledger holds 0\.10 USD"):
        far.run(budget=BUDGET, only=LIFE)


def test_a_create_that_was_not_sent_costs_nothing(far: Stage) -> None:
    """Nobody listened; the budget is as it was, and nothing is tried again in this run."""
    far.lose = {0: "before"}
    assert far.run(budget=BUDGET, only=LIFE) == 3
    assert len(far.creates) == 1
    assert ledger_of(far)[-1]["outcome"] == "not sent"
    assert spent_in(far.ledger_path.read_bytes(), far.ledger_path) == 0


@pytest.mark.parametrize(
    ("then", "code", "outcome", "spent"),
    [
        ({"code": 1008}, 0, "refused", 0),
        ({"http": {"status": 429, "body": "slow down"}}, 0, "refused", 0),
        ({"code": 1024}, 3, "ambiguous", 100),
        ({"fault": "bad-gateway"}, 3, "ambiguous", 100),
        ({"http": {"status": 408, "body": "time-out"}}, 3, "ambiguous", 100),
        ({"http": {"status": 200, "body": "fine"}}, 3, "ambiguous", 100),
        ({"remove": ["/task_id"]}, 3, "ambiguous", 100),
    ],
)
def test_answers_to_a_paid_create(
    far: Stage, server: MockServer, then: dict[str, Any], code: int, outcome: str, spent: int
) -> None:
    """Only what is refused for certain costs nothing; nothing is asked again."""
    rule(server, PAID, then)
    assert far.run(budget=BUDGET, only=LIFE) == code
    assert len(far.sent) == 1
    assert ledger_of(far)[-1]["outcome"] == outcome
    assert spent_in(far.ledger_path.read_bytes(), far.ledger_path) == spent


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, MemoryError])
def test_a_run_that_ends_while_the_create_is_under_way_has_spent_it(
    far: Stage, interruption: type[BaseException]
) -> None:
    """There is no second line, so the first one counts."""

    def never(wanted: Wanted) -> Reply:  # noqa: ARG001
        raise interruption

    far.deliver = never  # type: ignore[method-assign]
    if interruption is KeyboardInterrupt:
        assert far.run(budget=BUDGET, only=LIFE) == 130
    else:
        with pytest.raises(interruption):
            far.run(budget=BUDGET, only=LIFE)
    assert len(ledger_of(far)) == 1
    assert spent_in(far.ledger_path.read_bytes(), far.ledger_path) == 100
    assert far.facts["stopped"] == "interrupted"


def test_a_failed_task_ends_the_life(near: Stage, server: MockServer) -> None:
    """With the code of the query; there is no file to ask for."""
    rule(server, PAID, {"task": {"end": "Fail", "code": 1027}})
    assert near.run(budget=BUDGET, only=LIFE) == 0
    assert [probe["id"][12:] for probe in near.facts["probes"]] == ["create", "query-first", "query-last"]
    assert near.facts["probes"][-1]["answer"]["code"] == 1027
    assert near.facts["probes"][-1]["answer"]["states"][-1] == "Fail"


def test_trouble_with_queries_loses_no_task(near: Stage, server: MockServer) -> None:
    """A question may be asked again, and a limit is waited for."""
    rule(server, {"operation": "query", "call": 1}, {"fault": "reset"})
    rule(server, {"operation": "query", "call": 1}, {"code": 1002})
    assert near.run(budget=BUDGET, only=LIFE) == 0
    assert near.facts["probes"][-1]["id"] == "SV-LIFE-001-video"
    assert paid_creates(server) == 1


def test_a_task_that_does_not_end_is_told(tmp_path: Path) -> None:
    """After a bounded number of questions, with its identifier."""
    with mock(progress="time", clock="manual") as server:
        stage = Stage(server.url, tmp_path, server.url)
        assert stage.run(budget=BUDGET, only=LIFE) == 3
        (task,) = tasks(server)
        assert f"task {task['task_id']} has not ended within {MOST_POLLS} queries" in stage.facts["stopped"]
        assert len(stage.sent) == MOST_POLLS + 1


@pytest.mark.parametrize(
    "link",
    [
        "file:///etc/passwd",
        "http://127.0.0.1:1/x",
        "http://[::1",
        "https://",
        "//x",
        "https://example.com/a b",
        "https://example.com:99999/x",
        "https://example.com/\x1b[2J",
    ],
)
def test_links_that_are_not_followed(far: Stage, server: MockServer, link: str) -> None:
    """A link of another machine leads to no address of this one, and to nothing but the web."""
    rule(server, {"operation": "retrieve"}, {"change": {"/file/download_url": link}})
    assert far.run(budget=BUDGET, only=LIFE) == 0
    assert far.facts["probes"][-1]["trouble"] == "the link is none that can be followed"
    assert far.sent[-1].method == "GET"


def test_a_server_that_sends_nonsense_for_identifiers(near: Stage, server: MockServer) -> None:
    """Half a surrogate pair, escape sequences and a novel: the run goes on with what can be sent."""
    rule(server, PAID, {"change": {"/task_id": "\ud800\x1b[2J" + "x" * 10_000}})
    assert near.run(budget=BUDGET, only=LIFE) == 0
    assert "\x1b" not in near.output
    assert max(map(len, near.said)) < 1000
    assert near.facts["probes"][-1]["answer"]["code"] == 2013
