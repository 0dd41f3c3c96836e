"""Bodies that are made to keep a JSON parser busy, and texts that are too long for whatever looks at them."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from contract_tests.api import CREATE, MINIMAL
from tests.bombs.child import JSON, MB, Child

MUCH = 8 * MB
LONG = "A" * MUCH


def body(**fields: Any) -> bytes:
    """A create call that nothing is wrong with but these fields."""
    return json.dumps(MINIMAL | fields, ensure_ascii=False).encode()


UNPARSED = {
    "arrays, 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects, 90,000 deep": b'{"a":' * 90_000 + b"1" + b"}" * 90_000,
    "arrays in a member, open": b'{"model":' + b"[" * 90_000,
    "1e400": b'{"duration":1e400}',
    "-1e400": b'{"duration":-1e400}',
    "an integer of 100,000 digits": b'{"duration":' + b"9" * 100_000 + b"}",
    "an integer of 8 MB": b'{"duration":' + b"9" * MUCH + b"}",
    "an exponent of 8 MB": b'{"duration":1e' + b"9" * MUCH + b"}",
    "NaN": b'{"duration":NaN}',
    "a million values": b"[" + b"1," * 1_000_000 + b"1]",
    "a million times the same name": b"{" + b'"a":1,' * 1_000_000 + b'"a":1}',
    "lone surrogates": b'{"prompt":"' + b"\\ud800" * (MUCH // 6) + b'"}',
    "a name of a lone surrogate": b'{"\\udfff":1}',
    "zeros": bytes(MUCH),
    "no UTF-8": b'{"a":"' + b"\xff" * MUCH,
    "half a character at the end": b'{"a":"' + "é".encode()[:1],
    "quotation marks": b'"' * MUCH,
    "backslashes": b'"' + b"\\" * MUCH,
    "a text without end": b'{"a":"' + b"a" * MUCH,
}


@pytest.mark.parametrize("bomb", UNPARSED)
def test_json_that_is_none_for_the_service(child: Child, bomb: str) -> None:
    """It is refused as JSON that cannot be parsed, soon and without much memory."""
    reply = child.create(UNPARSED[bomb])
    assert (reply.code, "Syntax error" in reply.message) == (2013, True)


PARSED = {
    "99,000 times the same name": b"{" + b'"a":1,' * 99_000 + b'"a":1}',
    "99,000 names": b"{" + b",".join(b'"k%d":1' % number for number in range(99_000)) + b"}",
    "99,000 values in an array": b'{"model":[' + b"1," * 99_000 + b"1]}",
    "a fraction of 8 MB": b'{"duration":1.' + b"9" * MUCH + b"}",
    "blanks": b" " * MUCH + b"{}",
    "bare base64": body(first_frame_image=LONG),
    "a media type of 8 MB": body(first_frame_image="data:image/" + LONG),
    "a label of 8 MB": body(first_frame_image="data:image/png" + (";" + "a" * 100) * (MUCH // 101)),
    "an array with a picture": body(first_frame_image=[LONG]),
    "a prompt": body(prompt=LONG),
    "a prompt of tokens": body(prompt="mock:" * (MUCH // 5)),
    "a prompt that nearly holds a token": body(prompt=":" * MUCH + "mock:"),
    "a prompt of emoji": body(prompt="🐈" * (MUCH // 4)),
    "a prompt of quotation marks": body(prompt='"' * (MUCH // 2)),
    "a model": body(model=LONG),
    "a callback to nowhere": body(callback_url="http://" + LONG),
}


@pytest.mark.parametrize("bomb", PARSED)
def test_json_that_breaks_a_rule(child: Child, bomb: str) -> None:
    """It is judged like any other body, soon and without much memory."""
    reply = child.create(PARSED[bomb], most=6 * len(PARSED[bomb]) + 64 * MB)
    assert (reply.code, "Syntax error" in reply.message) == (2013, False)


@pytest.mark.parametrize(
    "fields",
    [{LONG: 1}, {f"{number}{'k' * 100_000}": 1 for number in range(200)}, {"first_frame_image": "http://x/" + LONG}],
    ids=["a name of 8 MB", "200 long names", "an address of 8 MB"],
)
def test_what_nobody_forbids_is_quick_too(child: Child, fields: Any) -> None:
    """Unknown names and long addresses are taken, and cost no time in the journal."""
    assert child.create(body(**fields)).code == 0


def test_a_token_behind_a_prompt_that_is_much_too_long_asks_for_nothing(child: Child) -> None:
    """The prompt is told to be too long."""
    assert "length" in child.create(body(prompt=" " * 200_000 + "mock:1026")).message


@pytest.mark.parametrize("field", ["first_frame_image", "callback_url"])
def test_long_addresses_do_not_stay(child: Child, field: str) -> None:
    """Neither in a cache, nor in the journal, nor among the deliveries."""
    bodies = [body(**{field: f"http://host-{number}/{LONG}"}) for number in range(6)]
    child.create(bodies[0])
    before = child.memory()
    for each in bodies[1:]:
        child.create(each)
    assert child.memory() - before < 2 * MUCH


def test_a_compressed_body_is_not_decoded(child: Child) -> None:
    """However much it would become, and although it is small."""
    compressed = gzip.compress(bytes(50 * MB), 9)
    headers = JSON | {"Content-Encoding": "gzip"}
    replies = []
    growth = child.growth(lambda: replies.append(child.api.send("POST", CREATE, headers=headers, body=compressed)))
    assert growth < 16 * MB
    assert "Content-Encoding is not supported" in replies[0].message


@pytest.mark.parametrize("size", [100_000_000, 33_554_433])
def test_base64_over_the_limit_is_not_read(child: Child, size: int) -> None:
    """A body that says how long it is costs nothing but the answer."""
    replies = []
    sent = b'{"first_frame_image":"data:image/png;base64,' + b"A" * size
    growth = child.growth(lambda: replies.append(child.api.send("POST", CREATE, headers=JSON, body=sent)))
    assert (replies[0].status, replies[0].code) == (413, 2013)
    assert growth < 16 * MB


def test_bombs_leave_nothing_behind(child: Child) -> None:
    """Whatever was thrown at it before, the mock is small again, and answers."""
    assert child.create(body()).code == 0
    assert child.memory() < 256 * MB
