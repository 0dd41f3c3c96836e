"""Servers with other modes than the default: what they take, in whose words they refuse, and what the journal says."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract_tests.api import IMAGE_URL, Api, Reply, data_url, png
from mock_server import MockServer, Settings
from mock_server.settings import MODES
from tests.over_http.controlling import User

FACE = [{"type": "character", "image": [IMAGE_URL]}]
TEXT = {"model": "MiniMax-Hailuo-2.3", "prompt": "A fox in the snow."}
FRAMES = {"model": "MiniMax-Hailuo-02", "first_frame_image": IMAGE_URL, "last_frame_image": IMAGE_URL}
SUBJECT = {"model": "S2V-01", "prompt": "She smiles.", "subject_reference": FACE}
PICTURE = {"model": "MiniMax-Hailuo-2.3", "first_frame_image": IMAGE_URL}
BODIES = {
    "image-to-video": PICTURE, "text-to-video": TEXT, "first-last-frame": FRAMES, "subject-reference": SUBJECT
}  # fmt: skip
UNPADDED = "data:image/png;base64,iVBORw0KGg"
Server = Callable[..., MockServer]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Gives a running mock with certain modes, the same one for all tests that want the same."""
    running: dict[Any, MockServer] = {}

    def give(*modes: str, **more: Any) -> MockServer:
        key = (modes, *more.items())
        if key not in running:
            running[key] = MockServer(Settings(port=0, seed=7, clock="manual", modes=modes, **more))
            running[key].start()
        return running[key]

    yield give
    for each in running.values():
        each.stop()


def user(mock: MockServer) -> User:
    """Somebody with a key of their own."""
    return User(mock, f"modes-{secrets.token_hex(8)}")


def first(reply: Reply) -> dict[str, Any]:
    """The first violation in the header of a reply."""
    found: dict[str, Any] = json.loads(reply.headers["X-Mock-Violations"])[0]
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("several", [False, True], ids=["alone", "all"])
def test_call_is_taken_by_its_mode(server: Server, mode: str, several: bool) -> None:
    """A plain call of each mode makes a task; the journal names the mode where there are several."""
    me = user(server(*MODES) if several else server(mode))
    assert me.api.create(BODIES[mode]).code == 0
    (entry,) = me.journal()
    assert [note for note in entry["notes"] if note["note"] == "mode"] == (
        [{"note": "mode", "mode": mode}] if several else []
    )
    assert [note for note in entry["notes"] if note["note"] == "unknown-field"] == []


@pytest.mark.parametrize("mode", MODES)
def test_call_of_another_mode_is_refused_by_a_server_of_one(server: Server, mode: str) -> None:
    """Each server of a single mode judges everything by it; the hint says which mode the body looks like."""
    bodies = BODIES | {"first-last-frame": {"model": "MiniMax-Hailuo-02", "last_frame_image": IMAGE_URL}}
    for other in set(MODES) - {mode}:
        reply = user(server(mode)).api.create(bodies[other])
        assert reply.code == 2013, other
        assert f"--modes {other} or --modes all" in first(reply)["hint"]


DEFAULT = "image-to-video"
NO_FRAME = "binding: expr_path=first_frame_image, cause=missing required parameter"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (TEXT, NO_FRAME),
        (SUBJECT, NO_FRAME),
        (FRAMES | {"last_frame_image": 7}, None),
        (PICTURE | {"aigc_watermark": "yes"}, None),
        (PICTURE | {"subject_reference": 7}, None),
        (PICTURE | {"resolution": "720P"},
         "model MiniMax-Hailuo-2.3 does not support resolution 720P, supported resolutions: 768P, 1080P"),
        (PICTURE | {"model": "video-01"}, "model video-01 does not support Image-to-Video mode"),
        (PICTURE | {"model": "video-02"}, "unsupported model: video-02"),
    ],
)  # fmt: skip
def test_default_is_what_it_was(server: Server, body: dict[str, Any], text: str | None) -> None:
    """Image to video alone: a body without a first frame is refused, and the other modes' fields are unknown ones."""
    reply = user(server(DEFAULT)).api.create(body)
    assert (reply.code, reply.message) == ((2013, f"invalid params, {text}") if text else (0, "success"))
    assert Settings().modes == (DEFAULT,)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (TEXT | {"model": "MiniMax-Hailuo-2.3-Fast"},
         "model MiniMax-Hailuo-2.3-Fast does not support Text-to-Video mode"),
        (TEXT | {"resolution": "720P"},
         "model MiniMax-Hailuo-2.3 does not support resolution 720P, supported resolutions: 768P, 1080P"),
        (TEXT | {"resolution": "768p"},
         "model MiniMax-Hailuo-2.3 does not support resolution 768p, supported resolutions: 768P, 1080P"),
        (TEXT | {"model": "MiniMax-Hailuo-02", "resolution": "512P"},
         "model MiniMax-Hailuo-02 does not support resolution 512P, supported resolutions: 768P, 1080P"),
        (PICTURE | {"model": "MiniMax-Hailuo-02", "resolution": "512P"}, None),
        (TEXT | {"resolution": "1080P", "duration": 10},
         "model MiniMax-Hailuo-2.3 does not support the combination of duration 10s and resolution 1080P"),
        (FRAMES | {"resolution": "1080P", "duration": 10},
         "model MiniMax-Hailuo-02 does not support the combination of duration 10s and resolution 1080P"),
        (FRAMES | {"model": "I2V-01"}, "model I2V-01 does not support First-and-Last-Frame-to-Video mode"),
        ({"model": "video-01", "prompt": "a", "duration": 5, "resolution": "720p", "aspect_ratio": "16:9"}, None),
        ({"model": "MiniMax-Hailuo-2.3"}, "binding: expr_path=prompt, cause=missing required parameter"),
        (FRAMES | {"last_frame_image": UNPADDED}, "last_frame_image: invalid image url"),
        (FRAMES | {"first_frame_image": UNPADDED}, "first_frame_image: invalid image url"),
        (FRAMES | {"last_frame_image": "/__mock/gallery/ratio-too-wide.png"}, "last_frame_image: invalid image url"),
        (SUBJECT | {"subject_reference": [{"type": "character", "image": [data_url(png(300, 400))]}]},
         "subject_reference.0.image.0: The minimum pixel on the short side of the image: 300px"),
        (SUBJECT | {"subject_reference": [{"type": "character", "image": IMAGE_URL}]},
         "binding: expr_path=subject_reference.0.image, cause=expected array but got string"),
        (SUBJECT | {"first_frame_image": 7, "last_frame_image": 7, "resolution": 7}, None),
    ],
)  # fmt: skip
def test_all_modes_speak_of_the_one_that_was_meant(server: Server, body: dict[str, Any], text: str | None) -> None:
    """The mode goes by the fields that are there, and so do models, combinations and texts."""
    reply = user(server(*MODES)).api.create(body)
    assert (reply.code, reply.message) == ((2013, f"invalid params, {text}") if text else (0, "success"))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("last_frame_image", lambda picture: FRAMES | {"last_frame_image": picture}),
        ("subject_reference.0.image.0",
         lambda picture: SUBJECT | {"subject_reference": [{"type": "character", "image": [picture]}]}),
    ],
)  # fmt: skip
def test_pictures_are_judged_wherever_they_stand(
    server: Server, path: str, body: Callable[[str], dict[str, Any]]
) -> None:
    """Data URLs and the gallery at every field that holds a picture, and text and pointer name that field."""
    mock = server(*MODES)
    api = user(mock).api
    assert api.create(body(f"{mock.url}/__mock/gallery/good.png")).code == 0
    assert api.create(body(data_url(png(400, 400)))).code == 0
    for picture, text in [
        (f"{mock.url}/__mock/gallery/no-such.png", f"{path}: invalid image url"),
        (f"{mock.url}/__mock/gallery/format-gif.gif",
         f"{path}: unsupported image format, supported formats: JPEG, PNG, WebP"),
        (data_url(png(400, 1001)), f"{path}: aspect ratio not between 0.4 and 2.5"),
    ]:  # fmt: skip
        reply = api.create(body(picture))
        assert (reply.code, reply.message) == (2013, f"invalid params, {text}")
        assert first(reply)["pointer"] == "/" + path.replace(".", "/")


def test_two_wrong_pictures_are_both_told(server: Server) -> None:
    """The first one gives the text."""
    small = data_url(png(300, 300))
    reply = user(server(*MODES)).api.create(FRAMES | {"first_frame_image": small, "last_frame_image": small})
    told = json.loads(reply.headers["X-Mock-Violations"])
    assert [each["pointer"] for each in told] == ["/first_frame_image", "/last_frame_image"]
    assert "first_frame_image: The minimum pixel" in reply.message


def test_the_first_rule_gives_the_text_whichever_picture_breaks_it(server: Server) -> None:
    """Rules are told in their order; of pictures that break the same one the first in the body comes first."""
    frames = FRAMES | {"first_frame_image": data_url(png(400, 1200)), "last_frame_image": UNPADDED}
    reply = user(server(*MODES)).api.create(frames)
    assert (first(reply)["rule"], first(reply)["pointer"]) == ("image-base64", "/last_frame_image")


def test_journal_keeps_no_picture_of_any_field(server: Server) -> None:
    """Of each data URL its label, length and the SHA-256 of the picture; of base64 without a label its beginning."""
    me = user(server(*MODES))
    pictures = [png(400, 300 + number) for number in range(1, 4)]
    links = [data_url(picture) for picture in pictures]
    bodies = [
        me.entry(me.api.create(body))["request"]["body"]
        for body in (
            FRAMES | {"first_frame_image": links[0], "last_frame_image": links[1]},
            SUBJECT | {"subject_reference": [{"type": "character", "image": [links[2]]}]},
            FRAMES | {"last_frame_image": "A" * 300},
        )
    ]
    kept = [
        bodies[0]["first_frame_image"], bodies[0]["last_frame_image"], bodies[1]["subject_reference"][0]["image"][0],
    ]  # fmt: skip
    assert [each["sha256"] for each in kept] == [hashlib.sha256(picture).hexdigest() for picture in pictures]
    assert [each["bytes"] for each in kept] == [len(picture) for picture in pictures]
    assert "(300 characters, SHA-256" in bodies[2]["last_frame_image"]


@pytest.mark.parametrize(
    ("form", "picture", "text"),
    [
        ("observed", png(301, 700), "aspect ratio not between 0.5 and 2"),
        ("observed", png(301, 602), None),
        ("documented", png(301, 700), None),
    ],
)
def test_ratio_of_a_picture_goes_by_its_form(server: Server, form: str, picture: bytes, text: str | None) -> None:
    """The documented limits are wider than those that a recorded refusal names."""
    reply = user(server(DEFAULT, ratio_form=form)).api.create(PICTURE | {"first_frame_image": data_url(picture)})
    assert reply.message == (f"invalid params, first_frame_image: {text}" if text else "success")


def test_hint_says_which_mode_a_call_counts_as(server: Server) -> None:
    """With several modes the author hears which one the body was judged by, and why."""
    api: Api = user(server(*MODES)).api
    assert first(api.create({"model": "I2V-01", "prompt": "a"}))["hint"].endswith(
        "I2V-01 is a model of image-to-video, which has first_frame_image. The call counts as text-to-video, since it has no picture."
    )
    assert "counts as first-last-frame, since it has last_frame_image" in first(
        api.create(FRAMES | {"model": "S2V-01"})
    )["hint"]  # fmt: skip


def test_price_is_that_of_what_is_delivered(server: Server) -> None:
    """A model that delivers one thing costs the same whatever is asked for."""
    spent = []
    for fields in ({}, {"resolution": "1080P", "duration": 10}):
        me = user(server(*MODES, balance=10.0))
        assert me.api.create({"model": "video-01", "prompt": "a"} | fields).code == 0
        me.advance(100)
        spent.append(10 - me.look()["balance_usd"])
    assert spent[0] == spent[1] > 0
