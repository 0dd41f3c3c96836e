"""Why a call was refused: violations in the header, the whole list in the journal, and the limits of both."""

from __future__ import annotations

import gzip
import json

import pytest

from contract_tests.api import CREATE, MINIMAL, Api, Reply, data_url, png
from mock_server import MockServer, Settings

JSON = {"Content-Type": "application/json"}


def violations(reply: Reply) -> list[dict[str, object]]:
    """The violations in the header of a reply."""
    parsed: list[dict[str, object]] = json.loads(reply.headers["X-Mock-Violations"])
    return parsed


def test_violations_name_everything_that_is_wrong(api: Api) -> None:
    """Pointer, given, allowed, suggestion, nearest valid combination, hint and evidence of every broken rule."""
    body = MINIMAL | {"resolution": "1080p", "duration": 10, "prompt": "x" * 2001, "callback_url": "example.com"}
    reply = api.create(body)
    found = {str(item["rule"]): item for item in violations(reply)}
    assert set(found) == {"resolution-for-model", "resolution", "prompt", "callback_url"}
    first = found["resolution-for-model"]
    assert first == {
        "rule": "resolution-for-model",
        "pointer": "/resolution",
        "given": "1080p",
        "allowed": ["768P", "1080P"],
        "did_you_mean": "1080P",
        "nearest": {"resolution": "768P", "duration": 10},
        "hint": "Use a resolution that this model offers; the case of the letters counts.",
        "evidence": "documented",
        "wording": "observed",
    }
    assert len(str(found["prompt"]["given"])) == 80
    assert reply.message == (
        "invalid params, model MiniMax-Hailuo-2.3 does not support resolution 1080p, supported resolutions: 768P, 1080P"
    )


def test_header_stays_ascii_and_short(api: Api) -> None:
    """However much is wrong, the header is ASCII of at most 4 KB, and the journal has the whole list."""
    long = "ü" * 500
    fields = ("model", "prompt_optimizer", "fast_pretreatment", "duration", "resolution", "callback_url")
    reply = api.create(dict.fromkeys(fields, long) | {"first_frame_image": long, "prompt": "x" * 2001})
    header = reply.headers["X-Mock-Violations"]
    assert header.isascii()
    assert len(header) <= 4096
    entry = api.send("GET", f"/__mock/requests/{reply.headers['X-Mock-Request-Id']}").json
    shown = [item for item in violations(reply) if "rule" in item]
    more = sum(int(str(item["more"])) for item in violations(reply) if "more" in item)
    assert len(shown) + more == len(entry["violations"]) == 8


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Expecting value"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 1e400}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b"[" * 90_000, "nested deeper"),
        (b"[" * 200_000, "more than 100000 values"),
        (b'{"a": [' + b"{}," * 200_000 + b"{}]}", "more than 100000 values"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "nested deeper"),
        (b"\xef\xbb\xbf{}", "byte-order mark"),
        ('{"model": "é"}'.encode("latin-1"), "not UTF-8"),
        (json.dumps(MINIMAL).encode("utf-16"), "not UTF-8"),
        (b'{"prompt": "\\ud83d"}', "surrogate"),
    ],
)
def test_malformed_json_says_why(api: Api, body: bytes, reason: str) -> None:
    """2013 in HTTP 200, the reason in the hint."""
    reply = api.send("POST", CREATE, headers=JSON, body=body)
    assert (reply.status, reply.code) == (200, 2013)
    (violation,) = violations(reply)
    assert violation["rule"] == "json"
    assert reason in str(violation["hint"])


def test_hundred_levels_pass(api: Api) -> None:
    """An unknown field may be nested up to the stated depth."""
    value: object = 1
    for _ in range(99):
        value = [value]
    assert api.create(MINIMAL | {"extra": value}).code == 0


def test_compressed_body_is_refused(api: Api) -> None:
    """A Content-Encoding is not taken for JSON."""
    body = gzip.compress(json.dumps(MINIMAL).encode())
    reply = api.send("POST", CREATE, headers=JSON | {"Content-Encoding": "gzip"}, body=body)
    assert reply.code == 2013
    assert "Content-Encoding" in str(violations(reply)[0]["hint"])


def test_wrong_charset_is_refused(api: Api) -> None:
    """Only UTF-8 is JSON."""
    reply = api.create(MINIMAL, **{"Content-Type": "application/json; charset=utf-16"})
    assert violations(reply)[0]["rule"] == "content-type"


def test_image_of_20_megabytes(api: Api) -> None:
    """One byte under the limit passes, the limit itself does not; both are far over a rule but under --max-body."""
    picture = png(400, 400)
    assert api.create(MINIMAL | {"first_frame_image": data_url(picture.ljust(19_999_999, b"\0"))}).code == 0
    reply = api.create(MINIMAL | {"first_frame_image": data_url(picture.ljust(20_000_000, b"\0"))})
    assert (reply.status, reply.code) == (200, 2013)
    assert violations(reply)[0]["rule"] == "image-size"


def test_gallery_has_a_picture_for_each_image_rule(api: Api) -> None:
    """Each picture of the gallery is accepted or refused as its list says, by the rule it is about."""
    pictures = api.send("GET", "/__mock/gallery").json["pictures"]
    assert {picture["rule"] for picture in pictures if not picture["accepted"]} == {
        "image-format", "image-short-edge", "image-ratio", "image-size", "image-pixels",
    }  # fmt: skip
    for picture in pictures:
        reply = api.create(MINIMAL | {"first_frame_image": picture["url"]})
        assert (reply.code == 0) == picture["accepted"], picture
        if not picture["accepted"]:
            assert violations(reply)[0]["rule"] == picture["rule"]


def test_gallery_name_that_is_not_there(api: Api, mock: MockServer) -> None:
    """The refusal names the closest picture, under whatever name the client knows the mock."""
    reply = api.create(MINIMAL | {"first_frame_image": f"{mock.url}/__mock/gallery/good.jpeg"})
    assert violations(reply)[0]["did_you_mean"] == "good.jpg"
    for host in ("http://mock:9999", "http://localhost", "https://[::1]:1"):
        assert api.create(MINIMAL | {"first_frame_image": f"{host}/__mock/gallery/format-gif.gif"}).code == 2013
    assert api.create(MINIMAL | {"first_frame_image": "http://other/gallery/format-gif.gif"}).code == 0


def test_oddities_are_noted_not_refused(api: Api) -> None:
    """Unknown fields and parameters, duplicate keys and advice are in the journal of an accepted call."""
    body = (
        b'{"model": "I2V-01", "model": "I2V-01", "first_frame_image": "https://example.com/a.jpg", '
        b'"durations": 1, "fast_pretreatment": true, "prompt": "[Push in] and [push out]"}'
    )
    reply = api.send("POST", CREATE, headers=JSON, body=body, query={"GroupId": "1"})
    assert reply.code == 0
    entry = api.send("GET", f"/__mock/requests/{reply.headers['X-Mock-Request-Id']}").json
    notes = entry["notes"]
    assert {"note": "unknown-field", "field": "durations", "did_you_mean": "duration"} in notes
    assert {"note": "duplicate-key", "field": "model"} in notes
    assert [note["rule"] for note in notes if note["note"] == "advice"] == [
        "advice-fast-pretreatment", "advice-camera-model", "advice-camera-command",
    ]  # fmt: skip
    query = api.send("GET", "/v1/query/video_generation", query={"task_id": reply.json["task_id"], "Group": "1"})
    entry = api.send("GET", f"/__mock/requests/{query.headers['X-Mock-Request-Id']}").json
    assert entry["notes"] == [{"note": "unknown-parameter", "name": "Group"}]


def test_real_causes() -> None:
    """--api-keys, --rpm, --balance and --blocked-words bring about 2049, 1002, 1008 and 1026."""
    settings = Settings(port=0, api_keys=("good-key",), rpm=2, balance=0.5, blocked_words=("forbidden",))
    with MockServer(settings) as mock:
        stranger = Api(mock.url, "other-key").create(MINIMAL)
        assert (stranger.code, stranger.message) == (2049, "invalid api key")
        assert Api(mock.url, "mock-1041").create(MINIMAL).code == 1041
        api = Api(mock.url, "good-key")
        assert api.create(MINIMAL | {"prompt": "something Forbidden here"}).code == 1026
        assert api.create(MINIMAL | {"resolution": "768P", "duration": 10}).code == 1008
        limited = api.create(MINIMAL)
        assert (limited.code, limited.message) == (1002, "rate limit exceeded(RPM)")
        mock.service.world.reset()
        assert api.create(MINIMAL).code == 0
        poor = api.create(MINIMAL)
        assert (poor.code, poor.message) == (1008, "insufficient balance")
        assert violations(poor)[0]["given"] == "0.22 USD"
        assert violations(poor)[0]["allowed"] == "at least 0.28 USD (list price of 2026-01-31)"


def test_the_order_of_create() -> None:
    """Each body is wrong for two neighbouring steps, and the earlier one answers (the order is assumed)."""
    settings = Settings(port=0, api_keys=("good-key",), rpm=1, balance=0.1, blocked_words=("bad",), max_body=200_000)
    small = data_url(png(16, 16))
    with MockServer(settings) as mock:
        api, stranger = Api(mock.url, "good-key"), Api(mock.url, "other")
        assert stranger.create(MINIMAL | {"prompt": "x" * 300_000}).status == 413  # read before account
        assert stranger.create(MINIMAL, Prefer="code=1041").code == 2049  # account before forced outcome
        assert api.create({}).code == 2013  # uses up the rate window
        assert api.create(MINIMAL, Prefer="code=1041").code == 1041  # forced outcome before rate window
        assert api.create({}).code == 1002  # rate window before contract
        for body, code in (
            ({"model": "I2V-01", "prompt": "bad"}, 2013),  # contract before words
            (MINIMAL | {"first_frame_image": small, "prompt": "so bad"}, 1026),  # words before image
            (MINIMAL | {"first_frame_image": small}, 2013),  # image before balance
            (MINIMAL | {"callback_url": "http://127.0.0.1:1/"}, 1008),  # balance before challenge
        ):
            mock.service.world.reset()
            assert api.create(body).code == code, body


def test_an_internal_fault_is_code_1000_with_the_request_id(caplog: pytest.LogCaptureFixture) -> None:
    """No traceback and no HTML page reaches the client; the log has it under the request's id."""
    with MockServer(Settings(port=0, task_seconds=0)) as mock:
        mock.service.contract.sizes, kept = {}, mock.service.contract.sizes
        try:
            api = Api(mock.url, "k-1")
            reply = api.query(api.create(MINIMAL).json["task_id"])
        finally:
            mock.service.contract.sizes = kept
    assert (reply.status, reply.code, reply.message) == (500, 1000, "unknown error")
    assert b"Traceback" not in reply.content
    assert reply.headers["X-Mock-Request-Id"] in caplog.text
    assert "KeyError" in caplog.text
