"""The rules about pictures that no schema can say: base64, format, size and shape."""

from __future__ import annotations

from typing import Any

from mock_server.contract.decoded_image import DecodedImage, decoded, decoded_base64
from mock_server.contract.validation import Judge
from mock_server.errors import Violation

# Where a picture stands in a body: the names of members and the numbers of items that lead to it.
Path = tuple[str, ...]
FIRST_FRAME: Path = ("first_frame_image",)
# The members of a body that hold pictures, in whichever kind of call.
PICTURE_FIELDS = ("first_frame_image", "last_frame_image", "subject_reference")
# Of base64 that does not decode, so much is given to be cut short.
_SHOWN = 200


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
        start = url.index(",") + 1
        try:
            image = decoded_base64(url, start)
        except ValueError:  # also raised for characters outside ASCII
            given = url[start : start + _SHOWN]
            return None, [self._broken("image-base64", path, given=given, allowed="standard base64 with padding")]
        return image, self.judge(image, path, ratio_form)

    def judge_bytes(self, data: bytes, path: Path = FIRST_FRAME, ratio_form: str = "documented") -> list[Violation]:
        """Every rule that the picture breaks, in the order of the rules."""
        return self.judge(decoded(data), path, ratio_form)

    def judge(self, image: DecodedImage, path: Path, ratio_form: str) -> list[Violation]:
        """Every rule that a decoded picture breaks, in the order of the rules."""
        broken = []
        if image.size >= self._bytes:
            broken.append(self._broken("image-size", path, given=image.size, allowed=f"under {self._bytes} bytes"))
        if image.format not in self._formats:
            given = image.format or f"{image.size} bytes that are no picture"
            return [*broken, self._broken("image-format", path, given=given, allowed=self._formats)]
        width, height = image.width, image.height
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
