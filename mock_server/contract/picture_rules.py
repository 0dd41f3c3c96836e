"""The rules about first_frame_image that no schema can say: base64, format, size and shape of the picture."""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

from mock_server.contract.image import read_picture
from mock_server.contract.validation import Judge
from mock_server.errors import Violation

FIELD = "first_frame_image"


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """What the journal keeps of a picture instead of its base64: the size and SHA-256 of its bytes."""

    size: int
    sha256: str


class PictureRules:
    """Judges pictures by the limits that the contract document gives under `x-image`."""

    def __init__(self, judge: Judge, limits: dict[str, Any]) -> None:
        self._judge = judge
        self._formats: list[str] = limits["formats"]
        self._edge: int = limits["short-edge-over"]
        self._ratio = [tuple(map(int, ratio.split(":"))) for ratio in limits["ratio"]]
        self._ratio_words = f"{limits['ratio'][0]} to {limits['ratio'][1]}"
        self._bytes: int = limits["bytes-under"]
        self._pixels: int = limits["pixels-at-most"]

    def judge_data_url(self, url: str) -> tuple[DecodedImage | None, list[Violation]]:
        """The decoded picture, if it decodes, and every rule it breaks."""
        payload = url[url.index(",") + 1 :]
        try:
            data = binascii.a2b_base64(payload, strict_mode=True)
        except ValueError as error:  # also raised for characters outside ASCII
            return None, [
                self._broken("image-base64", given=payload, allowed="standard base64 with padding", why=error)
            ]
        return DecodedImage(len(data), hashlib.sha256(data).hexdigest()), self.judge_bytes(data)

    def judge_bytes(self, data: bytes) -> list[Violation]:
        """Every rule that the picture breaks, in the order of the rules."""
        broken = []
        if len(data) >= self._bytes:
            broken.append(self._broken("image-size", given=len(data), allowed=f"under {self._bytes} bytes"))
        picture = read_picture(data)
        if picture is None or picture.format not in self._formats:
            given = picture.format if picture else f"{len(data)} bytes that are no picture"
            return [*broken, self._broken("image-format", given=given, allowed=self._formats)]
        width, height = picture.width, picture.height
        size = f"{width}x{height}"
        if min(width, height) <= self._edge:
            broken.append(self._broken("image-short-edge", given=size, allowed=f"over {self._edge} pixels"))
        (low_width, low_height), (high_width, high_height) = self._ratio
        if width * low_height < height * low_width or width * high_height > height * high_width:
            broken.append(self._broken("image-ratio", given=size, allowed=self._ratio_words))
        if width * height > self._pixels:
            broken.append(self._broken("image-pixels", given=size, allowed=f"at most {self._pixels} pixels"))
        return broken

    def _broken(self, rule: str, *, given: Any, allowed: Any, why: object = None) -> Violation:
        return self._judge.broken(rule, pointer=f"/{FIELD}", given=given, allowed=allowed, why=why)
