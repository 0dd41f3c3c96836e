"""How large a delivered video is: the size of its resolution, turned or squared as its shape wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Shape = Literal["landscape", "portrait", "square"]
SHAPES: tuple[Shape, ...] = get_args(Shape)


@dataclass(frozen=True, slots=True)
class VideoSize:
    """Width and height of a delivered video in pixels."""

    width: int
    height: int

    def shaped(self, shape: Shape) -> VideoSize:
        """The size in another shape: this one is landscape, portrait turns it, a square keeps its height."""
        if shape == "landscape":
            return self
        return VideoSize(self.height, self.width if shape == "portrait" else self.height)


def nearest_shape(width: int, height: int) -> Shape:
    """Which of 16:9, 9:16 and 1:1 the ratio of a picture is nearest to.

    Ratios are compared as factors, so that turning a picture turns its shape. The middle between 1:1 and 16:9 is then
    4:3, and counts as landscape; 3:4 counts as portrait.
    """
    if width * 3 >= height * 4:
        return "landscape"
    return "portrait" if height * 3 >= width * 4 else "square"
