"""What the mock says to a fixture: it is asked, in this process, so that no text stands in two places."""

from __future__ import annotations

import base64
import functools
import json
from typing import TYPE_CHECKING, Any

from mock_server.contract.contract import CREATE_PATH, load_contract
from mock_server.settings import MODES, Settings
from mock_server.web.app import create_app

if TYPE_CHECKING:
    from mock_server.fixture_files.fixture import Fixture

_HEADERS = {"Authorization": "Bearer fixtures", "Content-Type": "application/json"}


@functools.cache
def answer_to(fixture: Fixture) -> tuple[str, str]:
    """The text of the answer to a request or a picture, and how that text is known."""
    if fixture.valid:
        # Not asked: one that names a callback_url would be challenged there.
        success = load_contract().codes[0]
        return success.text, success.wording
    return _refusal(fixture.mode or MODES[0], fixture.data if fixture.kind == "requests" else _with_picture(fixture))


@functools.cache
def _mock(mode: str) -> Any:
    """A mock of one mode that keeps next to nothing of what it was sent."""
    return create_app(Settings(modes=(mode,), journal_max=1)).test_client()


def _refusal(mode: str, body: bytes) -> tuple[str, str]:
    answer = _mock(mode).post(CREATE_PATH, data=body, headers=_HEADERS)
    violation = json.loads(answer.headers["X-Mock-Violations"])[0]
    return answer.get_json()["base_resp"]["status_msg"], violation["wording"]


def _with_picture(fixture: Fixture) -> bytes:
    link = f"data:{fixture.media_type};base64,{base64.b64encode(fixture.data).decode()}"
    return json.dumps({"model": "MiniMax-Hailuo-2.3", "first_frame_image": link}).encode()
