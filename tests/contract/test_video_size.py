"""Which shape a video has that follows a picture."""

from __future__ import annotations

import pytest

from mock_server.contract.video_size import Shape, nearest_shape


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [
        (1920, 1080, "landscape"),
        (750, 301, "landscape"),
        (400, 300, "landscape"),
        (399, 300, "square"),
        (500, 500, "square"),
        (300, 399, "square"),
        (300, 400, "portrait"),
        (301, 750, "portrait"),
        (1080, 1920, "portrait"),
        (40001, 30000, "landscape"),
        (39999, 30000, "square"),
    ],
)
def test_shape_is_that_of_the_nearest_ratio(width: int, height: int, shape: Shape) -> None:
    """The middle between a square and 16:9 is 4:3, and belongs to the oblong side."""
    assert nearest_shape(width, height) == shape


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (400, 300), (399, 300), (500, 500), (641, 480)])
def test_turning_a_picture_turns_its_shape(width: int, height: int) -> None:
    """No direction is preferred."""
    turned: dict[Shape, Shape] = {"landscape": "portrait", "square": "square"}
    assert nearest_shape(height, width) == turned[nearest_shape(width, height)]
