"""What the mock says to a fixture: it is asked, in this process, so that no text stands in two places."""

from __future__ import annotations

import base64
import functools
import json
from typing import Any

from mock_server.contract.contract import CREATE_PATH, load_contract
from mock_server.settings import Settings
from mock_server.web.app import create_app

_HEADERS = {"Authorization": "Bearer fixtures", "Content-Type": "application/json"}


def success() -> tuple[str, str]:
    """The text of the answer to what breaks no rule, and how that text is known."""
    code = load_contract().codes[0]
    return code.text, code.wording


@functools.cache
def refusal(mode: str, body: bytes) -> tuple[str, str]:
    """The text of the answer to a create call that breaks a rule, and how that text is known."""
    answer = _mock(mode).post(CREATE_PATH, data=body, headers=_HEADERS)
    violation = json.loads(answer.headers["X-Mock-Violations"])[0]
    return answer.get_json()["base_resp"]["status_msg"], violation["wording"]


@functools.cache
def _mock(mode: str) -> Any:
    """A mock of one mode that keeps next to nothing of what it was sent."""
    return create_app(Settings(modes=(mode,), journal_max=1)).test_client()


def with_picture(media_type: str, picture: bytes) -> bytes:
    """The body of a call that has nothing wrong but, perhaps, its picture."""
    link = f"data:{media_type};base64,{base64.b64encode(picture).decode()}"
    return json.dumps({"model": "MiniMax-Hailuo-2.3", "first_frame_image": link}).encode()
