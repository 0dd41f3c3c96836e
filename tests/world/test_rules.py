"""What may be written in a rule, and what is said of everything else, in one line that names the field."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.contract.contract import load_contract
from mock_server.contract.user_data import check
from mock_server.errors import Mistake
from mock_server.world.edit import edited
from mock_server.world.fault import KINDS
from mock_server.world.rule import Edit, Rule
from mock_server.world.rule_reading import read_rule

CONTRACT = load_contract()
JSON_CALLS = "create query retrieve list upload delete"
CALLS = f"{JSON_CALLS} retrieve_content"
MEMBERS: dict[str, tuple[Any, str]] = {
    "code": (1002, CALLS), "http": ({"status": 503}, f"{CALLS} download"),
    "change": ({"/a": 1}, f"{JSON_CALLS} challenge push"), "remove": (["/a"], f"{JSON_CALLS} challenge push"),
    "as_number": (["/a"], f"{JSON_CALLS} push"), "as_text": (["/a"], f"{JSON_CALLS} push"),
    "delay": (1, f"{CALLS} download challenge push"), "fault": ("gzip", f"{CALLS} download"),
    "task": ({"end": "never"}, "create"), "video": ({"bytes": 1}, "download retrieve_content"), "skip": (True, "challenge push"),
    "repeat": (2, "challenge push"), "after_answer": (True, "challenge"), "before_answer": (True, "push"),
    "reorder": (True, "push"), "retries": (1, "push"),
}  # fmt: skip
OPERATIONS = [
    "create", "query", "retrieve", "download", "retrieve_content", "list", "upload", "delete", "challenge", "push",
]  # fmt: skip


def rule(data: Any, **more: Any) -> Rule:
    """The rule that is written like this."""
    check(CONTRACT.rule_schema, data)
    return read_rule(data, rule_id="r-1", codes=CONTRACT.codes, source="rule", **more)


def mistake(data: Any) -> str:
    """What is said of a rule that is refused."""
    with pytest.raises(Mistake) as caught:
        rule(data)
    words = caught.value.in_words()
    assert "\n" not in words
    return words


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("member", MEMBERS)
def test_each_member_makes_sense_for_its_operations_alone(member: str, operation: str) -> None:
    """Where it makes sense it is taken; elsewhere the message names the member and where it would be."""
    value, where = MEMBERS[member]
    data = {"match": {"operation": operation}, "then": {member: value}}
    if operation in where.split():
        assert rule(data).match.operations == {operation}
    else:
        allowed = ", ".join(sorted(where.split()))
        assert mistake(data) == f"/then/{member}: makes no sense for {operation}; allowed: {allowed}"


@pytest.mark.parametrize(("member", "value", "where"), [(name, *given) for name, given in MEMBERS.items()])
def test_without_an_operation_a_rule_is_for_calls_where_it_can(member: str, value: Any, where: str) -> None:
    """What makes sense for the answers of calls leaves callbacks alone."""
    possible = set(where.split())
    assert rule({"then": {member: value}}).match.operations == (possible - {"challenge", "push"} or possible)


def test_what_is_written_arrives() -> None:
    """Every member of a rule is kept as it was written."""
    match = {"operation": "push", "model": "m", "prompt": "a+", "call": 3, "task": "12", "status": "success"}
    then = {"delay": [1, 2], "repeat": 3, "retries": 4, "reorder": True, "before_answer": True, "change": {"/a": 1}}
    read = rule({"match": match, "then": then, "times": 5, "probability": 0.5, "after": 6}, account="k")
    assert (read.times, read.probability, read.after, read.scope) == (5, 0.5, 6, "task")
    found = read.match
    assert (found.account, found.model, found.call, found.task_id, found.status) == ("k", "m", 3, 12, "success")
    assert (read.then.delay, read.then.repeat, read.then.retries) == ((1.0, 2.0), 3, 4)
    assert (read.then.reorder, read.then.before_answer, read.then.edit.change) == (True, True, (("/a", 1),))


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ({"task": {"end": "Fail"}, "delay": 1}, "/then/task: stands alone"),
        ({"text": "no"}, "/then/text: is the text of a code other than 0, which is missing"),
        ({"code": 0, "text": "no"}, "/then/text: is the text of a code other than 0, which is missing"),
        ({"code": 4711}, "/then/text: is missing; 4711 is no code of `minimax-mock codes`"),
        ({"code": 1002, "processed": True}, "/then/processed: makes sense with http or fault only"),
        ({"code": 1002, "http": {"status": 500, "body": ""}}, "/then/http/body: and /then/code are two bodies"),
        ({"skip": True, "delay": 1}, "/then/skip: stands alone"),
        ({"after_answer": True, "delay": 1}, "/then/after_answer: and /then/delay are two moments"),
        ({"fault": "gzip", "http": {"status": 500}}, "/then/fault: and /then/http are two answers"),
        ({"http": {"status": 204, "body": "x"}}, "/then/http/body: an answer with HTTP status 204 has no body"),
        ({"http": {"status": 200, "headers": {"content-Length": "1"}}}, "/then/http/headers/content-Length: is set by"),
        ({"http": {"status": 200, "headers": {"Transfer-Encoding": "x"}}}, "/then/http/headers/Transfer-Encoding: is"),
        ({"delay": [2, 1]}, "/then/delay: 2 to 1 runs backwards; allowed: the smaller number first"),
        ({"task": {"end": "Success", "code": 1026}}, "/then/task/code: makes no sense with the end Success; allowed: the"),
        ({"task": {"code": 4711}}, "/then/task/code: 4711 is no code of `minimax-mock codes`"),
        ({"task": {"end": "never", "polls": 2}}, "/then/task/polls: makes no sense with the end never"),
        ({"task": {"polls": 2, "seconds": 1}}, "/then/task/seconds: makes no sense with polls"),
        ({"task": {"polls": 2, "processing": 1}}, "/then/task/processing: makes no sense with polls"),
        ({"task": {"queueing": 5, "processing": 4}}, "/then/task: the moments run backwards; allowed: queueing, proc"),
        ({"task": {"processing": 5, "seconds": 4}}, "/then/task: the moments run backwards"),
        ({"video": {"file": "/nowhere/x.mp4"}}, "/then/video/file: '/nowhere/x.mp4' is no file that can be read"),
        ({"video": {"file": "/"}}, "/then/video/file: '/' is no file"),
        ({"code": 1002, "video": {"bytes": 1}}, "/then/video: and /then/code are two answers"),
        ({"task": {"polls": 2}, "video": {"bytes": 1}}, "/then: task, video do not go together; allowed: task for create"),
        ({"skip": True, "code": 1002}, "/then: skip, code do not go together; allowed: skip for challenge, push"),
        ({"fault": {"name": "gzip", "bytes": 1}}, "/then/fault/bytes: gzip does not have it; allowed: name, unasked"),
        ({"fault": {"name": "reset", "bytes": 1}}, "/then/fault/bytes: reset does not have it; allowed: name"),
        ({"fault": {"name": "garbage", "bytes": 2_000_000}}, "/then/fault/bytes: is too much garbage; allowed: at most 1048576"),
        ({"fault": "resett"}, "/then/fault: 'resett' is not allowed; did you mean 'reset'?; allowed: reset, close, "),
        ({"code": "1002"}, "/then/code: '1002' is of type string; allowed: integer"),
        ({"code": 5_000_000_000}, "/then/code: 5000000000 is out of range; allowed: at least -2147483648 and at most 42"),
        ({"cod": 1002}, "/then/cod: is no member that is known here; did you mean 'code'?; allowed: code, text, http, "),
        ({"http": {"headers": {}}}, "/then/http/status: is missing"),
        ({"http": {"status": 600}}, "/then/http/status: 600 is out of range; allowed: at least 200 and at most 599"),
        ({"http": {"status": 200, "headers": {"a b": "x"}}}, "/then/http/headers: 'a b' has not the right form"),
        ({"http": {"status": 200, "headers": {"A": "x\r\nB: y"}}}, "/then/http/headers/A: "),
        ({"change": {"no-slash": 1}}, "/then/change: 'no-slash' has not the right form"),
        ({"remove": []}, "/then/remove: has a length of 0; allowed: a length of at least 1 and at most 50"),
        ({"delay": -1}, "/then/delay: -1 is out of range; allowed: at least 0 and at most 86400"),
        ({"delay": [1]}, "/then/delay: has a length of 1; allowed: a length of at least 2 and at most 2"),
        ({"repeat": 1}, "/then/repeat: 1 is out of range; allowed: at least 2 and at most 20"),
        ({"retries": 21}, "/then/retries: 21 is out of range; allowed: at least 0 and at most 20"),
        ({"skip": False}, "/then/skip: False is not allowed; allowed: True"),
        ({"task": {"end": "Failed"}}, "/then/task/end: 'Failed' is not allowed; did you mean 'Fail'?; allowed: Success, Fail"),
        ({}, "/then: has a length of 0; allowed: a length of at least 1"),
    ],
)  # fmt: skip
def test_what_does_not_go_is_told_in_one_line(then: Any, words: str) -> None:
    """The field comes first, then what is wrong with it, then what is allowed."""
    assert mistake({"then": then}).startswith(words)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"times": 0}, "/times: 0 is out of range; allowed: at least 1 and at most 1000000"),
        ({"probability": 0}, "/probability: 0 is out of range; allowed: more than 0 and at most 1"),
        ({"probability": 1.1}, "/probability: 1.1 is out of range"),
        ({"after": -1}, "/after: -1 is out of range; allowed: at least 0"),
        ({"match": {"call": 0}}, "/match/call: 0 is out of range; allowed: at least 1"),
        ({"match": {"task": "x"}}, "/match/task: 'x' has not the right form"),
        ({"match": {"status": "done"}}, "/match/status: 'done' is not allowed; allowed: Preparing, Queueing"),
        ({"match": {"operation": "poll"}}, "/match/operation: 'poll' is not allowed; "),
        ({"match": {"operation": []}}, "/match/operation: has a length of 0"),
        ({"match": {"prompt": "("}}, "/match/prompt: '(' is no regular expression: "),
        ({"match": {"prompt": ""}}, "/match/prompt: has a length of 0"),
        ({"macth": {}}, "/macth: is no member that is known here; did you mean 'match'?"),
    ],
)
def test_the_rest_of_a_rule_is_judged_too(more: Any, words: str) -> None:
    """Range, form and spelling of everything beside `then`."""
    assert mistake({"then": {"code": 1002}} | more).startswith(words)


def test_json_faults_are_not_for_downloads() -> None:
    """A video is no JSON that could be broken, by whichever call it is fetched."""
    for name in ("invalid-json", "deep-json", "byte-order-mark"):
        for operation in ("download", "retrieve_content"):
            words = mistake({"match": {"operation": operation}, "then": {"fault": name}})
            allowed = "create, delete, list, query, retrieve, upload"
            assert words == f"/then/fault: makes no sense for {operation}; allowed: {allowed}"
            assert operation not in rule({"then": {"fault": name}}).match.operations


@pytest.mark.parametrize("name", KINDS)
def test_whether_a_call_takes_effect_depends_on_the_fault(name: str) -> None:
    """What a gateway says replaces the call, everything else comes after it; `processed` says otherwise."""
    gateway = name in ("bad-gateway", "too-many-requests", "unavailable", "redirect")
    assert rule({"then": {"fault": name}}).then.processed is not gateway
    assert rule({"then": {"fault": name, "processed": gateway}}).then.processed is gateway
    assert rule({"then": {"fault": name}}).on_wire is (
        name in ("reset", "close", "truncate", "drip", "garbage", "hang")
    )


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit(change=(("/a/b", 2),)), {"a": {"b": 2}, "n": "7"}),
        (Edit(change=(("/new/deep", [1]),)), {"a": {"b": 1}, "n": "7", "new": {"deep": [1]}}),
        (Edit(change=(("/n/x", 1),)), {"a": {"b": 1}, "n": {"x": 1}}),
        (Edit(change=(("/c~1d~0", 1),)), {"a": {"b": 1}, "n": "7", "c/d~": 1}),
        (Edit(remove=("/a/b", "/none/x")), {"a": {}, "n": "7"}),
        (Edit(as_number=("/n", "/a", "/none")), {"a": {"b": 1}, "n": 7}),
        (Edit(as_text=("/a/b", "/a/none")), {"a": {"b": "1"}, "n": "7"}),
        (Edit(change=(("/n", "9"),), as_number=("/n",)), {"a": {"b": 1}, "n": "9"}),
        (Edit(change=(("/n", "9"),), remove=("/n",)), {"a": {"b": 1}}),
    ],
)  # fmt: skip
def test_edits_change_a_copy(edit: Edit, expected: Any) -> None:
    """Types first, then values, then what is left out; what is not there is skipped, and the original stays."""
    body = {"a": {"b": 1}, "n": "7"}
    assert edited(body, edit) == expected
    assert body == {"a": {"b": 1}, "n": "7"}
