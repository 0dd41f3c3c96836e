"""Pictures that claim to be enormous, never end, or lie about their own parts."""

from __future__ import annotations

import base64
import json
import struct
import zlib

import pytest

from contract_tests.api import MINIMAL
from tests.bombs.child import MB, Child
from tests.contract.pictures import frame, jpeg, png, segment, webp_extended, webp_lossless, webp_lossy

SIZE = 6 * MB
HUGE = 2**31 - 1


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def posted(child: Child, picture: bytes, more: str = "") -> list[str]:
    """The rules that the picture breaks in a create call."""
    url = "data:image/png;base64," + base64.b64encode(picture).decode() + more
    reply = child.create(json.dumps(MINIMAL | {"first_frame_image": url}).encode(), most=4 * len(url) + 32 * MB)
    return [each["rule"] for each in json.loads(reply.headers.get("X-Mock-Violations", "[]")) if "rule" in each]


GOOD = png(640, 480)
# A text that would take a gigabyte once it is not compressed any more.
BOMB = zlib.compress(bytes(64 * MB), 9)
PICTURES = {
    "a PNG of 2^31 by 2^31": (png(HUGE, HUGE), ["image-pixels"]),
    "a PNG of 2^31 by 1": (png(HUGE, 1), ["image-short-edge", "image-ratio", "image-pixels"]),
    "a PNG of 0 by 2^31": (png(0, HUGE), ["image-format"]),
    "a PNG whose first chunk is endless": (GOOD[:8] + b"\xff\xff\xff\xffIHDR" + GOOD[16:], ["image-format"]),
    "a PNG without a first chunk": (GOOD[:8] + chunk(b"tEXt", bytes(SIZE)), ["image-format"]),
    "a PNG with compressed text": (GOOD + chunk(b"zTXt", b"a\0\0" + BOMB) * 40, []),
    "a PNG with a compressed profile": (GOOD + chunk(b"iCCP", b"a\0\0" + BOMB) + chunk(b"iTXt", b"a\0\1\0\0\0" + BOMB), []),
    "an animation of 2^31 frames": (GOOD + chunk(b"acTL", struct.pack(">II", HUGE, 0)) + chunk(b"fcTL", bytes(26)) * 9999, []),
    "a PNG with empty chunks": (GOOD + chunk(b"IDAT", b"") * (SIZE // 12), []),
    "a JPEG of 65535 by 65535": (jpeg(65535, 65535), ["image-pixels"]),
    "a JPEG with segments of 64 kB": (jpeg(640, 480, before=segment(0xE1, bytes(65533)) * (SIZE // 65537)), []),
    "a JPEG with too many segments": (jpeg(640, 480, before=segment(0xE1, b"") * (SIZE // 4)), ["image-format"]),
    "a JPEG that never comes to its frame": (b"\xff\xd8" + segment(0xE1, b"") * (SIZE // 4), ["image-format"]),
    "a JPEG of fill bytes": (b"\xff\xd8" + b"\xff" * SIZE, ["image-format"]),
    "a JPEG of restart markers": (b"\xff\xd8\xff" + b"\xd0\xff" * (SIZE // 2), ["image-format"]),
    "a JPEG with a segment of length 0": (b"\xff\xd8\xff\xe0\0\0" + frame(640, 480), ["image-format"]),
    "a JPEG cut short in a segment": (b"\xff\xd8\xff\xe0\xff\xff" + bytes(100), ["image-format"]),
    "a JPEG cut short in its frame": (b"\xff\xd8\xff\xc0\0\x11\x08\x02", ["image-format"]),
    "a JPEG whose frame comes late": (jpeg(640, 480, before=segment(0xE2, bytes(65533)) * 90), []),
    "a WebP of 16384 by 16384": (webp_lossless(16384, 16384), ["image-pixels"]),
    "a WebP of 2^24 by 2^24": (webp_extended(2**24, 2**24), ["image-pixels"]),
    "a WebP that says it is endless": (b"RIFF\xff\xff\xff\xffWEBP" + webp_lossy(640, 480)[12:], []),
    "a WebP that says it is empty": (b"RIFF\0\0\0\0WEBP" + webp_lossy(640, 480)[12:], []),
    "a WebP whose chunk is endless": (b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff", ["image-format"]),
    "a WebP of other chunks": (b"RIFF\xff\xff\xff\xffWEBP" + b"JUNK\0\0\0\0" * (SIZE // 8), ["image-format"]),
    "a RIFF in a RIFF": (b"RIFF\xff\xff\xff\x7fWEBP" * (SIZE // 12), ["image-format"]),
    "a vector graphic": (b"<!DOCTYPE svg [<!ENTITY a 'aaaa'>" + b"<!ENTITY b '&a;&a;'>" * 9999, ["image-format"]),
    "nothing but zeros": (bytes(SIZE), ["image-format"]),
}  # fmt: skip


@pytest.mark.parametrize("bomb", PICTURES)
def test_a_picture_is_told_by_its_header(child: Child, bomb: str) -> None:
    """Whatever it claims or holds, no pixel and no chunk is decoded."""
    picture, broken = PICTURES[bomb]
    assert posted(child, picture) == broken


@pytest.mark.parametrize("more", ["!", "=", "A", "AAAA", "\n", "é", "=" * SIZE], ids=repr)
def test_base64_that_goes_wrong_at_its_very_end(child: Child, more: str) -> None:
    """After megabytes that were right it is refused as if it had been wrong at once."""
    assert posted(child, bytes(SIZE - SIZE % 3 - 2), more) == ["image-base64"]
