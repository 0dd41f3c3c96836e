"""What a large picture takes while it is on its way through the mock."""

from __future__ import annotations

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract_tests.api import CREATE, MINIMAL
from tests.bombs.child import JSON, MB, Child
from tests.contract.pictures import png


def create(size: int, prompt: str) -> bytes:
    """A create with a picture of so many bytes; the prompt is written as it is."""
    picture = base64.b64encode(png(640, 480) + os.urandom(size)).decode()
    document = MINIMAL | {"prompt": prompt, "first_frame_image": f"data:image/png;base64,{picture}"}
    return json.dumps(document, ensure_ascii=False).encode()


@pytest.mark.parametrize("prompt", ["A cat.", "一只猫。", "🐈"])
def test_a_picture_takes_at_most_four_times_its_body(child: Child, prompt: str) -> None:
    """Also beside a prompt whose characters take two or four bytes each in Python."""
    body = create(19_000_000, prompt)
    child.create(body)
    assert child.create(body, most=4 * len(body)).code == 0


def test_pictures_that_come_together_take_turns(child: Child) -> None:
    """Six at once take a copy each, and one of them what work on it takes."""
    body = create(14 * MB, "A cat.")
    codes: list[int] = []

    def post_all() -> None:
        with ThreadPoolExecutor(6) as pool:
            replies = pool.map(lambda _: child.api.send("POST", CREATE, headers=JSON, body=body), range(6))
            codes.extend(reply.code for reply in replies)

    assert child.growth(post_all) < 10 * len(body)
    assert codes == [0] * 6
