"""Words about what the client sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.client.vocabulary import look
from contract_tests.outcome import Seen
from contract_tests.wire.exchange import Exchange
from tests.kit.client.observed import FILE_ID, KEY, TASK_ID, error, exchange, invocation, observation, success, task

_BEARER = ("Authorization", f"Bearer {KEY}")


def _body(body: Any) -> Exchange:
    return exchange("create", body=body if isinstance(body, bytes) else json.dumps(body).encode())


def _seen(word: str, argument: Any, *exchanges: Exchange, **changes: Any) -> Seen:
    return look(observation(success(), exchanges=exchanges, **changes), word, argument).seen


@pytest.mark.parametrize(
    ("argument", "number", "expected"),
    [
        (1, 1, Seen.MET),
        (1, 2, Seen.BROKEN),
        (0, 0, Seen.MET),
        ({"at_least": 1}, 0, Seen.BROKEN),
        ({"at_least": 1}, 3, Seen.MET),
        ({"at_most": 2}, 3, Seen.BROKEN),
        ({"at_least": 1, "at_most": 2}, 2, Seen.MET),
        ({"exactly": 2}, 1, Seen.BROKEN),
    ],
)
def test_counts(argument: Any, number: int, expected: Seen) -> None:
    """Creates are counted by bounds on both sides, and nothing else is counted with them."""
    others = [exchange("query"), exchange("retrieve"), exchange("download")]
    assert _seen("creates", argument, *others, *[exchange("create")] * number) is expected


def test_what_counts_as_what() -> None:
    """Every operation has its own count; a HEAD is no download, the other host's are."""
    every = [
        exchange("create"),
        exchange("query"),
        exchange("query"),
        exchange("retrieve"),
        exchange("download", method="HEAD"),
    ]
    seen = observation(success(), exchanges=every, elsewhere=[exchange("download")], tasks=[task()])
    counts = {"creates": 1, "queries": 2, "retrieves": 1, "downloads": 1, "requests": 5, "accepted": 1, "elsewhere": 1}
    for word, number in counts.items():
        assert look(seen, word, number).seen is Seen.MET, word
        assert look(seen, word, number + 1).seen is Seen.BROKEN, word


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((_BEARER,), Seen.MET),
        ((("authorization", f"Bearer {KEY}"),), Seen.MET),
        ((), Seen.BROKEN),
        ((_BEARER, _BEARER), Seen.BROKEN),
        ((("Authorization", KEY),), Seen.BROKEN),
        ((("Authorization", f"Bearer {KEY} "),), Seen.BROKEN),
    ],
)
def test_the_key_stands_in_one_header(headers: Any, expected: Seen) -> None:
    """Exactly one line with exactly the key, on every request of the API; the download is spared."""
    bare = exchange("download", headers=())
    assert _seen("carries_header", {"name": "Authorization"}, exchange("create", headers=headers), bare) is expected


def test_a_header_on_no_request_is_missing() -> None:
    """Without a request there is nothing that carries it."""
    assert _seen("carries_header", {"name": "Authorization", "on": "query"}, exchange("create")) is Seen.BROKEN


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("application/json", Seen.MET),
        ("Application/JSON ; charset=utf-8", Seen.MET),
        ("text/plain", Seen.BROKEN),
        ("application/json-patch+json", Seen.BROKEN),
    ],
)
def test_the_type_of_the_body(value: str, expected: Seen) -> None:
    """A pattern has to match the whole value, whatever its case."""
    wanted = {"name": "Content-Type", "on": "create", "pattern": r"\s*application/json\s*(;.*)?"}
    assert _seen("carries_header", wanted, exchange("create", headers=(("Content-Type", value),))) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"headers": ()}, Seen.MET),
        ({"headers": (_BEARER,)}, Seen.BROKEN),
        ({"headers": (("X-Api-Key", KEY),)}, Seen.BROKEN),
        ({"headers": (), "target": f"/video.mp4?key={KEY}"}, Seen.BROKEN),
    ],
)
def test_the_key_is_not_for_another_host(changes: dict[str, Any], expected: Seen) -> None:
    """Neither under its own name nor anywhere else."""
    there = [exchange("download", **changes)]
    assert _seen("lacks_header", {"name": "Authorization", "on": "elsewhere"}, elsewhere=there) is expected


@pytest.mark.parametrize(
    ("argument", "body", "expected"),
    [
        ({"at": "duration", "equals": 6}, {"duration": 6}, Seen.MET),
        ({"at": "duration", "equals": 6}, {"duration": "6"}, Seen.BROKEN),
        ({"at": "optimizer", "equals": False}, {"optimizer": 0}, Seen.BROKEN),
        ({"at": "model", "among": ["a", "b"]}, {"model": "b"}, Seen.MET),
        ({"at": "model", "among": ["a", "b"]}, {}, Seen.BROKEN),
        ({"at": "model", "absent": True}, {}, Seen.MET),
        ({"at": "model", "absent": True}, {"model": None}, Seen.BROKEN),
        ({"at": "model", "type": "str"}, {"model": "a"}, Seen.MET),
        ({"at": "model", "type": "str"}, [], Seen.BROKEN),
        ({"at": "prompt", "equals": "${prompt}"}, {"prompt": "a cat"}, Seen.MET),
    ],
)
def test_a_member_of_the_body(argument: dict[str, Any], body: Any, expected: Seen) -> None:
    """Value and type count, and what is absent is not null."""
    assert _seen("member", argument, _body(body), places={"${prompt}": "a cat"}) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [({"model": "a"}, Seen.MET), ({"model": None}, Seen.BROKEN), ({"model": "a", "duration": 6}, Seen.BROKEN)],
)
def test_options_that_nobody_gave(body: Any, expected: Seen) -> None:
    """Null and what the caller did not give are both wrong."""
    assert _seen("no_nulls", ["duration"], _body(body)) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"prompt": "fée"}'.encode(), Seen.MET),
        ('{"prompt": "fée"}'.encode("latin-1"), Seen.BROKEN),
        (b'\xef\xbb\xbf{"prompt": "a"}', Seen.BROKEN),
        ('{"prompt": "a"}'.encode("utf-16"), Seen.BROKEN),
        (b'[{"prompt": "a"}]', Seen.BROKEN),
        (b'{"prompt": "a"} {}', Seen.BROKEN),
        (b"prompt=a", Seen.BROKEN),
    ],
)
def test_one_json_object(body: bytes, expected: Seen) -> None:
    """UTF-8, no mark, one object and nothing behind it."""
    assert _seen("json_object", True, _body(body)) is expected


@pytest.mark.parametrize("word", ["member", "no_nulls", "json_object", "parameter", "quiet_after", "verbatim_path"])
def test_nothing_sent_is_never_right(word: str) -> None:
    """A word about requests is broken where there is none."""
    arguments: dict[str, Any] = {
        "member": {"at": "model", "absent": True}, "no_nulls": [], "json_object": True, "verbatim_path": "/v1/",
        "parameter": {"name": "task_id", "on": "query"}, "quiet_after": {"operation": "query"},
    }  # fmt: skip
    assert _seen(word, arguments[word]) is Seen.BROKEN


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (f"/v1/query/video_generation?task_id={TASK_ID}", Seen.MET),
        ("/v1/query/video_generation?task_id=1", Seen.BROKEN),
        ("/v1/query/video_generation", Seen.BROKEN),
        (f"/v1/query/video_generation?task_id={TASK_ID}&x=a b", Seen.BROKEN),
    ],
)
def test_a_parameter_is_the_id_of_the_server(target: str, expected: Seen) -> None:
    """The id that create gave, and everything percent-encoded."""
    made = exchange("create", answer={"task_id": TASK_ID})
    assert _seen("parameter", {"name": "task_id", "on": "query"}, made, exchange("query", target=target)) is expected


@pytest.mark.parametrize("nothing", ["", "None", "undefined", "null"])
def test_an_id_that_is_none(nothing: str) -> None:
    """Asking for what a missing value turns into is asking for nothing."""
    asked = exchange("query", target=f"/v1/query/video_generation?task_id={nothing}")
    assert _seen("asks_for_something", True, asked) is Seen.BROKEN
    assert _seen("asks_for_something", True, exchange("query"), exchange("retrieve")) is Seen.MET


def test_no_call_after_the_end() -> None:
    """The first answer that has the value ends it; without such an answer nothing was shown."""
    running, done = exchange("query", 1, {"status": "Processing"}), exchange("query", 2, {"status": "Success"})
    until = {"operation": "query", "member": "status", "value": "Success"}
    assert _seen("quiet_after", until, running, done) is Seen.MET
    assert _seen("quiet_after", until, running, done, exchange("query", 3)) is Seen.BROKEN
    assert _seen("quiet_after", until, running, running) is Seen.BROKEN


@pytest.mark.parametrize(
    ("moments", "argument", "expected"),
    [
        ((0, 100, 300), {"growing": True}, Seen.MET),
        ((0, 100, 200), {"growing": True}, Seen.BROKEN),
        ((0, 100), {"growing": True}, Seen.MET),
        ((0, 95), {"at_least_ms": 100}, Seen.MET),
        ((0, 200, 280), {"at_least_ms": 100}, Seen.BROKEN),
        ((0,), {"at_least_ms": 100}, Seen.MET),
    ],
)
def test_gaps(moments: tuple[float, ...], argument: dict[str, Any], expected: Seen) -> None:
    """Every gap counts, with a little slack; a single call has none."""
    assert _seen("gaps", {"on": "create", **argument}, *(exchange("create", at) for at in moments)) is expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/tenant/v1/video_generation", Seen.MET), ("/v1/video_generation", Seen.BROKEN), ("//v1/x", Seen.BROKEN)],
)
def test_the_path_of_the_base_url(target: str, expected: Seen) -> None:
    """Every call of the API keeps it; a download is spared."""
    sent = [exchange("create", target=target), exchange("download")]
    assert _seen("verbatim_path", "${prefix}/v1/", *sent, places={"${prefix}": "/tenant"}) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"watched": True}, Seen.MET),
        ({"watched": False}, Seen.UNSEEN),
        ({"watched": False, "foreign_hosts": ("api.example.com",)}, Seen.BROKEN),
    ],
)
def test_other_hosts(changes: dict[str, Any], expected: Seen) -> None:
    """A contact breaks it; where nobody watches, none is no proof."""
    assert look(observation(invocation(**changes)), "stays_home", True).seen is expected


def test_the_file_id_is_the_one_of_the_query() -> None:
    """The retrieve asks for the id that the query gave."""
    known = exchange("query", answer={"file_id": FILE_ID})
    wanted = {"name": "file_id", "on": "retrieve"}
    assert look(observation(error(), exchanges=[known, exchange("retrieve")]), "parameter", wanted).seen is Seen.MET
    assert look(observation(error(), exchanges=[exchange("retrieve")]), "parameter", wanted).seen is Seen.BROKEN
