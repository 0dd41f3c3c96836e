"""Pictures in data URLs: damaged pictures, tricks of base64, labels that say something else."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from random import Random

from tests.fuzz.material import pictures
from tests.fuzz.mutation import mutated_bytes, mutated_text, odd_text

_LABELS = (
    "data:image/png;base64,", "data:image/jpeg;base64,", "data:image/webp;base64,", "data:image/jpg;base64,", "data:image/gif;base64,",
    "DATA:IMAGE/PNG;BASE64,", "data:image/png;charset=utf-8;base64,", "data:;base64,", "data:image/png,", "data:image/png;base64;base64,",
    "data: image/png;base64,", "data:image/png; base64,", "data:image/png;base64", "data:text/plain;base64,", "data:image/png;a=\"b,c\";base64,",
    "data:image/svg+xml;base64,", "data:,", "data:image/*;base64,", "data:image/png;" + "x=y;" * 400 + "base64,",
)  # fmt: skip


def damaged_picture(rng: Random) -> bytes:
    """A picture of the fixtures, now and then damaged, often where its size stands."""
    picture = rng.choice(pictures())
    chance = rng.random()
    if chance < 0.35:
        return picture
    if chance < 0.6:  # the head, where type and size are told
        head = mutated_bytes(picture[:64], rng)
        return head + picture[64:] if rng.random() < 0.8 else head
    if chance < 0.7 and picture.startswith(b"\x89PNG"):
        width, height = (rng.choice((0, 1, 300, 2**31 - 1, 2**31, 2**32 - 1, rng.randrange(10_000))) for _ in range(2))
        return picture[:16] + struct.pack(">II", width, height) + picture[24:]
    if chance < 0.75:
        return picture[:-2] + b"\xff\xe0\0\0" * rng.randrange(1, 500)  # segments of a JPEG that lead nowhere
    for _ in range(rng.randrange(1, 4)):
        picture = mutated_bytes(picture, rng)
    return picture[:60_000]


# What writers of base64 do and readers of it take, or do not.
_TRICKS: tuple[Callable[[str, Random], str], ...] = (
    lambda text, _: text.rstrip("="),
    lambda text, _: text.replace("+", "-").replace("/", "_"),
    lambda text, _: "\n".join(text[start : start + 76] for start in range(0, min(len(text), 8000), 76)),
    lambda text, _: text.replace("+", "%2B").replace("=", "%3D"),
    lambda text, _: text + "=",
    lambda text, _: text[: len(text) // 2] + "=" + text[len(text) // 2 :],
    lambda text, rng: text[: rng.randrange(len(text) + 1)],
    lambda text, rng: text[:40] + odd_text(rng) + text[40:],
    lambda _, rng: rng.choice(("", "=", "====", "A", "AA", "AAA", "AAAA", "A" * 10_000, "é" * 100, "\0")),
)


def odd_data_url(rng: Random) -> str:
    """A data URL that is right, or nearly."""
    text = base64.b64encode(damaged_picture(rng)).decode()
    if rng.random() < 0.4:
        text = rng.choice(_TRICKS)(text, rng)
    label = rng.choice(_LABELS[:3]) if rng.random() < 0.6 else rng.choice(_LABELS)
    if rng.random() < 0.15:
        label = mutated_text(label, rng)
    return label + text
