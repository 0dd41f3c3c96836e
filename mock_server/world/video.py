"""The video files: one small playable MP4 for each resolution, length and shape that can be delivered, marked for its task."""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterable
from pathlib import Path

from mock_server import resources
from mock_server.contract.mode import Mode
from mock_server.contract.video_size import SHAPES, Shape
from mock_server.errors import StartupError


def check_videos(modes: Iterable[Mode]) -> None:
    """Raises StartupError for the first video that a call of these modes could end in and that is not there.

    Without it a mock with an edited contract would start, and break at the download.
    """
    wanted = {
        (each.resolution, each.duration, shape)
        for mode in modes
        for each in mode.matrix.combinations
        for shape in (SHAPES if mode.shape_of else SHAPES[:1])
    }
    for path in sorted(_path(*each) for each in wanted):
        if not path.exists():
            raise _missing(path)


def video_bytes(resolution: str, duration: int, shape: Shape, *, mark: str) -> bytes:
    """The MP4 of a resolution, length in seconds and shape, with `mark` in a box that players skip.

    The mark makes every task's file different, so that a client which mixes up two files is found out.
    """
    text = f"minimax-mock {mark}".encode()
    return _file(resolution, duration, shape) + struct.pack(">I4s", 8 + len(text), b"free") + text


@functools.lru_cache(maxsize=32)
def _file(resolution: str, duration: int, shape: Shape) -> bytes:
    path = _path(resolution, duration, shape)
    try:
        return path.read_bytes()
    except OSError:
        raise _missing(path) from None


def _missing(path: Path) -> StartupError:
    return StartupError(f"the video {path} is missing; scripts/make_videos.sh makes it")


def _path(resolution: str, duration: int, shape: Shape) -> Path:
    """Landscape, the shape of almost every video, is not named."""
    name = f"{resolution}-{duration}s" if shape == "landscape" else f"{resolution}-{duration}s-{shape}"
    return _folder() / f"{name}.mp4"


def _folder() -> Path:
    return resources.folder("fixtures") / "videos"
