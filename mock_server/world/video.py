"""The video files: one small playable MP4 for each size and length, marked for the task that it is delivered for."""

from __future__ import annotations

import functools
import struct
from pathlib import Path

from mock_server import resources
from mock_server.errors import StartupError


def video_bytes(resolution: str, duration: int, *, mark: str) -> bytes:
    """The MP4 of a resolution and length in seconds, with `mark` in a box that players skip.

    The mark makes every task's file different, so that a client which mixes up two files is found out.
    """
    text = f"minimax-mock {mark}".encode()
    return _file(resolution, duration) + struct.pack(">I4s", 8 + len(text), b"free") + text


@functools.lru_cache(maxsize=32)
def _file(resolution: str, duration: int) -> bytes:
    path = _path(resolution, duration)
    try:
        return path.read_bytes()
    except OSError:
        raise StartupError(f"the video {path} is missing; scripts/make_videos.sh makes it") from None


def _path(resolution: str, duration: int) -> Path:
    return resources.folder("fixtures") / "videos" / f"{resolution}-{duration}s.mp4"
