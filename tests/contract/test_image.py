"""What a picture is, told from its header, and the rules about its format, size and shape."""

from __future__ import annotations

import base64
import hashlib
import random
from io import BytesIO

import av
import pytest

from mock_server import resources
from mock_server.contract.contract import load_contract
from mock_server.contract.image import Picture, read_picture
from mock_server.world import gallery
from tests.contract.pictures import WRITERS, frame, jpeg, png, segment, webp_extended

IMAGES = resources.folder("fixtures") / "images"
LIMIT = 20_000_000


def _rules(data: bytes) -> list[str]:
    return [violation.rule for violation in load_contract().pictures.judge_bytes(data)]


@pytest.mark.parametrize(
    ("width", "height", "rules"),
    [
        (301, 301, []), (300, 301, ["image-short-edge"]), (301, 300, ["image-short-edge"]),
        (1, 1, ["image-short-edge"]),
        (400, 1000, []), (400, 1001, ["image-ratio"]), (1000, 400, []), (1001, 400, ["image-ratio"]),
        (301, 752, []), (301, 753, ["image-ratio"]), (752, 301, []), (753, 301, ["image-ratio"]),
        (300, 1000, ["image-short-edge", "image-ratio"]),
        (10_000, 10_000, []), (10_001, 10_000, ["image-pixels"]),
        (16_383, 16_383, ["image-pixels"]), (16_383, 1, ["image-short-edge", "image-ratio"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("writer", WRITERS)
def test_picture_is_judged_by_the_size_in_its_header(writer: str, width: int, height: int, rules: list[str]) -> None:
    """Every format gives its size exactly, and the limits hold to the pixel."""
    name, write = WRITERS[writer]
    data = write(width, height)
    assert read_picture(data) == Picture(name, width, height)
    assert _rules(data) == rules


def test_text_about_the_short_edge_is_the_observed_one() -> None:
    """Where a real answer was recorded, the mock says the same words."""
    first = load_contract().pictures.judge_bytes(png(300, 400))[0]
    assert (first.text or "").endswith("The minimum pixel on the short side of the image: 300px")
    assert first.wording == "observed"


@pytest.mark.parametrize(("width", "height"), [(2**31 - 1, 2**31 - 1), (2**32 - 1, 400)])
def test_gigantic_size_is_only_a_number(width: int, height: int) -> None:
    """A header that claims gigapixels is refused from the numbers alone."""
    assert "image-pixels" in _rules(png(width, height))


@pytest.mark.parametrize("writer", WRITERS)
def test_truncated_picture_never_raises(writer: str) -> None:
    """However short a picture is cut, it has either its full size or none, and keeps it once it has it."""
    name, write = WRITERS[writer]
    data = write(640, 480)
    found = [read_picture(data[:length]) for length in range(len(data) + 1)]
    first = found.index(Picture(name, 640, 480))
    assert found == [None] * first + [Picture(name, 640, 480)] * (len(found) - first)


@pytest.mark.parametrize("name", ["good.png", "good.jpg", "good.webp", "format-gif.gif"])
def test_truncated_file_never_raises(name: str) -> None:
    """Cutting a real file at any of its first bytes gives a picture or none."""
    data = (IMAGES / name).read_bytes()
    whole = read_picture(data)
    assert whole is not None
    assert {read_picture(data[:length]) for length in range(1200)} == {None, whole}


MAGIC = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"\xff\xd8\xff", b"GIF8", b"RIFF\0\0\0\0WEBP", b"RIFF\0\0\0\0WEBPVP8 "]
MAGIC += [b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f", b"RIFF\0\0\0\0WEBPVP8X", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"]


@pytest.mark.parametrize("magic", MAGIC, ids=range(len(MAGIC)))
def test_random_bytes_never_raise(magic: bytes) -> None:
    """Noise behind any beginning gives a picture or none, and the rules have an answer to it."""
    rng = random.Random(8026)
    for _ in range(1500):
        data = magic + rng.randbytes(rng.randrange(60))
        picture = read_picture(data)
        assert picture is None or (picture.width >= 0 and picture.height >= 0)
        assert isinstance(_rules(data), list)


EXIF = segment(0xE1, b"Exif\0\0" + b"\xff\xd8" + frame(160, 120))
BEFORE_THE_FRAME = {
    "exif-with-a-small-picture": EXIF,
    "fill-bytes": b"\xff" * 7,
    "fill-bytes-and-segment": b"\xff\xff" + segment(0xDB, bytes(65)),
    "restart-markers": b"\xff\xd0\xff\xd7",
    "temporary-marker": b"\xff\x01",
    "huffman-table": segment(0xC4, bytes(20)),
    "extension-jpg": segment(0xC8, bytes(20)),
    "arithmetic-table": segment(0xCC, bytes(2)),
    "empty-comment": segment(0xFE, b""),
    "longest-segment": segment(0xE2, bytes(65_533)),
}


@pytest.mark.parametrize("before", BEFORE_THE_FRAME)
def test_jpeg_size_is_that_of_its_own_frame(before: str) -> None:
    """Whatever segments and markers stand before the frame, the size is that of the frame."""
    assert read_picture(jpeg(640, 480, before=BEFORE_THE_FRAME[before])) == Picture("JPEG", 640, 480)


@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF])
def test_every_kind_of_jpeg_frame_has_a_size(marker: int) -> None:
    """Progressive and all other frames give the size as a baseline frame does."""
    assert read_picture(jpeg(640, 480, marker)) == Picture("JPEG", 640, 480)


@pytest.mark.parametrize(
    "data",
    [
        jpeg(640, 480, before=b"\xff\xd9"), jpeg(640, 480, before=segment(0xDA, bytes(6))),
        jpeg(640, 480, before=b"\xff\xe1\x00\x01"), jpeg(640, 480, before=b"\x00"), jpeg(640, 0), jpeg(0, 480),
        png(0, 480), png(640, 0), png(640, 480).replace(b"IHDR", b"IDAT"), png(640, 480).replace(b"\x0dI", b"\x0eI"),
        webp_extended(640, 480).replace(b"VP8X", b"ICCP"), webp_extended(640, 480).replace(b"WEBP", b"WAVE"),
    ],
    ids=[
        "jpeg-ends", "jpeg-scan-first", "jpeg-segment-too-short", "jpeg-no-marker", "jpeg-height-unknown",
        "jpeg-no-width", "png-no-width", "png-no-height", "png-other-chunk", "png-wrong-length", "webp-other-chunk",
        "riff-of-sound",
    ],
)  # fmt: skip
def test_picture_without_a_size_is_no_picture(data: bytes) -> None:
    """A header that does not lead to a size breaks the rule about formats."""
    assert read_picture(data) is None
    assert _rules(data) == ["image-format"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"GIF89a", "GIF"), (b"BM", "BMP"), (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"%PDF-1.7", "PDF"),
        (b"\0\0\0\x20ftypavif", "HEIF"), (b"\0\0\0\x20ftypheic", "HEIF"),
    ],
)  # fmt: skip
def test_other_formats_are_called_by_their_name(data: bytes, name: str) -> None:
    """Formats that clients send by mistake are refused with their name."""
    violation = load_contract().pictures.judge_bytes(data)[0]
    assert (violation.rule, violation.given) == ("image-format", name)


@pytest.mark.parametrize(("size", "rules"), [(LIMIT - 1, []), (LIMIT, ["image-size"])])
def test_size_limit_holds_to_the_byte(size: int, rules: list[str]) -> None:
    """A data URL with one byte less than 20 MB is accepted and one of 20 MB is not; the bytes are hashed as they are."""
    data = (IMAGES / "good.png").read_bytes().ljust(size, b"\0")
    image, violations = load_contract().pictures.judge_data_url(
        "data:image/png;base64," + base64.b64encode(data).decode()
    )
    assert [violation.rule for violation in violations] == rules
    assert image is not None
    assert (image.size, image.sha256) == (size, hashlib.sha256(data).hexdigest())


def test_too_large_and_no_picture_are_both_told() -> None:
    """Size comes before format when both are wrong."""
    assert _rules(bytes(LIMIT)) == ["image-size", "image-format"]


@pytest.mark.parametrize("name", [p.name for p in gallery.pictures() if p.accepted and p.pad_to == 0])
def test_size_is_what_a_decoder_says(name: str) -> None:
    """Real files have the size that a decoder finds in their pixels."""
    picture = gallery.picture(name)
    assert picture is not None
    with av.open(BytesIO(picture.data()), "r") as container:
        decoded = next(container.decode(video=0))
    found = read_picture(picture.data())
    assert found is not None
    assert (found.width, found.height) == (decoded.width, decoded.height)


@pytest.mark.parametrize("name", gallery.names())
def test_gallery_picture_keeps_or_breaks_its_rule(name: str) -> None:
    """Each picture of the gallery breaks exactly the rule that its list names, or none when it is accepted."""
    picture = gallery.picture(name)
    assert picture is not None
    assert _rules(picture.data()) == ([] if picture.accepted else [picture.rule])


@pytest.mark.parametrize(
    ("width", "height", "form", "text"),
    [
        (400, 1001, "documented", "aspect ratio not between 0.4 and 2.5"),
        (400, 1000, "documented", None),
        (400, 801, "documented", None),
        (400, 801, "observed", "aspect ratio not between 0.5 and 2"),
        (801, 400, "observed", "aspect ratio not between 0.5 and 2"),
        (400, 800, "observed", None),
        (800, 400, "observed", None),
        (301, 1636, "observed", "aspect ratio not between 0.5 and 2"),
    ],
)
def test_ratio_is_judged_in_the_form_that_is_asked_for(width: int, height: int, form: str, text: str | None) -> None:
    """The documented limits, or those that a recorded refusal names; only the words of the latter were seen."""
    violations = load_contract().pictures.judge_bytes(png(width, height), ratio_form=form)
    told = [(each.text, each.wording) for each in violations]
    wording = "observed" if form == "observed" else "assumed"
    assert told == ([(f"invalid params, first_frame_image: {text}", wording)] if text else [])


def test_text_about_formats_lists_them_as_the_other_texts_do() -> None:
    """The allowed values of a text are separated by commas, whoever judges."""
    violation = load_contract().pictures.judge_bytes(b"GIF89a", ("subject_reference", "0", "image", "0"))[0]
    assert violation.text == (
        "invalid params, subject_reference.0.image.0: unsupported image format, supported formats: JPEG, PNG, WebP"
    )
    assert violation.pointer == "/subject_reference/0/image/0"
