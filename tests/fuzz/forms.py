"""Uploads: multipart forms, whole and broken."""

from __future__ import annotations

from random import Random
from urllib.parse import quote

from tests.fuzz.case import Case
from tests.fuzz.data_urls import damaged_picture
from tests.fuzz.headers import some_headers
from tests.fuzz.material import Known
from tests.fuzz.mutation import mutated_bytes, mutated_text, odd_text

_NAMES = (
    "a.png",
    "../../etc/passwd",
    "C:\\x\\y.mp4",
    "",
    ".",
    "..",
    "é.png",
    'a"b.png',
    "x" * 5000,
    "%2e%2e%2f",
    "a\0b",
    "con",
    "\u202egnp.exe",
)
_PURPOSES = ("retrieval", "fine-tune", "video_generation", "video_input", "", "t2a_async_input", "x" * 300)
_CONTENTS = (b"", b"a", b"\0\0\0\x18ftypmp42", b"ID3", b"RIFF\0\0\0\0WAVE", b"x" * 20_000)


def upload_case(rng: Random, _known: Known) -> Case:
    """An upload."""
    headers, key = some_headers(rng, json=False)
    boundary = (
        rng.choice(("x", "----WebKitFormBoundaryabc", "a b", "'(),./:=?", "y" * 200))
        if rng.random() < 0.2
        else "boundary-7"
    )
    raw = _multipart(boundary, rng)
    if rng.random() < 0.35:
        raw = mutated_bytes(raw, rng)
    label = f'multipart/form-data; boundary="{boundary}"'
    if rng.random() < 0.15:
        label = mutated_text(label, rng)
    if rng.random() < 0.05:
        raw, label = (
            quote(odd_text(rng), errors="replace").encode() + b"=1&purpose=retrieval",
            "application/x-www-form-urlencoded",
        )
    headers = [each for each in headers if each[0] != "Content-Type"] + [("Content-Type", label)]
    return Case("form", "POST", "/v1/files/upload", headers=headers, body=raw, chunked=rng.random() < 0.05, key=key)


def _multipart(boundary: str, rng: Random) -> bytes:
    parts = [_field("purpose", rng), _file("file", rng)]
    names = ("purpose", "file", "", "a b", "file_id", odd_text(rng))
    parts += [rng.choice((_field, _file))(rng.choice(names), rng) for _ in range(rng.choice((0, 0, 0, 1, 3, 30)))]
    rng.shuffle(parts)
    if rng.random() < 0.1:
        parts = parts[:1]
    start = b"--" + boundary.encode()
    end = b"\r\n" + start + rng.choice((b"--\r\n", b"--\r\n", b"--\r\n", b"--", b"", b"\r\n", b"--\r\nmore"))
    return start + b"\r\n" + (b"\r\n" + start + b"\r\n").join(parts) + end


def _field(name: str, rng: Random) -> bytes:
    value = rng.choice(_PURPOSES) if rng.random() < 0.85 else odd_text(rng)
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode("utf-8", "surrogatepass")


def _file(name: str, rng: Random) -> bytes:
    given = rng.choice(_NAMES)
    content = damaged_picture(rng) if rng.random() < 0.5 else rng.choice(_CONTENTS)
    disposition = rng.choice(
        (f'filename="{given}"', f"filename*=UTF-8''{quote(given)}", f"filename={given}", f"filename*=x'{given}")
    )
    more = rng.choice(
        (
            "",
            "Content-Type: image/png\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "X: " + "y" * 9000 + "\r\n",
            ": \r\n",
        )
    )
    return (
        f'Content-Disposition: form-data; name="{name}"; {disposition}\r\n{more}\r\n'.encode("utf-8", "surrogatepass")
        + content
    )
