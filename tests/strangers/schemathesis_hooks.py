"""Strategies of ours for what a generator cannot invent: pictures that decode and receivers that answer.

Loaded by schemathesis through SCHEMATHESIS_HOOKS, and imported by the test of deliberate breakages.
"""

from __future__ import annotations

import base64
import os
import re
from typing import Any

import schemathesis

from mock_server.contract.contract import load_contract
from mock_server.resources import folder

RECEIVER_VARIABLE = "MINIMAX_TEST_RECEIVER"
_PROPERTIES = load_contract().document.resolve("/components/schemas/VideoGenerationReq/properties")
PICTURES = [
    f"data:image/{kind};base64,{base64.b64encode((folder('fixtures') / 'images' / f'good.{kind}').read_bytes()).decode()}"
    for kind in ("png", "jpg", "webp")
]


def made_real(body: Any) -> Any:
    """The body with values that mean something where they are valid by the schema; invalid ones stay as they are."""
    if not isinstance(body, dict):
        return body
    body = dict(body)
    url, duration = (body.get(name) for name in ("callback_url", "duration"))
    for name in ("first_frame_image", "last_frame_image"):
        if name in body:
            body[name] = _picture(body[name])
    if isinstance(subjects := body.get("subject_reference"), list):
        body["subject_reference"] = [_subject(each) for each in subjects]
    if _fits(url, "callback_url"):
        body["callback_url"] = os.environ[RECEIVER_VARIABLE]
    if isinstance(duration, float) and duration.is_integer():
        # JSON Schema takes 6.0 for an integer; the service does not, so it stays out of valid data.
        body["duration"] = int(duration)
    return body


def _subject(subject: Any) -> Any:
    if not isinstance(subject, dict) or not isinstance(subject.get("image"), list):
        return subject
    return subject | {"image": [_picture(each) for each in subject["image"]]}


def _picture(image: Any) -> Any:
    """A picture that decodes in the place of a data URL; anything else stays."""
    if _fits(image, "first_frame_image") and image[:5].lower() == "data:":
        return PICTURES[len(image) % len(PICTURES)]
    return image


def _fits(value: Any, field: str) -> bool:
    return isinstance(value, str) and re.search(_PROPERTIES[field]["pattern"], value) is not None


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
    """Applied to everything that is generated, valid and invalid, in every phase."""
    assert context is not None
    case.body = made_real(case.body)
    return case
