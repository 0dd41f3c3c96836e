"""Published clients do what they do by default, in every mode that they have, against a mock of all modes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from mock_server import MockServer, Settings
from mock_server.resources import folder
from tests.delivered import frames_for
from tests.strangers.published_clients import hermes, minimax_mcp, minimax_mcp_js, minimax_python, mmx

IMAGES = folder("fixtures") / "images"
WIDE, TALL = str(IMAGES / "ratio-5-2.png"), str(IMAGES / "ratio-2-5.png")
LINK, OTHER_LINK = "https://example.com/first.jpg", "https://example.com/last.jpg"
LANDSCAPE, PORTRAIT, SMALL = (1366, 768), (768, 1366), (1280, 720)
TEXT, IMAGE, FRAMES, REFERENCE = "text-to-video", "image-to-video", "first-last-frame", "subject-reference"
# What each is given beside a prompt. A model is named only where the client has no default for the mode.
CALLS: list[tuple[Callable[..., None], Any, str, str, tuple[int, int]]] = [
    (mmx, [], TEXT, "MiniMax-Hailuo-2.3", LANDSCAPE),
    (mmx, ["--image", WIDE], IMAGE, "MiniMax-Hailuo-2.3", LANDSCAPE),
    (mmx, ["--image", TALL, "--last-frame", WIDE], FRAMES, "MiniMax-Hailuo-02", PORTRAIT),
    (mmx, ["--subject-image", WIDE], REFERENCE, "S2V-01", SMALL),
    (minimax_mcp, {}, TEXT, "MiniMax-Hailuo-2.3", LANDSCAPE),
    (minimax_mcp, {"first_frame_image": WIDE}, IMAGE, "MiniMax-Hailuo-2.3", LANDSCAPE),
    (minimax_mcp_js, {}, TEXT, "MiniMax-Hailuo-02", LANDSCAPE),
    (minimax_mcp_js, {"firstFrameImage": WIDE}, IMAGE, "MiniMax-Hailuo-02", LANDSCAPE),
    (minimax_python, {}, TEXT, "video-01", SMALL),
    (hermes, {}, TEXT, "MiniMax-Hailuo-2.3", LANDSCAPE),
    (hermes, {"image_url": LINK}, IMAGE, "MiniMax-Hailuo-2.3", LANDSCAPE),
    (hermes, {"model": "MiniMax-Hailuo-02", "image_url": LINK, "last_frame_image": OTHER_LINK}, FRAMES, "MiniMax-Hailuo-02", LANDSCAPE),
    (hermes, {"model": "S2V-01", "reference_image_urls": [LINK]}, REFERENCE, "S2V-01", SMALL),
]  # fmt: skip


def _mock(client: Callable[..., None], modes: tuple[str, ...]) -> MockServer:
    return MockServer(Settings(port=0, modes=modes, progress="polls:1", tls=client is mmx))


@pytest.mark.parametrize(
    ("client", "given", "mode", "model", "size"), CALLS, ids=[f"{call[0].__name__}-{call[2]}" for call in CALLS]
)
def test_a_default_call_ends_with_a_video(
    tmp_path: Path, client: Callable[..., None], given: Any, mode: str, model: str, size: tuple[int, int]
) -> None:
    """The file plays and has the size of its mode; the journal says which mode was chosen, and for which model."""
    with _mock(client, ("all",)) as mock:
        client(mock, tmp_path, given)
        entries = mock.service.journal.entries()[0]
        create = entries[0].as_dict()
    assert [entry.operation for entry in entries] == ["create", "query", "retrieve", "download"]
    assert [note["mode"] for note in create["notes"] if note["note"] == "mode"] == [mode]
    assert create["request"]["body"]["model"] == model
    (video,) = tmp_path.rglob("*.mp4")
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        assert ((stream.width, stream.height), stream.frames) == (size, frames_for(6))


@pytest.mark.parametrize("client", [mmx, minimax_mcp_js, hermes], ids=lambda client: client.__name__)
def test_text_alone_is_refused_without_the_mode(tmp_path: Path, client: Callable[..., None]) -> None:
    """The mock of image-to-video, which is the default one, refuses the default calls of clients."""
    with _mock(client, (IMAGE,)) as mock:
        with pytest.raises(AssertionError, match="first_frame_image"):
            client(mock, tmp_path, [] if client is mmx else {})
        assert [entry.operation for entry in mock.service.journal.entries()[0]] == ["create"]
    assert list(tmp_path.rglob("*.mp4")) == []
