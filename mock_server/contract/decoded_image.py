"""What is kept of a picture instead of its bytes, reckoned piece by piece where it comes as base64."""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from mock_server.contract.image import read_picture

# A multiple of four. Python runs one thread at a time: 25 MB in one go would keep every other request waiting.
_CHARACTERS = 262_144
_BYTES = _CHARACTERS // 4 * 3


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Number of bytes and SHA-256, and of a picture its format, width and height; other bytes have no format."""

    size: int
    sha256: str
    width: int = 0
    height: int = 0
    format: str | None = None


def decoded(data: bytes) -> DecodedImage:
    """What is kept of a picture."""
    return _kept(iter([data]))


def decoded_base64(text: str, start: int) -> DecodedImage:
    """What is kept of the picture in the standard base64 that begins at an index. Raises ValueError for other text."""
    try:
        return _kept(_pieces(text, start))
    except ValueError:
        # More signs of padding than there need be decode for Python, but not where a piece begins with them.
        return decoded(binascii.a2b_base64(text[start:], strict_mode=True))


def _pieces(text: str, start: int) -> Iterator[bytes]:
    for at in range(start, len(text), _CHARACTERS):
        piece = binascii.a2b_base64(text[at : at + _CHARACTERS], strict_mode=True)
        if len(piece) != _BYTES and at + _CHARACTERS < len(text):
            raise ValueError("padding before the end")
        yield piece


def _kept(pieces: Iterator[bytes]) -> DecodedImage:
    """Nearly every picture tells its size in the first piece; of the others, and of no pictures, all are looked at."""
    digest, size = hashlib.sha256(), 0
    picture, seen = None, []
    for number, piece in enumerate(pieces):
        digest.update(piece)
        size += len(piece)
        if picture is None:
            picture = read_picture(piece) if number == 0 else None
            seen.append(piece)
    picture = picture or read_picture(b"".join(seen))
    if picture is None:
        return DecodedImage(size, digest.hexdigest())
    return DecodedImage(size, digest.hexdigest(), picture.width, picture.height, picture.format)
