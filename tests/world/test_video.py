"""The video files: one for every combination and shape that is offered, playable, and different for each task."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

import av
import pytest

from mock_server import resources
from mock_server.contract.contract import load_contract
from mock_server.contract.mode import FILES
from mock_server.contract.video_size import SHAPES, Shape
from mock_server.errors import StartupError
from mock_server.operations.service import build_service
from mock_server.settings import Settings
from mock_server.world.video import video_bytes
from tests.delivered import FRAMES_PER_SECOND, frames_for, seconds_for


def _delivered() -> list[tuple[str, int, Shape]]:
    """Every resolution, length and shape that a task can end in; where no picture gives it one it is landscape."""
    landscape: tuple[Shape, ...] = ("landscape",)
    found = {
        (each.resolution, each.duration, shape)
        for mode in load_contract().modes(list(FILES))
        for each in mode.matrix.combinations
        for shape in (SHAPES if mode.shape_of else landscape)
    }
    return sorted(found)


DELIVERED = _delivered()


def test_a_dozen_files_serve_all_modes() -> None:
    """Six combinations, and the three of first-and-last-frame upright and square."""
    assert len(DELIVERED) == 12
    assert ("720P", 6, "portrait") not in DELIVERED
    assert {each for each in DELIVERED if each[2] == "square"} == {
        (resolution, duration, "square") for resolution, duration in (("768P", 6), ("768P", 10), ("1080P", 6))
    }


def test_there_is_a_file_for_everything_and_no_other() -> None:
    """Whatever can be delivered has its file, and nothing lies beside them."""
    names = {f"{resolution}-{length}s-{shape}.mp4".replace("-landscape", "") for resolution, length, shape in DELIVERED}
    assert {path.name for path in (resources.folder("fixtures") / "videos").iterdir()} == names


@pytest.mark.parametrize(("resolution", "duration", "shape"), DELIVERED)
def test_video_is_what_the_answers_say(resolution: str, duration: int, shape: Shape) -> None:
    """Each file decodes, mark included, to the promised size and length, in H.264 and without sound."""
    size = load_contract().size(resolution, shape)
    content = video_bytes(resolution, duration, shape, mark="task 1")
    assert len(content) < 4_000 * duration
    with av.open(BytesIO(content), "r") as container:
        stream = container.streams.video[0]
        frames = [(frame.width, frame.height) for frame in container.decode(stream)]
        assert (stream.codec_context.name, len(container.streams.audio)) == ("h264", 0)
        assert stream.average_rate == FRAMES_PER_SECOND
        assert container.duration == seconds_for(duration) * av.time_base
    assert set(frames) == {(size.width, size.height)}
    assert len(frames) == frames_for(duration)


@pytest.mark.parametrize(("resolution", "duration", "shape"), DELIVERED)
def test_mark_makes_files_differ(resolution: str, duration: int, shape: Shape) -> None:
    """Two tasks never get the same bytes, one task always does, and the mark can be read in the file."""
    first, second = (video_bytes(resolution, duration, shape, mark=f"task {number}") for number in (1, 2))
    assert first != second
    assert first == video_bytes(resolution, duration, shape, mark="task 1")
    assert first.endswith(b"minimax-mock task 1")
    assert b"task 1" not in second


@pytest.mark.parametrize(
    ("resolution", "duration", "shape", "name"),
    [
        ("1080P", 10, "landscape", "1080P-10s"),
        ("720P", 6, "portrait", "720P-6s-portrait"),
        ("4K", 6, "landscape", "4K-6s"),
    ],
)
def test_missing_video_says_how_to_make_it(resolution: str, duration: int, shape: Shape, name: str) -> None:
    """A combination without a file is an error that names the file and the script."""
    with pytest.raises(StartupError, match=rf"{name}\.mp4 is missing; scripts/make_videos\.sh"):
        video_bytes(resolution, duration, shape, mark="")


@pytest.fixture
def videos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the videos that a test may take some away from."""
    found = Path(shutil.copytree(resources.folder("fixtures") / "videos", tmp_path / "videos"))
    monkeypatch.setattr(resources, "folder", lambda name: {"fixtures": tmp_path}[name])
    return found


@pytest.mark.parametrize(("resolution", "duration", "shape"), DELIVERED)
def test_no_mock_starts_without_one_of_its_videos(videos: Path, resolution: str, duration: int, shape: Shape) -> None:
    """Whatever a call of the modes that are switched on could end in is there at the start, or one line names it."""
    contract = load_contract()
    build_service(Settings(modes=tuple(FILES)), contract=contract)
    path = videos / f"{resolution}-{duration}s-{shape}.mp4".replace("-landscape", "")
    path.unlink()
    with pytest.raises(StartupError) as caught:
        build_service(Settings(modes=tuple(FILES)), contract=contract)
    assert str(caught.value) == f"the video {path} is missing; scripts/make_videos.sh makes it"


def test_videos_of_other_modes_are_not_needed(videos: Path) -> None:
    """A mock of image-to-video alone does without the upright and square ones, and text-to-video without 512P."""
    for path in [*videos.glob("*-portrait.mp4"), *videos.glob("*-square.mp4")]:
        path.unlink()
    build_service(Settings(), contract=load_contract())
    for path in videos.glob("512P-*"):
        path.unlink()
    build_service(Settings(modes=("text-to-video",)), contract=load_contract())
    with pytest.raises(StartupError, match="512P-10s"):
        build_service(Settings(), contract=load_contract())
