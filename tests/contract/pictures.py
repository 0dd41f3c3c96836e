"""Pictures that consist of a header only, which is all that the rules look at."""

from __future__ import annotations

import struct
from collections.abc import Callable


def png(width: int, height: int) -> bytes:
    """Signature and IHDR of a grey PNG."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5B4x", 13, b"IHDR", width, height, 8, 0, 0, 0, 0)


def segment(marker: int, content: bytes) -> bytes:
    """One JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def frame(width: int, height: int, marker: int = 0xC0) -> bytes:
    """The start of frame of a grey JPEG, baseline (C0) unless another marker is given."""
    return segment(marker, struct.pack(">BHHB3B", 8, height, width, 1, 1, 0x11, 0))


def jpeg(width: int, height: int, marker: int = 0xC0, before: bytes = b"") -> bytes:
    """A JPEG with a JFIF segment, whatever shall stand before the frame, and the frame."""
    jfif = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    return b"\xff\xd8" + jfif + before + frame(width, height, marker)


def _riff(kind: bytes, content: bytes) -> bytes:
    chunk = struct.pack("<4sI", kind, len(content)) + content
    return struct.pack("<4sI4s", b"RIFF", len(chunk) + 4, b"WEBP") + chunk


def webp_lossy(width: int, height: int) -> bytes:
    """A WebP with a VP8 key frame; the upper two bits of each size are a scale, set here to prove that they are left out."""
    return _riff(b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width | 0x4000, height | 0x8000) + bytes(6))


def webp_lossless(width: int, height: int) -> bytes:
    """A WebP with a VP8L header, with the alpha bit set."""
    return _riff(b"VP8L", b"\x2f" + struct.pack("<I", width - 1 | (height - 1) << 14 | 1 << 28) + bytes(6))


def webp_extended(width: int, height: int) -> bytes:
    """A WebP with a VP8X header."""
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _riff(b"VP8X", b"\x10\0\0\0" + sizes)


WRITERS: dict[str, tuple[str, Callable[[int, int], bytes]]] = {
    "png": ("PNG", png),
    "jpeg": ("JPEG", jpeg),
    "webp-lossy": ("WebP", webp_lossy),
    "webp-lossless": ("WebP", webp_lossless),
    "webp-extended": ("WebP", webp_extended),
}
