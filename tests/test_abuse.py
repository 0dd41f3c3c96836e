"""Input that was made to hurt: bounded in time, never a fault of the mock."""

from __future__ import annotations

import json
import time

import pytest

from contract_tests.api import CREATE, MINIMAL, Api, data_url, png
from mock_server import MockServer, Settings, create_app
from mock_server.contract.image import read_picture
from tests.world.test_forcing import forced

BUDGET = 2.0


@pytest.mark.parametrize("filler", [b"\xff" * 19_000_000, b"\xff\xd0" * 9_500_000], ids=["fill bytes", "restarts"])
def test_endless_jpeg_header_takes_no_time(filler: bytes) -> None:
    """Nineteen megabytes of empty markers are no picture, and that is soon clear."""
    begin = time.process_time()
    assert read_picture(b"\xff\xd8\xff" + filler) is None
    assert time.process_time() - begin < BUDGET


def test_many_duplicate_keys_take_no_time() -> None:
    """A flat object of 90,000 keys, many close to known ones, one of them twice, is parsed in linear time and noted."""
    app = create_app(Settings(seed=1))
    body = json.dumps(MINIMAL | {f"prompt_optimize{number}": 1 for number in range(90_000)}).encode()
    body = body[:-1] + b', "prompt_optimize7": 2, "model": "I2V-01"}'
    begin = time.process_time()
    reply = app.test_client().post(
        CREATE, data=body, headers={"Authorization": "Bearer k-1", "Content-Type": "application/json"}
    )
    assert reply.get_json()["base_resp"]["status_code"] == 0
    assert time.process_time() - begin < BUDGET


@pytest.mark.parametrize(
    "value", ["barcode=1002", 'foo="code=1002"', 'code="1002', "code", "respond-async, wait=1002", "code=01002"]
)
def test_prefer_is_read_as_a_preference(value: str) -> None:
    """Only the preference named code counts, and only with a whole number."""
    assert forced(header=value).code is None


@pytest.mark.parametrize("value", ["code=1002", 'code="1002"', "wait=5, code=1002", "Code=1002; x=y"])
def test_prefer_in_its_forms(value: str) -> None:
    """Quoted, among others, with parameters."""
    assert forced(header=value).code == 1002


def test_a_token_between_chinese_characters_counts() -> None:
    """There are no blanks around words there."""
    assert forced(prompt="一只猫mock:1026在跑").code == 1026


def test_forgotten_account_does_not_repeat_request_ids() -> None:
    """With room for one account only, the journal still keeps every call apart."""
    with MockServer(Settings(port=0, max_accounts=1, seed=1)) as mock:
        ids = [Api(mock.url, key).query("1").headers["X-Mock-Request-Id"] for key in ("a", "b", "a", "b")]
        assert len(set(ids)) == 4
        assert Api(mock.url, None).send("GET", "/__mock/requests").json["total"] == 4


def test_odd_image_strings_are_refused_or_taken_without_a_fault() -> None:
    """Whatever stands in first_frame_image, the answer is 0 or 2013."""
    with MockServer(Settings(port=0)) as mock:
        api = Api(mock.url, "k-1")
        good = data_url(png(400, 400))
        for image, code in {
            good.replace("image/png", "IMAGE/PNG").replace("base64,", "BASE64,"): 0,
            good.replace("image/png", "image/png;name=a.png"): 0,
            good.replace(";base64", ""): 2013,
            "data:image/png;base64,": 2013,
            "data:image/png;base64,é": 2013,
            "http://[::1": 2013,
            "http://[::1]/cat.png": 0,
            "http://": 2013,
            f"{mock.url}/__mock/gallery/": 2013,
            f"{mock.url}/__mock/gallery/..%2Fgallery.yaml": 2013,
        }.items():
            assert api.create(MINIMAL | {"first_frame_image": image}).code == code, image[:80]
