"""Uploads in forms that are made to keep a parser busy."""

from __future__ import annotations

import time

import pytest

from tests.bombs.child import DEADLINE, MB, Child
from tests.over_http.uploading import UPLOAD

SIZE = 8 * MB
PART = b'--cut\r\nContent-Disposition: form-data; name="%s"\r\n\r\nx\r\n'
FILE = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
MULTIPART = "multipart/form-data; boundary=cut"
FORMS = {
    "100,000 parts": (b"".join(PART % str(number).encode() for number in range(100_000)) + b"--cut--", MULTIPART),
    "100,000 files": (FILE * 100_000 + b"\r\n--cut--", MULTIPART),
    "a header of 8 MB": (b"--cut\r\nX-A: " + b"a" * SIZE + b"\r\n\r\nx\r\n--cut--", MULTIPART),
    "headers without end": (b"--cut\r\n" + b"X-A: b\r\n" * (SIZE // 8), MULTIPART),
    "a name of 8 MB": (PART % (b"n" * SIZE) + b"--cut--", MULTIPART),
    "a field of 8 MB": (PART[:-3] % b"purpose" + b"x" * SIZE + b"\r\n--cut--", MULTIPART),
    "parameters without end": (b"--cut\r\nContent-Disposition: form-data" + b"; a=b" * (SIZE // 5) + b"\r\n\r\nx\r\n--cut--", MULTIPART),
    "an open quote": (b'--cut\r\nContent-Disposition: form-data; name="' + b'\\"' * (SIZE // 2) + b"\r\n\r\nx\r\n--cut--", MULTIPART),
    "no boundary in the header": (FILE + b"x\r\n--cut--", "multipart/form-data"),
    "an empty boundary": (b"--\r\n" * (SIZE // 4), "multipart/form-data; boundary="),
    "a boundary of 8 kB": (FILE + b"x\r\n--cut--", "multipart/form-data; boundary=" + "b" * 8000),
    "a boundary that never comes": (b"x" * SIZE, MULTIPART),
    "boundaries that nearly are one": (FILE + b"\r\n--cu" * (SIZE // 6), MULTIPART),
    "line breaks": (FILE + b"\r\n" * (SIZE // 2), MULTIPART),
    "carriage returns": (FILE + b"\r" * SIZE, MULTIPART),
    "hyphens": (b"--" * (SIZE // 2), "multipart/form-data; boundary=-"),
    "a part that is cut off": (FILE + b"x" * SIZE, MULTIPART),
    "url-encoded members": (b"a=b&" * (SIZE // 4), "application/x-www-form-urlencoded"),
    "url-encoded signs": (b"%" * SIZE, "application/x-www-form-urlencoded"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", FORMS)
def test_a_form_that_is_none(child: Child, bomb: str) -> None:
    """It is refused soon, and takes a few times its own size at most."""
    body, content_type = FORMS[bomb]
    replies = []
    begin = time.monotonic()
    growth = child.growth(
        lambda: replies.append(child.api.send("POST", UPLOAD, headers={"Content-Type": content_type}, body=body))
    )
    assert time.monotonic() - begin < DEADLINE
    assert (replies[0].status, replies[0].code) == (200, 2013)
    assert growth < 6 * len(body) + 32 * MB
