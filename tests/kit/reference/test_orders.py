"""What the reference client sends, and what it refuses to send."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from examples.reference_client import Order, VideoClient, VideoError
from examples.reference_client.order import MODELS
from tests.kit.reference.desk import IMAGES, LINK, ORDER, Desk


def test_one_video_takes_one_create_and_one_download(desk: Desk) -> None:
    """And what is saved is what was sent."""
    video = desk.client().generate(ORDER, desk.path)
    assert [len(desk.calls(name)) for name in ("create", "retrieve", "download")] == [1, 1, 1]
    assert hashlib.sha256(desk.path.read_bytes()).hexdigest() == video.sha256
    assert [video.task_id] == desk.tasks == [task["task_id"] for task in desk.account.tasks]
    assert list(desk.path.parent.iterdir()) == [desk.path]


def test_nothing_is_sent_that_was_not_given(desk: Desk) -> None:
    """No null, no default of our own but the model."""
    desk.client().create(Order(image=LINK))
    assert desk.sent() == {"model": "MiniMax-Hailuo-2.3", "first_frame_image": LINK}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_spelled_as_it_is(desk: Desk, model: str) -> None:
    """Exactly."""
    desk.client().create(Order(image=LINK, model=model))
    assert desk.sent()["model"] == model


def test_options_arrive_as_they_are(desk: Desk) -> None:
    """False is not nothing, six is a number, and every sign of a prompt survives."""
    image = "https://example.com/ä.jpg?Signature=a%2Fb%3D&x=1"
    prompt = '[Pan left,Pedestal up] "quoted" \\ \n \u2028 猫 😀'
    given = {
        "prompt": prompt,
        "duration": 6,
        "resolution": "1080P",
        "prompt_optimizer": False,
        "fast_pretreatment": True,
    }
    desk.client().create(Order(image=image, extra={"seed": [1, {"a": 2.5}]}, **given))  # type: ignore[arg-type]
    assert desk.sent() == {
        "model": "MiniMax-Hailuo-2.3", "first_frame_image": image, "seed": [1, {"a": 2.5}], **given,
    }  # fmt: skip


def test_the_callback_url_is_sent_as_it_is() -> None:
    """Looked at without a mock, which would call it."""
    url = "https://example.com/hook?a=%20b&c=1"
    assert json.loads(replace(ORDER, callback_url=url).body())["callback_url"] == url


def test_the_headers_of_a_create(desk: Desk) -> None:
    """One key, one type, a name of its own."""
    desk.client(key=f"  {desk.key}\n").create(ORDER)
    headers = desk.calls("create")[0]["request"]["headers"]
    assert headers["Authorization"].startswith("Bearer ")
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("minimax-reference-client")
    assert "Expect" not in headers


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_file_is_labelled_by_its_bytes(desk: Desk, tmp_path: Path, kind: str) -> None:
    """Whatever its name says."""
    data = (IMAGES / f"good.{kind.replace('jpeg', 'jpg')}").read_bytes()
    path = tmp_path / "picture.bin"
    path.write_bytes(data)
    desk.client().create(replace(ORDER, image=path))
    sent = desk.sent()["first_frame_image"]
    assert sent["data_url"] == f"data:image/{kind};base64"
    assert sent["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("format-gif.gif", "not a JPEG, PNG or WebP"),
        ("format-text.png", "not a JPEG, PNG or WebP"),
        ("format-cut.jpg", "ends before"),
        ("short-edge-300.png", "300 x"),
        ("ratio-too-tall.png", "ratio"),
        ("ratio-too-wide.png", "ratio"),
        ("none-such.png", "cannot be read"),
    ],
)
def test_a_file_that_would_be_refused_is_not_sent(name: str, why: str) -> None:
    """The message names what is allowed."""
    with pytest.raises(VideoError, match=why) as caught:
        replace(ORDER, image=IMAGES / name).body()
    assert caught.value.kind == "usage"


@pytest.mark.parametrize("name", ["short-edge-301.png", "ratio-2-5.png", "ratio-5-2.png"])
def test_a_file_at_the_edge_of_the_rules_is_sent(name: str) -> None:
    """What is allowed is not refused."""
    assert replace(ORDER, image=IMAGES / name).body()


def webp(kind: bytes, at: int, size: bytes) -> bytes:
    """The head of a WebP of some kind, with its size at a place."""
    return (b"RIFF\0\0\0\0WEBP" + kind).ljust(at, b"\0") + size


@pytest.mark.parametrize(
    "data",
    [
        webp(b"VP8X", 24, b"\x2b\x01\x00\x2b\x01\x00"),
        webp(b"VP8L", 21, (299 | 299 << 14).to_bytes(4, "little")),
        webp(b"VP8 ", 26, b"\x2c\x01\x2c\x01"),
        b"\xff\xd8\xff\xe0\x00\x04\0\0\xff\xff\xc2\x00\x11\x08\x01\x2c\x01\x2c",
    ],
    ids=["VP8X", "VP8L", "VP8", "JPEG"],
)
def test_the_size_is_read_from_every_kind_of_head(tmp_path: Path, data: bytes) -> None:
    """Each of these says that it is 300 pixels wide and high, one too few."""
    path = tmp_path / "picture"
    path.write_bytes(data)
    with pytest.raises(VideoError, match="300 x 300 pixels"):
        replace(ORDER, image=path).body()


def test_a_large_file_takes_less_than_four_times_its_size(tmp_path: Path) -> None:
    """Just under 20 MB is allowed; 20 MB is refused without being read."""
    path = tmp_path / "large.png"
    head = (IMAGES / "good.png").read_bytes()
    path.write_bytes(head.ljust(20 * 1024 * 1024 - 1, b"\0"))
    tracemalloc.start()
    try:
        assert len(replace(ORDER, image=path).body()) > 26_000_000
        assert tracemalloc.get_traced_memory()[1] < 4 * path.stat().st_size
        with path.open("ab") as file:
            file.write(b"\0")
        tracemalloc.reset_peak()
        with pytest.raises(VideoError, match="20 MB"):
            replace(ORDER, image=path).body()
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "wrong",
    [
        {"image": ""},
        {"image": "cat.jpg"},
        {"image": "iVBORw0KGgo="},
        {"model": ""},
        {"prompt": "x" * 2001},
        {"prompt": 7},
        {"duration": "6"},
        {"duration": True},
        {"duration": 7},
        {"duration": 10, "resolution": "1080P"},
        {"resolution": "768p"},
        {"resolution": "512P"},
        {"prompt_optimizer": "false"},
        {"model": "I2V-01", "duration": 10},
        {"model": "I2V-01-live", "resolution": "768P"},
        {"model": "I2V-01-Director", "fast_pretreatment": False},
        {"extra": {"model": "another"}},
        {"extra": {"x": float("nan")}},
    ],
    ids=str,
)
def test_an_order_that_would_be_refused_is_not_sent(desk: Desk, wrong: dict[str, Any]) -> None:
    """One line that begins with the name of the field."""
    error = desk.error(replace(ORDER, **wrong))
    assert error.kind == "usage"
    assert error.message.startswith(("duration", *wrong))
    assert "\n" not in error.message
    assert desk.account.requests == []


def test_two_thousand_signs_and_unknown_models_are_sent(desk: Desk) -> None:
    """The limits are no tighter than the service's."""
    desk.client().create(replace(ORDER, prompt="😀" * 2000))
    assert json.loads(replace(ORDER, model="Hailuo-9", duration=60, resolution="8K").body())["duration"] == 60


@pytest.mark.parametrize("key", ["", "  \n", "two words", "two\nlines", "schlüssel"])
def test_a_key_that_cannot_be_one_is_refused_at_once(desk: Desk, key: str) -> None:
    """Without being shown."""
    with pytest.raises(VideoError) as caught:
        VideoClient(desk.account.url, key)
    assert caught.value.kind == "usage"
    assert not key.strip() or key.strip() not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["", "api.minimax.io", "ftp://x", "http://", "http://x:y", "http://x?a=1", "http://u:p@x"]
)
def test_an_address_that_cannot_be_one_is_refused_at_once(address: str) -> None:
    """Before anything is sent."""
    with pytest.raises(VideoError, match="base_url") as caught:
        VideoClient(address, "key")
    assert caught.value.kind == "usage"


def test_the_address_may_end_in_a_slash_and_have_a_path(desk: Desk) -> None:
    """The path is kept, no slash is doubled."""
    desk.client(base_url=f"{desk.account.url}/").create(ORDER)
    with pytest.raises(VideoError, match="404"):
        desk.client(base_url=f"{desk.account.url}/gateway/").create(ORDER)
    assert [entry["path"] for entry in desk.account.requests] == [
        "/v1/video_generation", "/gateway/v1/video_generation",
    ]  # fmt: skip


def test_a_folder_that_is_not_there_is_found_out_before_the_video_is_paid(desk: Desk) -> None:
    """Not after it."""
    desk.path = desk.path.parent / "none" / "video.mp4"
    assert desk.error().kind == "usage"
    assert desk.account.requests == []
