"""The comparison can fail: whatever a mock could send instead is noticed, on every golden exchange."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.wire.comparing import HEADERS_OF, differences
from tests.wire.goldens import Golden, golden, goldens
from tests.wire.stage import Heard, Stage, Told

ANSWERS = [each for each in goldens() if not each.from_mock]
WITH_BODY = [each for each in goldens() if "body" in each.expected]
STRANGE = "strange"


def _variants(value: Any) -> Iterator[tuple[str, Any]]:
    """JSON data with one thing wrong: what is wrong, and the data."""
    if isinstance(value, dict):
        if len(value) > 1:
            yield "keys in another order", dict(reversed(value.items()))
        yield "one more key", value | {STRANGE: 0}
        for key, each in value.items():
            yield f"no {key}", {name: other for name, other in value.items() if name != key}
            for what, changed in _variants(each):
                yield f"{key}: {what}", value | {key: changed}
    elif isinstance(value, list):
        yield "one more element", [*value, STRANGE]
        for index, each in enumerate(value):
            for what, changed in _variants(each):
                yield f"{index}: {what}", [*value[:index], changed, *value[index + 1 :]]
    else:
        yield "null", None if value is not None else 0
        yield (
            "the other type",
            json.dumps(value) if not isinstance(value, str) else int(value) if value.isdigit() else 0,
        )
        yield "another value", f"{value}{STRANGE}" if isinstance(value, str) else -1
        if isinstance(value, int):
            yield "with a point", float(value)


def _told(heard: Heard | Told) -> Any:
    return heard.message if isinstance(heard, Told) else json.loads(heard.content)


def _telling(heard: Heard | Told, body: Any) -> Heard | Told:
    if isinstance(heard, Told):
        return dataclasses.replace(heard, message=body)
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    # The length goes with the content; left as it is, it would give some changes away.
    headers = [(name, str(len(content)) if name == "Content-Length" else value) for name, value in heard.headers]
    return dataclasses.replace(heard, content=content, headers=headers)


def _lenient(golden: Golden) -> Golden:
    """The golden without a literal length, so that a changed body is noticed by itself."""
    data = copy.deepcopy(golden.data)
    data.get("answer", {}).get("headers", {}).pop("Content-Length", None)
    return Golden(golden.name, data)


@pytest.mark.parametrize("golden", WITH_BODY, ids=str)
def test_another_body_is_noticed(golden: Golden, stage: Stage) -> None:
    """Order, missing and further keys, types and values: each single change of the body is a difference."""
    heard = stage.play(golden)
    body = _told(heard)
    overlooked = [
        what for what, changed in _variants(body) if not differences(_lenient(golden), _telling(heard, changed))
    ]
    assert overlooked == []


@pytest.mark.parametrize("golden", ANSWERS, ids=str)
def test_another_head_is_noticed(golden: Golden, stage: Stage) -> None:
    """Another status, and a header that the service does not send, are differences of every answer."""
    heard = stage.play(golden)
    assert isinstance(heard, Heard)
    assert differences(golden, dataclasses.replace(heard, status=heard.status + 1))
    assert differences(golden, dataclasses.replace(heard, headers=[*heard.headers, ("X-RateLimit-Limit", "5")]))


@pytest.mark.parametrize(
    "golden", [each for each in ANSWERS if {"headers", "header_patterns"} & each.expected.keys()], ids=str
)
def test_another_header_is_noticed(golden: Golden, stage: Stage) -> None:
    """A header that the golden names and that is missing, doubled, spelt otherwise or of another value is a difference."""
    heard = stage.play(golden)
    assert isinstance(heard, Heard)
    for name in golden.expected.get("headers", {}) | golden.expected.get("header_patterns", {}):
        value = next(value for header, value in heard.headers if header == name)
        rest = [header for header in heard.headers if header[0] != name]
        for headers in ([], [(name, value)] * 2, [(name.swapcase(), value)], [(name, f"{STRANGE} {value}")]):
            assert differences(golden, dataclasses.replace(heard, headers=rest + headers)), name


@pytest.mark.parametrize("name", ["create", "keyless-create", "plan-lacks-model", "query-in-progress", "retrieve"])
def test_a_recorded_header_is_missed_on_every_answer(name: str, stage: Stage) -> None:
    """The headers of the one whole record belong to every JSON answer to a call, in their spelling."""
    heard = stage.play(golden(name))
    assert isinstance(heard, Heard)
    for recorded in golden(HEADERS_OF).expected["header_patterns"]:
        renamed = [(key.lower() if key == recorded else key, value) for key, value in heard.headers]
        if recorded != recorded.lower():
            assert differences(golden(name), dataclasses.replace(heard, headers=renamed)), recorded
        dropped = [header for header in heard.headers if header[0] != recorded]
        assert differences(golden(name), dataclasses.replace(heard, headers=dropped)), recorded


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("create", lambda content: content.replace(b",", b", ")),
        ("create", lambda content: content.replace(b"{", b'{"task_id":"",', 1)),
        ("create", lambda content: b"\xef\xbb\xbf" + content),
        ("create", lambda content: content[:-1]),
        ("usage-limit-chinese", lambda content: json.dumps(json.loads(content), separators=(",", ":")).encode()),
        ("unknown-path", lambda content: content + b"\n"),
    ],
)
def test_other_bytes_are_noticed(name: str, change: Any, stage: Stage) -> None:
    """Blanks, a key that comes twice, a byte-order mark, escapes: the same JSON in other bytes is a difference."""
    heard = stage.play(golden(name))
    assert isinstance(heard, Heard)
    assert differences(golden(name), dataclasses.replace(heard, content=change(heard.content)))


@pytest.mark.parametrize("name", [each.name for each in goldens() if "same" in each.expected])
def test_an_identifier_of_something_else_is_noticed(name: str, stage: Stage) -> None:
    """A value of the right form that is not the one that came before is a difference."""
    heard = stage.play(golden(name))
    other = heard.known | dict.fromkeys(golden(name).expected["same"].values(), "999999999999999")
    assert differences(golden(name), dataclasses.replace(heard, known=other))


def test_another_reply_of_the_receiver_is_noticed(stage: Stage) -> None:
    """The receiver's part of a callback is compared too."""
    told = stage.play(golden("callback-challenge"))
    assert isinstance(told, Told)
    assert differences(golden("callback-challenge"), dataclasses.replace(told, reply={"status": 200, "body": {}}))
