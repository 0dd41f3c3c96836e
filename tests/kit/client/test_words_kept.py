"""Words about pictures, files and keys."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from contract_tests.client.pictures import picture
from contract_tests.client.vocabulary import look
from contract_tests.outcome import Seen
from tests.kit.client.observed import KEY, error, exchange, exit_code, observation, success

# Its base64 has + and / and two signs of padding.
_CONTENT = picture("padded")[1]
_ENCODED = base64.b64encode(_CONTENT).decode()


def _with_picture(text: Any) -> Any:
    body = json.dumps({"first_frame_image": text}).encode()
    return observation(success(), exchanges=[exchange("create", body=body)], sent_before={"padded": _CONTENT})


@pytest.mark.parametrize(
    ("text", "argument", "expected"),
    [
        (f"data:image/jpeg;base64,{_ENCODED}", {"type": "image/jpeg", "strict": True, "file": "padded"}, Seen.MET),
        (f"data:image/png;base64,{_ENCODED}", {"type": "image/jpeg"}, Seen.BROKEN),
        (f"data:image/jpeg;base64,{_ENCODED.rstrip('=')}", {"strict": True}, Seen.BROKEN),
        (f"data:image/jpeg;base64,{_ENCODED.replace('+', '-').replace('/', '_')}", {"strict": True}, Seen.BROKEN),
        (f"data:image/jpeg;base64,{base64.encodebytes(_CONTENT).decode()}", {"strict": True}, Seen.BROKEN),
        (f"data:image/jpeg;base64,{_ENCODED[:-4]}", {"file": "padded"}, Seen.BROKEN),
        (f"data:image/jpeg;base64,{_ENCODED[:-3]}", {"file": "padded"}, Seen.BROKEN),
        (_ENCODED, {}, Seen.BROKEN),
        ("/home/user/cat.jpg", {}, Seen.BROKEN),
        (None, {}, Seen.BROKEN),
    ],
)
def test_a_picture_as_a_data_url(text: Any, argument: dict[str, Any], expected: Seen) -> None:
    """Type, alphabet, padding, lines and bytes are all looked at."""
    assert look(_with_picture(text), "image", argument).seen is expected


def test_no_create_has_no_picture() -> None:
    """Without a create nothing was encoded."""
    assert look(observation(error()), "image", {}).seen is Seen.BROKEN


def test_the_pictures_of_the_cases() -> None:
    """Each is what its case needs: odd letters and padding, sizes beyond what programs send unasked and services take."""
    assert _ENCODED.endswith("==")
    assert {"+", "/"} <= {*_ENCODED}
    assert len(picture("large")[1]) > 2**20
    assert len(picture("huge")[1]) > 20 * 2**20
    with pytest.raises(KeyError):
        picture("none")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Seen.MET),
        ({"exchanges": [exchange("query", target=f"/v1/query/video_generation?key={KEY}")]}, Seen.BROKEN),
        ({"exchanges": [exchange("create", body=f'{{"key": "{KEY}"}}'.encode())]}, Seen.BROKEN),
        ({"keys": ["a/b c"], "exchanges": [exchange("query", target="/v1/query?key=a%2Fb%20c")]}, Seen.BROKEN),
    ],
)
def test_the_key_in_requests(changes: dict[str, Any], expected: Seen) -> None:
    """The header is its place; an address or a body is none."""
    assert (
        look(observation(error(), **({"exchanges": [exchange("create")]} | changes)), "hides_key", True).seen
        is expected
    )


@pytest.mark.parametrize(
    "said", [exit_code(1, stderr=f"401 for Bearer {KEY}"), exit_code(1, stdout=KEY), error(message=KEY)]
)
def test_the_key_in_what_is_said(said: Any) -> None:
    """Output and errors do not show it."""
    assert look(observation(said), "hides_key", True).seen is Seen.BROKEN


def test_the_key_in_a_file(tmp_path: Path) -> None:
    """Nor does a log."""
    seen = observation(error(), folder=tmp_path)
    assert look(seen, "hides_key", True).seen is Seen.MET
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "debug.log").write_text(f"key={KEY}")
    assert look(seen, "hides_key", True).seen is Seen.BROKEN


def test_files_under_the_final_name(tmp_path: Path) -> None:
    """None, the whole one and the old one are right; a part is not."""
    (tmp_path / "work").mkdir()
    whole = hashlib.sha256(b"whole").hexdigest()
    seen = observation(error(), folder=tmp_path, video=whole, sent_before={"out_file": b"old"})
    out_file = seen.out_file
    assert look(seen, "no_file", True).seen is Seen.MET
    assert look(seen, "whole_or_none", True).seen is Seen.MET
    for content, expected in ((b"whole", Seen.MET), (b"old", Seen.MET), (b"who", Seen.BROKEN)):
        out_file.write_bytes(content)
        assert look(seen, "whole_or_none", True).seen is expected
    assert look(seen, "no_file", True).seen is Seen.BROKEN


def test_files_outside_of_the_folder(tmp_path: Path) -> None:
    """What the kit laid there and what lies in the working folder is no stray."""
    (tmp_path / "work" / "deep").mkdir(parents=True)
    (tmp_path / "work" / "deep" / "video.part").touch()
    (tmp_path / "cat.jpg").touch()
    seen = observation(success(), folder=tmp_path, sent_before={"cat.jpg": b""})
    assert look(seen, "stays_inside", True).seen is Seen.MET
    (tmp_path / "evil.mp4").touch()
    assert look(seen, "stays_inside", True).seen is Seen.BROKEN
