"""What is kept of a picture that comes as base64: the same, in pieces, as of all its bytes at once."""

from __future__ import annotations

import base64
import binascii
import hashlib

import pytest

from mock_server.contract import decoded_image
from mock_server.contract.decoded_image import DecodedImage, decoded, decoded_base64
from tests.contract.pictures import jpeg, png, segment

PIECE = decoded_image._BYTES
LABEL = "data:image/png;base64,"


def url(data: bytes) -> str:
    """A data URL."""
    return LABEL + base64.b64encode(data).decode()


@pytest.mark.parametrize("size", [0, 1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE - 2, 2 * PIECE, 3 * PIECE + 7])
def test_pieces_make_the_whole(size: int) -> None:
    """Wherever the last piece ends, and whatever padding it has."""
    data = png(640, 480)[:size] + bytes(max(size - len(png(640, 480)), 0))
    assert decoded_base64(url(data), len(LABEL)) == decoded(data)
    assert decoded(data).sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("segments", [1, 3, 4, 9])
def test_a_size_in_a_later_piece_is_found(segments: int) -> None:
    """As that of a photograph with a large preview before it."""
    data = jpeg(640, 480, before=segment(0xE1, bytes(65533)) * segments) + bytes(PIECE)
    kept = decoded_base64(url(data), len(LABEL))
    assert (kept.format, kept.width, kept.height, kept.size) == ("JPEG", 640, 480, len(data))


def test_what_is_no_picture_has_no_format() -> None:
    """Only its bytes are told."""
    assert decoded(b"text") == DecodedImage(4, hashlib.sha256(b"text").hexdigest())


FULL = "A" * decoded_image._CHARACTERS
WRONG = ["=", "==", "===", "====", "=====", "A", "AA", "AAA", "A===", "AA=", "AA==", "AAA=", "AA==A", "AAA=AAAA", "!", "é", "\n", "A=A=", "-_"]  # fmt: skip


@pytest.mark.parametrize("end", WRONG)
@pytest.mark.parametrize(
    "start", ["", "AAAA", FULL, FULL + "AAAA", FULL[:-4], FULL[:-4] + "AAA=", FULL[:-2], FULL + FULL]
)
@pytest.mark.parametrize("more", ["", FULL], ids=["", "and more"])
def test_python_decides_what_base64_is(start: str, end: str, more: str) -> None:
    """A text is refused in pieces where Python refuses it as a whole, and nowhere else."""
    text = start + end + more
    try:
        expected: DecodedImage | None = decoded(binascii.a2b_base64(text, strict_mode=True))
    except ValueError:
        expected = None
    try:
        found: DecodedImage | None = decoded_base64(text, 0)
    except ValueError:
        found = None
    assert found == expected
