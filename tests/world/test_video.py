"""The video files: one for every combination that is offered, playable, and different for each task."""

from __future__ import annotations

from io import BytesIO

import av
import pytest

from mock_server.contract.contract import load_contract
from mock_server.errors import StartupError
from mock_server.world.video import video_bytes

OFFERED = sorted({(each.resolution, each.duration) for each in load_contract().matrix.combinations})
FRAMES_PER_SECOND = 24


def test_six_files_serve_the_whole_matrix() -> None:
    """The combinations that are offered need these six files."""
    sixes = [(resolution, 6) for resolution in ("512P", "720P", "768P", "1080P")]
    assert sorted([*sixes, ("512P", 10), ("768P", 10)]) == OFFERED


@pytest.mark.parametrize(("resolution", "duration"), OFFERED)
def test_video_is_what_the_answers_say(resolution: str, duration: int) -> None:
    """Each file decodes, mark included, to the promised size and length, in H.264 and without sound."""
    size = load_contract().sizes[resolution]
    with av.open(BytesIO(video_bytes(resolution, duration, mark="task 1")), "r") as container:
        stream = container.streams.video[0]
        frames = [(frame.width, frame.height) for frame in container.decode(stream)]
        assert (stream.codec_context.name, len(container.streams.audio)) == ("h264", 0)
        assert stream.average_rate == FRAMES_PER_SECOND
    assert set(frames) == {(size.width, size.height)}
    assert len(frames) == duration * FRAMES_PER_SECOND


@pytest.mark.parametrize(("resolution", "duration"), OFFERED)
def test_mark_makes_files_differ(resolution: str, duration: int) -> None:
    """Two tasks never get the same bytes, one task always does, and the mark can be read in the file."""
    first, second = (video_bytes(resolution, duration, mark=f"task {number}") for number in (1, 2))
    assert first != second
    assert first == video_bytes(resolution, duration, mark="task 1")
    assert first.endswith(b"minimax-mock task 1")
    assert b"task 1" not in second


@pytest.mark.parametrize(("resolution", "duration"), [("1080P", 10), ("720P", 10), ("4K", 6)])
def test_missing_video_says_how_to_make_it(resolution: str, duration: int) -> None:
    """A combination without a file is an error that names the file and the script."""
    with pytest.raises(StartupError, match=rf"{resolution}-{duration}s\.mp4 is missing; scripts/make_videos\.sh"):
        video_bytes(resolution, duration, mark="")
