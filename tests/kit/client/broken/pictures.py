"""Faults in how a picture of this machine is sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from examples.reference_client import images, order
from examples.reference_client.errors import VideoError
from tests.kit.client.broken.change import around, put
from tests.kit.client.broken.fault import fault


def _encoded(encode: Callable[[bytes], bytes]) -> None:
    """Pictures go out in this encoding."""

    def json_text(right: Any, image: Any) -> list[bytes]:
        if not isinstance(image, Path):
            return list(right(image))
        data = images._read(image)
        return [json.dumps(f"data:image/{images._format(data, image)};base64,{encode(data).decode()}").encode()]

    around(order, "json_text", json_text)


@fault("Labels every picture image/jpeg", "REQ-009 REQ-010")
def labels_all_jpeg() -> None:
    def of_format(right: Any, *given: Any) -> str:
        right(*given)
        return "jpeg"

    around(images, "_format", of_format)


@fault(
    "Breaks the base64 of a picture into lines of 76 characters",
    "REQ-008 REQ-009 REQ-010 REQ-011 REQ-012 REQ-013 REQ-027",
)
def breaks_base64_into_lines() -> None:
    _encoded(base64.encodebytes)


@fault("Writes the picture anew before it is sent, so that other bytes arrive", "REQ-008 REQ-009 REQ-010 REQ-011")
def changes_the_picture() -> None:
    _encoded(lambda data: base64.b64encode(data + b"\n"))


@fault("Orders with a picture of its own when it does not like the one that was given", "REQ-006 REQ-012 REQ-013")
def takes_a_stock_picture() -> None:
    def json_text(right: Any, image: Any) -> list[bytes]:
        try:
            return list(right(image))
        except VideoError:
            return [b'"https://cdn.example.com/stock.jpg"']

    around(order, "json_text", json_text)


@fault("Knows no limit for a picture, and holds it in memory in five forms at once", "REQ-012")
def holds_five_copies() -> None:
    def encode(data: bytes) -> bytes:
        copies = [bytearray(data) for _ in range(4)]
        return base64.b64encode(copies[-1])

    put(images, "LIMIT", 1 << 40)
    _encoded(encode)
