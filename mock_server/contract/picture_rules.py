"""The rules about pictures that no schema can say: base64, format, size and shape."""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

from mock_server.contract.image import read_picture
from mock_server.contract.validation import Judge
from mock_server.errors import Violation

# Where a picture stands in a body: the names of members and the numbers of items that lead to it.
Path = tuple[str, ...]
FIRST_FRAME: Path = ("first_frame_image",)
# The members of a body that hold pictures, in whichever kind of call.
PICTURE_FIELDS = ("first_frame_image", "last_frame_image", "subject_reference")


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """What is kept of a picture instead of its bytes: their number and SHA-256, and width and height if it has them."""

    size: int
    sha256: str
    width: int = 0
    height: int = 0


def decoded(data: bytes) -> DecodedImage:
    """What is kept of a picture."""
    picture = read_picture(data)
    width, height = (picture.width, picture.height) if picture else (0, 0)
    return DecodedImage(len(data), hashlib.sha256(data).hexdigest(), width, height)


class PictureRules:
    """Judges pictures by the limits that the contract document gives under `x-image`."""

    def __init__(self, judge: Judge, limits: dict[str, Any]) -> None:
        self._judge = judge
        self._formats: list[str] = limits["formats"]
        self._edge: int = limits["short-edge-over"]
        self._ratios = {"documented": _Ratios(*limits["ratio"]), "observed": _Ratios(*limits["ratio-observed"])}
        self._bytes: int = limits["bytes-under"]
        self._pixels: int = limits["pixels-at-most"]

    def judge_data_url(
        self, url: str, path: Path = FIRST_FRAME, ratio_form: str = "documented"
    ) -> tuple[DecodedImage | None, list[Violation]]:
        """The decoded picture, if it decodes, and every rule it breaks; `path` is where it stands in the body."""
        payload = url[url.index(",") + 1 :]
        try:
            data = binascii.a2b_base64(payload, strict_mode=True)
        except ValueError as error:  # also raised for characters outside ASCII
            return None, [
                self._broken("image-base64", path, given=payload, allowed="standard base64 with padding", why=error)
            ]
        return decoded(data), self.judge_bytes(data, path, ratio_form)

    def judge_bytes(self, data: bytes, path: Path = FIRST_FRAME, ratio_form: str = "documented") -> list[Violation]:
        """Every rule that the picture breaks, in the order of the rules."""
        broken = []
        if len(data) >= self._bytes:
            broken.append(self._broken("image-size", path, given=len(data), allowed=f"under {self._bytes} bytes"))
        picture = read_picture(data)
        if picture is None or picture.format not in self._formats:
            given = picture.format if picture else f"{len(data)} bytes that are no picture"
            return [*broken, self._broken("image-format", path, given=given, allowed=self._formats)]
        width, height = picture.width, picture.height
        size = f"{width}x{height}"
        if min(width, height) <= self._edge:
            broken.append(self._broken("image-short-edge", path, given=size, allowed=f"over {self._edge} pixels"))
        ratios = self._ratios[ratio_form]
        if not ratios.hold(width, height):
            broken.append(
                self._broken(
                    "image-ratio", path, ratio_form, given=size, allowed=f"{ratios.narrowest} to {ratios.widest}",
                    low=f"{ratios.low:g}", high=f"{ratios.high:g}",
                )
            )  # fmt: skip
        if width * height > self._pixels:
            broken.append(self._broken("image-pixels", path, given=size, allowed=f"at most {self._pixels} pixels"))
        return broken

    def _broken(self, rule: str, path: Path, keyword: str = "", **facts: Any) -> Violation:
        return self._judge.broken(rule, keyword, pointer="/" + "/".join(path), field=".".join(path), **facts)


class _Ratios:
    """The ratios of width to height from one to another, each written as `2:5`."""

    def __init__(self, narrowest: str, widest: str) -> None:
        self.narrowest, self.widest = narrowest, widest
        self._narrowest, self._widest = _two_numbers(narrowest), _two_numbers(widest)
        self.low = self._narrowest[0] / self._narrowest[1]
        self.high = self._widest[0] / self._widest[1]

    def hold(self, width: int, height: int) -> bool:
        """Whether the ratio is one of them, reckoned in whole numbers."""
        (low_width, low_height), (high_width, high_height) = self._narrowest, self._widest
        return width * low_height >= height * low_width and width * high_height <= height * high_width


def _two_numbers(ratio: str) -> tuple[int, int]:
    width, height = map(int, ratio.split(":"))
    return width, height
