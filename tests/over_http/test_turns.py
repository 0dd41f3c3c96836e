"""Large bodies are worked on one after another; small calls never wait for them."""

from __future__ import annotations

import base64
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from contract_tests.api import MINIMAL, Api, Reply
from mock_server.operations.turns import LARGE, turn
from tests.contract.pictures import png
from tests.over_http.uploading import upload

PICTURE = "data:image/png;base64," + base64.b64encode(png(640, 480) + bytes(LARGE)).decode()


def test_a_large_body_waits_for_its_turn_and_a_small_one_does_not(api: Api) -> None:
    """While somebody works on a large body, another large create and a large upload wait, and everybody else is answered."""
    with ThreadPoolExecutor(2) as pool:
        with turn(LARGE):
            create: Future[Reply] = pool.submit(api.create, MINIMAL | {"first_frame_image": PICTURE})
            large: Future[Reply] = pool.submit(upload, api, bytes(LARGE))
            answered = [api.create(MINIMAL).code, api.query("1").code, upload(api).code]
            ended, _ = wait([create, large], timeout=0.5)
            assert not ended
        codes = [create.result().code, large.result().code]
    assert (answered[0], answered[2], codes) == (0, 0, [0, 0])


def test_a_turn_ends_with_an_error() -> None:
    """Nobody waits for somebody who failed."""
    with pytest.raises(ZeroDivisionError), turn(LARGE):
        _ = 1 // 0
    with turn(LARGE), turn(LARGE - 1):
        pass
