"""Each mode from create to download: the video is of the size that the query says, and as long as the service makes it."""

from __future__ import annotations

import base64
import io
import secrets
from collections.abc import Iterator
from typing import Any

import av
import pytest

from contract_tests.api import IMAGE_URL, Api
from mock_server import MockServer, Settings
from mock_server.clock import ManualClock
from mock_server.settings import MODES
from tests.contract.pictures import jpeg, png
from tests.delivered import seconds_for
from tests.over_http.conftest import Clocks

FACE = [{"type": "character", "image": [IMAGE_URL]}]
FRAMES = {"first_frame_image": IMAGE_URL, "last_frame_image": IMAGE_URL}


def drawn(picture: bytes) -> str:
    """A picture as data URL."""
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


UPRIGHT, FLAT, EVEN = drawn(png(400, 700)), drawn(jpeg(700, 400)), drawn(png(500, 520))


@pytest.fixture(scope="module")
def every_mode() -> Iterator[MockServer]:
    """A mock that takes calls of all modes, with manual clocks."""
    with MockServer(Settings(port=0, seed=7, modes=MODES), new_clock=ManualClock) as server:
        yield server


def video_of(mock: MockServer, body: dict[str, Any]) -> tuple[int, int, float]:
    """Width, height and seconds of the video that a create call leads to; the query says the same size."""
    api = Api(mock.url, f"test-{secrets.token_hex(8)}")
    created = api.create(body)
    assert created.code == 0, created.message
    Clocks().advance(mock, api.key or "", 2)
    answer = api.query(created.json["task_id"]).json
    assert answer["status"] == "Success"
    link = api.retrieve(answer["file_id"]).json["file"]["download_url"]
    with av.open(io.BytesIO(Api(mock.url, None).send("GET", link).content), mode="r") as container:
        stream = container.streams.video[0]
        # One packet a frame, and an empty one at the end. That all of them decode is tested with the files.
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert stream.average_rate is not None
        seconds = len(packets) / float(stream.average_rate)
        container.seek(0)
        frame = next(container.decode(stream))
        assert (frame.width, frame.height) == (answer["video_width"], answer["video_height"])
        return frame.width, frame.height, seconds


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"model": "MiniMax-Hailuo-2.3", "prompt": "A fox."}, (1366, 768, 6)),
        ({"model": "MiniMax-Hailuo-02", "prompt": "A fox.", "duration": 10}, (1366, 768, 10)),
        ({"model": "MiniMax-Hailuo-2.3", "prompt": "A fox.", "resolution": "1080P"}, (1920, 1080, 6)),
        ({"model": "T2V-01-Director", "prompt": "A fox."}, (1280, 720, 6)),
        ({"model": "video-01", "prompt": "A fox.", "duration": 5, "resolution": "1080p"}, (1280, 720, 6)),
        ({"model": "video-01", "prompt": "A fox.", "duration": 10, "resolution": "1080P"}, (1280, 720, 6)),
        ({"model": "S2V-01", "subject_reference": FACE}, (1280, 720, 6)),
        ({"model": "S2V-01", "subject_reference": FACE, "resolution": "1080P", "duration": 10}, (1280, 720, 6)),
        ({"model": "MiniMax-Hailuo-2.3", "first_frame_image": UPRIGHT}, (1366, 768, 6)),
        ({"model": "MiniMax-Hailuo-02", **FRAMES, "duration": 10}, (1366, 768, 10)),
    ],
)
def test_video_is_what_the_mode_delivers(
    every_mode: MockServer, body: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    """What is asked for counts only where the model has a choice; a single picture changes no shape."""
    *size, ordered = expected
    assert video_of(every_mode, body) == (*size, seconds_for(ordered))


@pytest.mark.parametrize(
    ("first", "last", "size"),
    [
        (UPRIGHT, FLAT, (768, 1366)),
        (FLAT, UPRIGHT, (1366, 768)),
        (EVEN, UPRIGHT, (768, 768)),
        (None, UPRIGHT, (768, 1366)),
        (IMAGE_URL, UPRIGHT, (768, 1366)),
        ("/__mock/gallery/ratio-2-5.png", FLAT, (768, 1366)),
        ("/__mock/gallery/good.jpg", UPRIGHT, (1366, 768)),
    ],
    ids=["upright", "flat", "even", "last-alone", "first-elsewhere", "gallery-upright", "gallery-4-to-3"],
)
def test_video_takes_its_shape_from_the_first_frame(
    every_mode: MockServer, first: str | None, last: str, size: tuple[int, int]
) -> None:
    """Of the last frame where the first one is missing or lies elsewhere; pictures of the gallery count as well."""
    body = {"model": "MiniMax-Hailuo-02", "last_frame_image": last}
    if first is not None:
        body["first_frame_image"] = every_mode.url + first if first.startswith("/") else first
    assert video_of(every_mode, body) == (*size, seconds_for(6))


@pytest.mark.parametrize(
    ("resolution", "duration", "picture", "size"),
    [("1080P", 6, UPRIGHT, (1080, 1920)), ("1080P", 6, EVEN, (1080, 1080)), ("768P", 10, EVEN, (768, 768))],
    ids=["1080P-upright", "1080P-even", "768P-10s-even"],
)
def test_shape_goes_with_resolution_and_length(
    every_mode: MockServer, resolution: str, duration: int, picture: str, size: tuple[int, int]
) -> None:
    """The other shapes exist wherever the mode offers a combination."""
    body = {"model": "MiniMax-Hailuo-02", "resolution": resolution, "duration": duration}
    assert video_of(every_mode, body | {"first_frame_image": picture, "last_frame_image": IMAGE_URL}) == (
        *size,
        seconds_for(duration),
    )


def test_control_tells_the_shape(every_mode: MockServer) -> None:
    """The view of a task has the shape beside the resolution."""
    account = every_mode.account(f"test-{secrets.token_hex(8)}")
    body = {"model": "MiniMax-Hailuo-02", "first_frame_image": UPRIGHT, "last_frame_image": IMAGE_URL}
    Api(every_mode.url, account.api_key).create(body)
    (task,) = account.tasks
    assert (task["resolution"], task["shape"]) == ("768P", "portrait")
