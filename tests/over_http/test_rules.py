"""Rules over HTTP: what they match, which of them acts, how often, and how they go away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.api import MINIMAL, QUERY, Api
from mock_server import MockServer, Settings
from mock_server.control import rules
from tests.over_http.controlling import User, at_once


@pytest.fixture
def server() -> Iterator[MockServer]:
    """A mock of the test's own, for rules of the server."""
    with MockServer(Settings(port=0, clock="manual", seed=7)) as mock:
        yield mock


@pytest.fixture
def user(server: MockServer) -> User:
    """An account of that mock."""
    return User(server, "user-1")


def test_the_first_rule_that_matches_acts(user: User) -> None:
    """Within a scope the order of adding decides; the later one is looked at when the earlier one does not fit."""
    user.rule({"code": 1002}, {"model": MINIMAL["model"]})
    user.rule({"code": 1008})
    assert user.codes(2) == [1002, 1002]
    assert user.create(model="MiniMax-Hailuo-02").code == 1008


@pytest.mark.parametrize("near", ["request", "task", "account", "server"])
@pytest.mark.parametrize("far", ["task", "account", "server"])
def test_the_nearest_scope_wins(user: User, near: str, far: str) -> None:
    """In each pair of request, task, account and server the nearer one acts, whichever was added first."""
    scopes = ["request", "task", "account", "server"]
    if scopes.index(near) >= scopes.index(far):
        near, far = far, near
    task_id = user.task()
    codes = {"request": 1026, "task": 1039, "account": 1002, "server": 1008}
    for scope in dict.fromkeys((far, near)):
        if scope != "request":
            match = {"operation": "query"} | ({"task": task_id} if scope == "task" else {})
            # A rule of a task is nearer than the account's even when it stands among the server's.
            user.rule({"code": codes[scope]}, match, everybody=scope in ("task", "server"))
    query = {"task_id": task_id} | ({"__code": "1026"} if near == "request" else {})
    assert user.api.send("GET", QUERY, query=query).code == codes[near]


def test_times_after_and_call_count_the_calls_that_match(user: User) -> None:
    """A number of times ends a rule, after lets calls pass first, call picks the n-th; calls that do not match do not count."""
    match = {"operation": "create", "prompt": "counted"}
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({"times": 2}, [1002, 1002, 0, 0]), ({"after": 2}, [0, 0, 1002, 1002]), ({"after": 1, "times": 1}, [0, 1002, 0, 0]),
    ]  # fmt: skip
    for rule, expected in cases:
        added = user.rule({"code": 1002}, match, **rule)
        user.create("something else")
        assert [user.create("counted").code for _ in range(4)] == expected
        shown = user.control("DELETE", f"rules/{added['id']}", everybody=True).json
        assert (shown["matched"], shown["acted"]) == (4, expected.count(1002))
    user.rule({"code": 1002}, match | {"call": 3})
    user.create("something else")
    assert [user.create("counted").code for _ in range(4)] == [0, 0, 1002, 0]


def test_rules_that_act_once_are_a_queue(user: User) -> None:
    """Two rules for the next call act one after the other."""
    for code in (1002, 1008):
        user.rule({"code": code}, times=1)
    assert user.codes(3) == [1002, 1008, 0]


def test_chances_repeat_with_the_seed(user: User) -> None:
    """A probability of 0.3 acts about three times in ten, and the same ones after a reset; another key has its own."""

    def drawn(who: User) -> list[int]:
        who.rule({"code": 1002}, {"operation": "query"}, probability=0.3)
        return [who.api.query("1").code for _ in range(300)]

    first = drawn(user)
    assert 60 < first.count(1002) < 120
    user.control("POST", "reset")
    assert drawn(user) == first
    assert drawn(User(user.mock, "user-2")) != first


def test_rules_of_the_server_count_for_each_account(user: User) -> None:
    """One account's calls do not use up what another one is to meet; the list adds the counts up."""
    rule = user.rule({"code": 1002}, everybody=True, times=1)
    other = User(user.mock, "user-2")
    assert (user.codes(2), other.codes(2)) == ([1002, 0], [1002, 0])
    assert (rule["scope"], rule["account"]) == ("server", None)
    assert user.control("GET", f"rules/{rule['id']}", everybody=True).json["acted"] == 2
    (mine,) = user.control("GET", "rules").json["rules"]
    assert (mine["matched"], mine["acted"]) == (2, 1)


def test_a_rule_names_its_account_by_match_or_by_query(user: User) -> None:
    """Both ways belong to that account alone, and its key is not shown; two different keys are refused."""
    for rule in (
        user.rule({"code": 1002}, {"account": user.key}, everybody=True, times=1), user.rule({"code": 1008}, times=1),
    ):  # fmt: skip
        assert (rule["scope"], rule["account"]) == ("account", "…r-1")
        assert user.key not in str(rule)
    assert User(user.mock, "user-2").codes(1) == [0]
    assert user.codes(3) == [1002, 1008, 0]
    problem = user.refused({"match": {"account": "other"}, "then": {"code": 1002}})
    assert problem["field"] == "/match/account"


@pytest.mark.parametrize("match", [{"prompt": "c.t"}, {"model": MINIMAL["model"]}, {"status": "Preparing"}])
def test_a_query_is_matched_by_the_task_it_asks_for(user: User, match: dict[str, str]) -> None:
    """Prompt and model are those of the create call, the status is the one that the query is about to see."""
    mine, other = user.task("a cat"), user.task("a dog", model="MiniMax-Hailuo-02")
    user.rule({"code": 1039}, {"operation": "query"} | match)
    assert user.api.query(mine).code == 1039
    assert user.api.query(other).code == (1039 if "status" in match else 0)
    user.advance(100)
    assert user.api.query(mine).code == (0 if "status" in match else 1039)


def test_operations_are_told_apart(user: User) -> None:
    """A rule acts on its operations alone; without any, on all that its code makes sense for."""
    rule = user.rule({"code": 1002}, {"operation": ["query", "retrieve"]})
    assert [user.create().code, user.api.query("1").code, user.api.retrieve("1").code] == [0, 1002, 1002]
    user.control("DELETE", f"rules/{rule['id']}", everybody=True)
    user.rule({"code": 1008})
    assert [user.create().code, user.api.query("1").code, user.api.retrieve("1").code] == [1008] * 3


def test_explicit_rules_come_before_those_of_the_scenario(tmp_path: Any) -> None:
    """A rule that was added wins over the scenario of the same scope, and leaves the rest to it."""
    scenario = tmp_path / "busy.yaml"
    scenario.write_text("title: t\nwhy: w\nclient: c\nrules:\n- then: {code: 1002}\n")
    with MockServer(Settings(port=0, scenario_file=(str(scenario),))) as mock:
        user = User(mock)
        assert user.control("POST", "scenario", {"name": "busy"}).json == {"name": "busy"}
        user.rule({"code": 1008}, times=1)
        assert user.codes(2) == [1008, 1002]
        assert user.entry(user.create())["rule"]["source"] == "scenario busy"
        assert user.control("DELETE", "scenario").json == {"name": None}
        assert user.codes(1) == [0]


def test_rules_are_taken_away(user: User) -> None:
    """By id, of an account, of everybody, and by reset; what is gone acts no more and is not found."""
    gone = user.rule({"code": 1002})["id"]
    assert user.control("DELETE", f"rules/{gone}", everybody=True).status == 200
    assert user.control("GET", f"rules/{gone}", everybody=True).status == 404
    assert user.control("DELETE", f"rules/{gone}", everybody=True).status == 404
    user.rule({"code": 1002})
    user.rule({"code": 1008}, everybody=True)
    assert user.control("DELETE", "rules").json == {"rules": 1}
    assert user.codes(1) == [1008]
    user.rule({"code": 1002})
    assert user.control("DELETE", "rules", everybody=True).json == {"rules": 2}
    assert user.codes(1) == [0]
    user.rule({"code": 1002})
    user.rule({"code": 1008}, everybody=True)
    user.control("POST", "reset")
    assert user.codes(1) == [1008]
    user.control("POST", "reset", everybody=True)
    assert (user.codes(1), user.control("GET", "rules", everybody=True).json) == ([0], {"rules": []})


def test_the_journal_says_which_rule_acted(user: User) -> None:
    """Forced codes are rules as well; each entry names id, scope, source and what happened."""
    added = user.rule({"code": 1002}, times=1)
    assert user.entry(user.create())["rule"] == {
        "id": added["id"], "scope": "account", "source": f"rule {added['id']}", "then": {"code": 1002},
    }  # fmt: skip
    assert user.entry(user.create())["rule"] is None
    expected = [
        (user.api.send("GET", QUERY, query={"__code": "1039"}), "__code", "request", "?__code=1039"),
        (user.api.send("GET", QUERY, headers={"Prefer": "code=1039"}), "Prefer", "request", "Prefer: code=1039"),
        (user.create("mock:1039"), "prompt", "request", "mock:1039 in the prompt"),
        (Api(user.api.url, "mock-1039").query("1"), "key", "account", "the key mock-1039"),
    ]
    for reply, rule_id, scope, source in expected:
        assert user.entry(reply)["rule"] == {"id": rule_id, "scope": scope, "source": source}
    assert user.create("mock:1039").code == 1039


@pytest.mark.parametrize("everybody", [False, True])
def test_there_is_an_end_to_the_number_of_rules(user: User, everybody: bool) -> None:
    """The 1001st is refused; one that is taken away makes room."""
    key = None if everybody else user.key
    for _ in range(999):
        rules.add(user.mock.service, key, {"then": {"code": 1002}})
    last = user.rule({"code": 1002}, everybody=everybody)
    problem = user.refused({"then": {"code": 1002}}, status=409, everybody=everybody)
    assert (problem["field"], "1000" in problem["detail"]) == ("rules", True)
    user.control("DELETE", f"rules/{last['id']}", everybody=True)
    user.rule({"code": 1002}, everybody=everybody)


def test_a_pattern_that_never_ends_does_not_act(user: User) -> None:
    """A catastrophic pattern is given up within a second of computing; the call is served as if it did not match."""
    user.rule({"code": 1002}, {"prompt": "(a|aa)+$"})
    user.rule({"code": 1008}, {"prompt": "^(a+)+$"})
    begin = time.process_time()
    assert user.create("a" * 1_999 + "!").code == 0
    assert time.process_time() - begin < 1


def test_only_the_beginning_of_a_prompt_is_searched(user: User) -> None:
    """A pattern is a regular expression that is found anywhere in the first 2000 characters."""
    user.rule({"code": 1002}, {"prompt": "^x.*(cat|dog)$"})
    assert user.create("x and a dog").code == 1002
    assert user.create("a dog").code == 0


def test_rules_of_many_accounts_do_not_meet(user: User) -> None:
    """A hundred accounts that add and meet rules at the same time see their own and no others."""
    codes = [1002, 1008, 1026, 1039]
    barrier = threading.Barrier(25)

    def life(number: int) -> None:
        barrier.wait(30)
        for each in range(number, 100, 25):
            own = User(user.mock, f"many-{each}")
            wanted = [codes[(each + step) % 4] for step in range(3)]
            for code in wanted:
                own.rule({"code": code}, times=1)
            assert own.codes(4) == [*wanted, 0]
            assert [entry["code"] for entry in own.journal()] == [*wanted, 0]

    at_once([lambda number=number: life(number) for number in range(25)])  # type: ignore[misc]
