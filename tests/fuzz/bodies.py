"""Bodies of create and delete, as JSON or as what somebody took for it."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from tests.fuzz.case import Case
from tests.fuzz.data_urls import odd_data_url
from tests.fuzz.headers import some_headers
from tests.fuzz.material import Known, bodies, gallery_names
from tests.fuzz.mutation import as_body, mutated_bytes, mutated_json, mutated_text, odd_text, odd_value

CREATE = "/v1/video_generation"
# Nobody listens on these, or nobody may be called there; nothing else is ever dialled.
_RECEIVERS = (
    "http://127.0.0.1:1/callback", "http://localhost:1", "https://127.0.0.1:1/x?y=z", "http://[::1]:1/", "http://169.254.169.254/latest/",
    "http://user:secret@127.0.0.1:1/", "http://0.0.0.0:1/", "http://198.51.100.7/", "http://callback.invalid/hook", "http://127.0.0.1:99999/",
    "http://127.0.0.1:0/", "http://[::ffff:169.254.169.254]/", "http://xn--.invalid/", "http://é.invalid/ü?ß", "http://127.0.0.1:1\\@evil/", "HTTP://127.0.0.1:1/",
    "http://127.0.0.1:1/" + "a" * 9000, "http://[::1%25lo]:1/", "http://224.0.0.1/", "file:///etc/passwd", "http://", "//127.0.0.1:1/",
)  # fmt: skip


def create_case(rng: Random, _known: Known) -> Case:
    """A create call with a body of the fixtures, mostly with something changed."""
    body = copy.deepcopy(rng.choice(bodies("valid" if rng.random() < 0.8 else "invalid")))
    if isinstance(body, dict):
        _dress(body, rng)
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 3))):
        body = mutated_json(body, rng)
    headers, key = some_headers(rng)
    case = Case("body", "POST", CREATE, headers=headers, body=as_body(body, rng), key=key)
    _framed(case, rng)
    return case


def picture_case(rng: Random, _known: Known) -> Case:
    """A create call with pictures in data URLs."""
    url = odd_data_url(rng)
    body: dict[str, Any] = rng.choice(
        (
            {"model": "MiniMax-Hailuo-2.3", "first_frame_image": url},
            {"model": "MiniMax-Hailuo-02", "first_frame_image": odd_data_url(rng), "last_frame_image": url},
            {"model": "S2V-01", "prompt": "a dog", "subject_reference": [{"type": "character", "image": [url]}]},
        )
    )
    headers, key = some_headers(rng)
    return Case("data URL", "POST", CREATE, headers=headers, body=as_body(body, rng), key=key)


def noise_case(rng: Random, _known: Known) -> Case:
    """A create call whose body is no JSON at all."""
    headers, key = some_headers(rng)
    body = rng.randbytes(rng.choice((1, 3, 20, 300, 5000)))
    if rng.random() < 0.5:
        body = bytes(byte & 0x7F for byte in body)
    case = Case("body", "POST", CREATE, headers=headers, body=body, key=key)
    _framed(case, rng)
    return case


def delete_case(rng: Random, known: Known) -> Case:
    """A delete call, as JSON or as the fields of a form."""
    headers, key = some_headers(rng)
    body: Any = {
        "file_id": known.file(rng),
        "purpose": rng.choice(("video_generation", "retrieval", "fine-tune", None, "")),
    }
    if rng.random() < 0.3:
        body["file_id"] = rng.choice((str(body["file_id"]), float(body["file_id"]), -body["file_id"], odd_value(rng)))
    for _ in range(rng.choice((0, 0, 1, 2))):
        body = mutated_json(body, rng)
    raw = as_body(body, rng)
    if rng.random() < 0.2:
        raw = f"file_id={known.file(rng)}&purpose=video_generation".encode()
        raw = mutated_bytes(raw, rng) if rng.random() < 0.5 else raw
        headers = [each for each in headers if each[0] != "Content-Type"]
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return Case("body", "POST", "/v1/files/delete", headers=headers, body=raw, key=key)


def _dress(body: dict[str, Any], rng: Random) -> None:
    """Gives a body what the fixtures rarely have."""
    chance = rng.random()
    if chance < 0.06:
        body["callback_url"] = (
            mutated_text(rng.choice(_RECEIVERS), rng) if rng.random() < 0.3 else rng.choice(_RECEIVERS)
        )
        if (
            not body["callback_url"].lower().startswith(("http://127.", "http://localhost", "https://127."))
            and "169.254" not in body["callback_url"]
        ):
            body["callback_url"] = body["callback_url"].replace("127.", "169.254.")
    elif chance < 0.12:
        body["prompt"] = (
            f"{odd_text(rng)} mock:{rng.choice(('1026', '1002', 'fail', 'fail:1027', 'fail:', '7', '0', odd_text(rng)))} {odd_text(rng)}"
        )
    elif chance < 0.2:
        name = rng.choice((*gallery_names(), "none.png", "..%2f..%2fetc", odd_text(rng)))
        body["first_frame_image"] = f"http://127.0.0.1:8026/__mock/gallery/{name}"


def _framed(case: Case, rng: Random) -> None:
    """Now and then a body whose declared length is wrong, or that comes in chunks."""
    chance = rng.random()
    if chance < 0.02:
        case.length = rng.choice((0, len(case.body) + 1, max(len(case.body) - 1, 0), 2**40, 10**18))
    elif chance < 0.06:
        case.chunked = True
