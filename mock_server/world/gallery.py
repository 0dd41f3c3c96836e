"""The gallery: pictures that keep or break one rule each, listed in `fixtures/images/gallery.yaml`."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_server import resources
from mock_server.contract.contract import CONTROL_PREFIX
from mock_server.contract.yaml_file import read_yaml

PATH = f"{CONTROL_PREFIX}gallery/"


@dataclass(frozen=True, slots=True)
class GalleryPicture:
    """One picture: its file, its size once zeros were added behind it, the rule that it is about, and its title."""

    name: str
    path: Path
    pad_to: int
    media_type: str
    rule: str
    accepted: bool
    title: str

    def data(self) -> bytes:
        """The bytes of the picture. A large one is made from a small file, since trailing bytes do no harm."""
        return self.path.read_bytes().ljust(self.pad_to, b"\0")

    def as_dict(self) -> dict[str, Any]:
        """What the list of the gallery says about the picture."""
        return {"name": self.name, "rule": self.rule, "accepted": self.accepted, "title": self.title}


@functools.cache
def _pictures() -> dict[str, GalleryPicture]:
    folder = resources.folder("fixtures") / "images"
    return {
        row["name"]: GalleryPicture(
            name=row["name"], path=folder / row.get("file", row["name"]), pad_to=row.get("pad_to", 0),
            media_type=row["media_type"], rule=row["rule"], accepted=row["accepted"], title=row["title"],
        )
        for row in read_yaml(folder / "gallery.yaml")["pictures"]
    }  # fmt: skip


def picture(name: str) -> GalleryPicture | None:
    """The picture of that name."""
    return _pictures().get(name)


def pictures() -> list[GalleryPicture]:
    """All pictures in the order of their list."""
    return list(_pictures().values())


def names() -> list[str]:
    """The names of all pictures."""
    return list(_pictures())
