"""`mock_server.fixtures(…)` as others import it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from typing import Any

import pytest

from mock_server import Fixture, fixtures
from mock_server.resources import folder
from mock_server.settings import MODES

EVIDENCE = {"documented", "observed", "assumed"}
ALL = fixtures()


@pytest.mark.parametrize("fixture", ALL, ids=str)
def test_fixture_says_what_it_is(fixture: Fixture) -> None:
    """A file that is there, a title, and how it is known."""
    assert fixture.path.is_file()
    assert fixture.title
    assert fixture.evidence in EVIDENCE
    assert str(fixture) == fixture.file
    assert fixture.file.split("/")[0] == fixture.kind


def test_every_file_is_one() -> None:
    """Nothing that lies under the four folders is left out, but the lists and descriptions."""
    lying = {
        path for kind in ("requests", "callbacks", "wire", "images") for path in (folder("fixtures") / kind).rglob("*")
    }
    left_out = {path.name for path in lying - {fixture.path for fixture in ALL} if path.is_file()}
    assert left_out <= {"README.md", "gallery.yaml", "callbacks.yaml"}
    assert len({fixture.file for fixture in ALL}) == len(ALL)


def test_choosing() -> None:
    """Each filter leaves out the others; together they leave out more; the kinds without one are left out."""
    refused = fixtures("requests", valid=False, mode="image-to-video")
    assert refused
    assert {(each.kind, each.mode, each.valid, each.code) for each in refused} == {
        ("requests", "image-to-video", False, 2013)
    }
    assert {each.rule for each in fixtures("requests", rule="prompt")} == {"prompt"}
    assert {each.kind for each in fixtures(rule="image-ratio")} == {"requests", "images"}
    assert {each.kind for each in fixtures(valid=True)} == {"requests", "callbacks", "images"}
    assert {each.kind for each in fixtures(mode="image-to-video")} == {"requests"}
    assert fixtures("images", valid=True) + fixtures("images", valid=False) != ()


def test_content() -> None:
    """Bytes as they are, JSON where it is some, and the name without its ending."""
    (body,) = [
        each
        for each in fixtures("requests", mode="image-to-video", valid=True, rule="duration")
        if each.name == "duration__10"
    ]
    assert json.loads(body.data) == body.json()
    assert body.json()["duration"] == 10
    (broken,) = [
        each for each in fixtures("requests", mode="image-to-video", rule="json") if each.name == "json__truncated"
    ]
    with pytest.raises(ValueError, match="Unterminated"):
        broken.json()
    (picture,) = [each for each in fixtures("images") if each.name == "good.webp"]
    assert (picture.media_type, picture.data[8:12]) == ("image/webp", b"WEBP")


def test_text_and_how_it_is_known() -> None:
    """What the mock answers, with the evidence of the very text; callbacks are not answered by the mock."""
    mine = [each for each in ALL if each.mode in (None, "image-to-video")]
    said = {each.name: (each.text, each.text_evidence) for each in mine}
    assert said["resolution-for-model__hailuo-2.3-720p"] == (
        "invalid params, model MiniMax-Hailuo-2.3 does not support resolution 720P, supported resolutions: 768P, 1080P",
        "observed",
    )
    assert said["body__null"] == (None, None)  # the one of the callbacks, which comes later
    assert said["duration__10"] == ("success", "observed")
    assert said["short-edge-300.png"][0] == (
        "invalid params, first_frame_image: The minimum pixel on the short side of the image: 300px"
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "request"}, "kind: 'request' is not one of requests, callbacks, wire, images"),
        ({"kind": ["requests"]}, "kind: ['requests'] is not one of requests, callbacks, wire, images"),
        ({"mode": "i2v"}, f"mode: 'i2v' is not one of {', '.join(dict.fromkeys(each.mode for each in fixtures('requests') if each.mode))}"),
        ({"valid": "no"}, "valid: 'no' is not one of False, True"),
        ({"kind": "wire", "valid": True}, "valid: fixtures of the kind wire have none; those that have one: requests, callbacks, images"),
        ({"kind": "images", "mode": "image-to-video"}, "mode: fixtures of the kind images have none; those that have one: requests"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_told_in_one_line(wrong: dict[str, Any], message: str) -> None:
    """Each names what was given and what is allowed."""
    with pytest.raises(ValueError) as caught:
        fixtures(**wrong)
    assert str(caught.value) == message


def test_an_unknown_rule_is_told_with_those_that_there_are() -> None:
    """In one line too."""
    with pytest.raises(ValueError, match=r"^rule: 'promt' is not one of .*\bprompt\b.*$"):
        fixtures(rule="promt")


def test_values_cannot_be_changed() -> None:
    """What one test does with a fixture is nothing to the next."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        ALL[0].code = 0  # type: ignore[misc]


def test_modes_are_in_the_order_of_the_settings() -> None:
    """Only modes that the mock has, so that `--modes` takes each."""
    assert {each.mode for each in fixtures("requests")} <= set(MODES)


def test_choosing_loads_no_web_framework() -> None:
    """That happens when a text is asked for, and nothing at all with `import mock_server`."""
    code = (
        "import sys, mock_server; print(sorted(name for name in sys.modules if name.startswith('mock_server')));"
        "mock_server.fixtures('requests'); print({'flask', 'cheroot', 'aiohttp'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['mock_server']", "set()"]
