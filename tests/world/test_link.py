"""Signed links: they lead to a file, hold until they expire, and break when any part is changed."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from mock_server.world.link import Target, link_fault, link_target, signed_link

SECRET = b"secret"
TARGET = Target("0123456789abcdef", 444_795_417_354_723)
MADE, EXPIRES = 1_795_000_000.0, 1_795_032_400.0


def _parts(link: str) -> dict[str, str]:
    split = urlsplit(link)
    query = {name: values[0] for name, values in parse_qs(split.query).items()}
    return {"path": split.path, "expires": query["Expires"], "signature": query["Signature"]}


def _link(secret: bytes = SECRET, target: Target = TARGET, expires_at: float = EXPIRES) -> dict[str, str]:
    return _parts(signed_link(secret, target, made_at=MADE, expires_at=expires_at))


def _fault(parts: dict[str, str], now: float = MADE, secret: bytes = SECRET) -> str | None:
    return link_fault(secret, parts["path"], expires=parts["expires"], signature=parts["signature"], now=now)


def test_link_looks_like_the_recorded_ones() -> None:
    """Day, a UUID and the file name make the path; expiry, key id and signature make the query."""
    link = signed_link(SECRET, TARGET, made_at=MADE, expires_at=EXPIRES)
    path = r"/inference_output/video/2026-11-18/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/output_aigc\.mp4"
    assert re.fullmatch(path + r"\?Expires=1795032400&OSSAccessKeyId=MINIMAXMOCK&Signature=[A-Za-z0-9%]+", link)


@pytest.mark.parametrize("file_id", [0, 1, 444_795_417_354_723, 2**63 - 1])
def test_link_leads_to_its_target(file_id: int) -> None:
    """Account and file are read back from the path."""
    target = Target("fedcba9876543210", file_id)
    assert link_target(_link(target=target)["path"]) == target


@pytest.mark.parametrize(
    "path",
    ["", "/", "/inference_output/video/", _link()["path"] + "x", "/x" + _link()["path"], _link()["path"].upper(),
     _link()["path"].replace("-11-", "-1-"), _link()["path"].replace("output_aigc", "output"),
     _link()["path"] + "\n"],
)  # fmt: skip
def test_other_paths_lead_nowhere(path: str) -> None:
    """A path that no link has leads to no target."""
    assert link_target(path) is None


@pytest.mark.parametrize(
    ("now", "fault"),
    [(MADE, None), (EXPIRES - 0.001, None), (EXPIRES, "expired"), (EXPIRES + 1e6, "expired"), (0.0, None)],
)
def test_link_holds_until_the_moment_it_expires(now: float, fault: str | None) -> None:
    """A link is valid up to its expiry and no longer from that second on."""
    assert _fault(_link(), now) == fault


def test_expiry_is_a_whole_second() -> None:
    """A fraction of a second is cut off, as in the recorded links."""
    parts = _link(expires_at=EXPIRES + 0.9)
    assert parts["expires"] == "1795032400"
    assert _fault(parts, EXPIRES) == "expired"


@pytest.mark.parametrize("position", range(len(_link()["path"])))
def test_any_change_of_the_path_breaks_the_signature(position: int) -> None:
    """No character of the path can be changed: not the day, the account or the file."""
    parts = _link()
    path = parts["path"]
    other = "1" if path[position] == "0" else "0"
    assert _fault(parts | {"path": path[:position] + other + path[position + 1 :]}) == "signature"


@pytest.mark.parametrize(
    "expires", ["1795032401", "9999999999", "01795032400", "1795032400.0", " 1795032400", "", "x", "١٧٩٥٠٣٢٤٠٠"]
)
def test_any_change_of_the_expiry_breaks_the_signature(expires: str) -> None:
    """A link cannot be made to hold longer, nor its expiry be written in another way."""
    assert _fault(_link() | {"expires": expires}) == "signature"


@pytest.mark.parametrize("position", range(32))
def test_any_change_of_the_signature_breaks_it(position: int) -> None:
    """No byte of the signature can be changed."""
    parts = _link()
    raw = bytearray(base64.b64decode(parts["signature"]))
    raw[position] ^= 1
    assert _fault(parts | {"signature": base64.b64encode(raw).decode()}) == "signature"


@pytest.mark.parametrize("signature", ["", "=", "AAAA", "not base64", "é" * 44, "\ud800", _link()["signature"][:-1]])
def test_signature_that_is_none_never_raises(signature: str) -> None:
    """A signature that is empty, short, or no base64 is a wrong one."""
    assert _fault(_link() | {"signature": signature}) == "signature"


def test_link_of_another_server_or_file_is_refused() -> None:
    """A link that another secret signed does not hold here, nor does the signature of another file."""
    assert _fault(_link(), secret=b"other") == "signature"
    other = _link(target=Target(TARGET.handle, TARGET.file_id + 1))
    assert _fault(_link() | {"signature": other["signature"]}) == "signature"


def test_altered_link_that_has_expired_is_called_altered() -> None:
    """The signature is judged first, so an expiry that nobody signed is never believed."""
    assert _fault(_link() | {"expires": "1"}, EXPIRES) == "signature"
