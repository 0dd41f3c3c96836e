"""The first frame as the API takes it: a link as it is, a file as a data URL with the type that its bytes say it has."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path

from .errors import VideoError

LIMIT = 20 * 1024 * 1024
SHORT_EDGE = 300
RATIO = 2.5
LINKS = ("http://", "https://", "data:image/")


def json_text(image: str | Path) -> list[bytes]:
    """The image as a JSON text, in pieces, since it may be large. Raises VideoError for one that would be refused."""
    if isinstance(image, Path):
        data = _read(image)
        return [f'"data:image/{_format(data, image)};base64,'.encode(), base64.b64encode(data), b'"']
    if not isinstance(image, str) or not image.lower().startswith(LINKS):
        raise VideoError("usage", "image: expected a Path, or a link that begins with http://, https:// or data:image/")
    return [json.dumps(image).encode()]


def _read(path: Path) -> bytes:
    """The file. One that is too large is not read at all."""
    try:
        if path.stat().st_size >= LIMIT:
            raise VideoError("usage", f"image: {path.name} has 20 MB or more; less is allowed")
        return path.read_bytes()
    except OSError as error:
        raise VideoError("usage", f"image: {path} cannot be read: {error.strerror}") from error


def _format(data: bytes, path: Path) -> str:
    """jpeg, png or webp, by the first bytes. Raises VideoError for anything else, and for measures that are refused."""
    known = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "webp": b"RIFF"}
    name = next((name for name, start in known.items() if data.startswith(start)), None)
    if name is None or (name == "webp" and data[8:12] != b"WEBP"):
        raise VideoError("usage", f"image: {path.name} is not a JPEG, PNG or WebP")
    try:
        short, long = sorted({"jpeg": _jpeg, "png": _png, "webp": _webp}[name](data))
    except struct.error:
        raise VideoError("usage", f"image: {path.name} ends before it says how large it is") from None
    if short <= SHORT_EDGE or long > RATIO * short:
        allowed = f"the short edge over {SHORT_EDGE} pixels, the ratio between 2:5 and 5:2"
        raise VideoError("usage", f"image: {path.name} has {short} x {long} pixels; allowed: {allowed}")
    return name


def _png(data: bytes) -> tuple[int, ...]:
    return struct.unpack_from(">II", data, 16)


def _jpeg(data: bytes) -> tuple[int, ...]:
    """Height and width, from the first start-of-frame segment."""
    at = 2
    while True:
        marker, length = struct.unpack_from(">HH", data, at)
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            return struct.unpack_from(">HH", data, at + 5)
        # A marker may be preceded by any number of fill bytes.
        at += 1 if marker == 0xFFFF else 2 + length


def _webp(data: bytes) -> tuple[int, ...]:
    """Width and height, which each of the three kinds of WebP has elsewhere."""
    kind = data[12:16]
    if kind == b"VP8X":
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", data, 24)
        return 1 + low_w + (high_w << 16), 1 + low_h + (high_h << 16)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
