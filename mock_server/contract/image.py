"""What a picture is, told from its header: format, width and height. Pixels are never decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """Format by content, and the size in pixels."""

    format: str
    width: int
    height: int


def read_picture(data: bytes) -> Picture | None:
    """The picture that `data` begins with, or None for anything that is no JPEG, PNG or WebP of a known size.

    Other formats that clients send by mistake come back with their name and a size of 0 x 0.
    """
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        return None
    for name, magic in (("GIF", b"GIF8"), ("BMP", b"BM"), ("TIFF", b"II*\0"), ("TIFF", b"MM\0*"), ("PDF", b"%PDF")):
        if data.startswith(magic):
            return Picture(name, 0, 0)
    if data[4:12] in (b"ftypavif", b"ftypheic", b"ftypheix", b"ftypmif1"):
        return Picture("HEIF", 0, 0)
    return None


def _sized(name: str, width: int, height: int) -> Picture | None:
    return Picture(name, width, height) if width > 0 and height > 0 else None


def _png(data: bytes) -> Picture | None:
    """PNG (ISO 15948): the first chunk is IHDR, 13 bytes long, and begins with width and height."""
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    return _sized("PNG", width, height) if kind == b"IHDR" and length == 13 else None


# A picture has a few dozen segments before its size; millions of empty ones are an attack.
_MAX_SEGMENTS = 10_000
# Markers without a segment: TEM and the restart markers. SOFn hold the size; C4, C8 and CC are not SOF (T.81, B.1).
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg(data: bytes) -> Picture | None:
    """JPEG (ITU-T T.81): segments until a start of frame, which holds height and width."""
    position = 2
    for _ in range(_MAX_SEGMENTS):
        if position + 4 > len(data):
            return None
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
        elif marker in _STANDALONE:
            position += 2
        elif marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return _sized("JPEG", width, height)
        elif marker in (0xD9, 0xDA):  # the picture ends, or its scan begins, without a frame
            return None
        else:
            length = struct.unpack_from(">H", data, position + 2)[0]
            if length < 2:
                return None
            position += 2 + length
    return None


def _webp(data: bytes) -> Picture | None:
    """WebP (RFC 9649): the first chunk is VP8 (lossy), VP8L (lossless) or VP8X (extended)."""
    kind = data[12:16]
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return _sized("WebP", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = struct.unpack_from("<I", data, 21)[0]
        return _sized("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        width = int.from_bytes(_exactly(data, 24, 3), "little") + 1
        height = int.from_bytes(_exactly(data, 27, 3), "little") + 1
        return _sized("WebP", width, height)
    return None


def _exactly(data: bytes, start: int, length: int) -> bytes:
    piece = data[start : start + length]
    if len(piece) != length:
        raise IndexError(start)
    return piece
