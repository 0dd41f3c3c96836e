"""How a round begins: everything is forgotten, then a few tasks, files and links are made that later cases can name."""

from __future__ import annotations

import json

from tests.fuzz.bodies import CREATE
from tests.fuzz.case import Case
from tests.fuzz.material import KEYS, Known
from tests.fuzz.target import Target

_BODY = {"model": "MiniMax-Hailuo-2.3", "first_frame_image": "https://example.com/a.png", "prompt": "a cat"}
_FORM = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nretrieval\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nabc\r\n--b--\r\n'
_SEED = 7
_STEPS = 5
_OWNERS = (0, 0, 1)


def begin_anew(target: Target) -> None:
    """Forgets all accounts, rules and records, and what was logged."""
    target.call(Case("opening", "PUT", "/__mock/seed", body=json.dumps({"seed": _SEED}).encode()))
    target.log.lines.clear()


def opening(index: int, known: Known) -> Case | None:
    """The case of that number, if the opening is so long."""
    round_of, step = divmod(index, _STEPS)
    if round_of >= len(_OWNERS):
        return None
    key = KEYS[_OWNERS[round_of]]
    headers = [("Authorization", f"Bearer {key}")]
    task = known.tasks[-1] if known.tasks else "1"
    match step:
        case 0:
            typed = [*headers, ("Content-Type", "application/json")]
            return Case("opening", "POST", CREATE, headers=typed, body=json.dumps(_BODY).encode(), key=key)
        case 1:
            return Case("opening", "POST", f"/__mock/tasks/{task}/finish", f"account={key}", key=key)
        case 2:
            return Case("opening", "GET", "/v1/query/video_generation", f"task_id={task}", headers, key=key)
        case 3:
            file = known.files[-1] if known.files else 1
            return Case("opening", "GET", "/v1/files/retrieve", f"file_id={file}", headers, key=key)
        case _:
            typed = [*headers, ("Content-Type", "multipart/form-data; boundary=b")]
            return Case("opening", "POST", "/v1/files/upload", headers=typed, body=_FORM, key=key)
