"""Uploads: what is taken, what is refused, and how much of it is kept."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from urllib3 import encode_multipart_formdata
from werkzeug.http import parse_options_header

from contract_tests.api import Reply, png
from mock_server import MockServer, Settings
from mock_server.contract.contract import load_contract
from tests.over_http.controlling import User, at_once
from tests.over_http.uploading import DELETE, LIST, TEXT, UPLOAD, content, delete, listed, send, upload, uploaded

REFUSED = {"file": None, "base_resp": {"status_code": 2013, "status_msg": "invalid params"}}
FORM = "multipart/form-data; boundary=cut"
PART = b'--cut\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
FILE = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
SMALL = 100_000


@pytest.fixture(scope="module")
def small() -> Iterator[MockServer]:
    """A mock with little memory for files."""
    with MockServer(Settings(port=0, seed=7, upload_bytes=SMALL, max_body=2 * SMALL)) as server:
        yield server


@pytest.fixture
def user(mock: MockServer) -> User:
    """A fresh account with its clock."""
    return User(mock)


def rule_broken(user: User, reply: Reply) -> Any:
    """The one violation in the journal."""
    (violation,) = user.entry(reply)["violations"]
    return violation


@pytest.mark.parametrize("purpose", load_contract().files.upload_purposes("observed"))
def test_every_purpose_is_taken(user: User, purpose: str) -> None:
    """The documented ones, and the one that was observed."""
    reply = upload(user.api, png(400, 400), "a.png", purpose)
    assert (reply.status, reply.code, reply.json["file"]["purpose"]) == (200, 0, purpose)


@pytest.mark.parametrize("purpose", ["", "Retrieval", "video_generation", "x" * 5000, "\r\nfile"])
def test_another_purpose_is_refused(user: User, purpose: str) -> None:
    """In words that are not known of this call, with the list of what is allowed beside."""
    reply = upload(user.api, purpose=purpose)
    assert (reply.status, reply.json, list(reply.json)) == (200, REFUSED, list(REFUSED))
    violation = rule_broken(user, reply)
    assert (violation["rule"], violation["wording"]) == ("purpose", "assumed")
    assert violation["allowed"] == load_contract().files.upload_purposes("observed")


@pytest.mark.parametrize(
    "parts",
    [
        {"purpose": "retrieval"},
        {"purpose": "retrieval", "file": "a text field"},
        {"purpose": "retrieval", "file": ("", TEXT)},
        {"purpose": "retrieval", "files": ("a.txt", TEXT)},
        {"purpose": "retrieval", "File": ("a.txt", TEXT)},
    ],
)
def test_a_missing_file_is_refused(user: User, parts: Any) -> None:
    """Also where it is a field, has no name, or stands under another name."""
    reply = send(user.api, parts)
    assert (reply.status, reply.json) == (200, REFUSED)
    assert rule_broken(user, reply)["pointer"] == "/file"


def test_a_missing_purpose_is_refused(user: User) -> None:
    """And so is one that comes as a file."""
    for parts in ({"file": ("a.txt", TEXT)}, {"file": ("a.txt", TEXT), "purpose": ("p.txt", b"retrieval")}):
        assert send(user.api, parts).json == REFUSED


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"", FORM, "cannot be parsed"),
        (b"{}", "application/json", "the Content-Type is 'application/json'"),
        (TEXT, "", "the Content-Type is missing"),
        (TEXT, "multipart/form-data", "boundary"),
        (TEXT, "multipart/form-data; boundary=\u00fc", "cannot be parsed"),
        (TEXT, FORM, "cannot be parsed"),
        (PART % (b"purpose", b"retrieval") + FILE + TEXT, FORM, "cannot be parsed"),
        (PART % (b"purpose", b"retrieval") + b"--cut\r\nContent-Disposition", FORM, "cannot be parsed"),
        (b"\r\n" * 50_000, FORM, "cannot be parsed"),
        (b"--cut\r\n" + b"X: y\r\n" * 60_000, FORM, "too large"),
        (PART % (b"purpose", b"x" * 300_000) + b"--cut--\r\n", FORM, "too large"),
        ((PART % (b"a", b"b")) * 21 + b"--cut--\r\n", FORM, "more than 20 parts"),
        (b"a=" + b"x" * 300_000, "application/x-www-form-urlencoded", "too large"),
    ],
)
def test_a_body_that_is_no_form_is_refused(user: User, body: bytes, content_type: str, words: str) -> None:
    """With the reason in the hint, and nothing of the body in the journal but size and SHA-256."""
    headers = {"Content-Type": content_type} if content_type else {}
    reply = user.api.send("POST", UPLOAD, headers=headers, body=body)
    assert (reply.status, reply.json) == (200, REFUSED)
    violation = rule_broken(user, reply)
    assert violation["rule"] == "upload-form"
    assert words in violation["hint"]
    kept = user.entry(reply)["request"].get("raw", {})
    assert kept == ({"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()} if body else {})


def test_an_empty_file_is_refused(user: User) -> None:
    """In HTTP 200; with the purpose of video generation in HTTP 400, as documented for bad files."""
    assert upload(user.api, b"").json == REFUSED
    reply = upload(user.api, b"", purpose="video_generation_input")
    assert (reply.status, reply.json) == (400, REFUSED)
    assert rule_broken(user, reply)["rule"] == "upload-empty"


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (png(16, 16), True), (b"\x00\x00\x00\x18ftypmp42" + bytes(9), True), (b"RIFF\x24\0\0\0WAVEfmt ", True),
        (b"ID3\x04", True), (b"\x1a\x45\xdf\xa3", True), (TEXT, False), (b"GIF89a" + bytes(9), False), (b"%PDF-1.7", False),
        (b"RIFF\x24\0\0\0", False),
    ],
)  # fmt: skip
def test_what_a_video_can_be_made_from(user: User, data: bytes, good: bool) -> None:
    """Pictures, videos and sounds, whatever they are called; the rest is HTTP 400."""
    reply = upload(user.api, data, "a.txt", "video_generation_input")
    assert (reply.status, reply.code) == ((200, 0) if good else (400, 2013))
    if not good:
        assert rule_broken(user, reply)["rule"] == "video-input"
    assert upload(user.api, data, "a.txt", "retrieval").status == 200


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\\\Users\\\\cat.png", "cat.png"), ("/", "file"), ("..", "file"), (" ", "file"),
        ("a/..", "file"), ("a\x00b.txt", "ab.txt"), ("Katze ü 猫.png", "Katze ü 猫.png"), ("x" * 300, "x" * 255),
        ("semi;colon=1.txt", "semi;colon=1.txt"), ('quo"te.txt', 'quo"te.txt'), ("%2e%2e%2fx", "%2e%2e%2fx"),
    ],
)  # fmt: skip
def test_names_are_only_names(user: User, name: str, kept: str) -> None:
    """What a path begins with is dropped; the rest goes out as a name that no header and no link breaks on."""
    file = upload(user.api, name=name).json["file"]
    assert file["filename"] == kept
    shown = user.api.retrieve(str(file["file_id"])).json["file"]
    assert shown["filename"] == kept
    link = user.api.send("GET", shown["download_url"])
    assert (link.status, link.content) == (200, TEXT)
    reply = content(user.api, file["file_id"])
    assert (reply.status, reply.content) == (200, TEXT)
    disposition = reply.headers["Content-Disposition"]
    assert disposition == link.headers["Content-Disposition"]
    assert disposition.isascii()
    assert parse_options_header(disposition) == ("attachment", {"filename": kept})


def test_the_first_of_several_parts_counts(user: User) -> None:
    """As it does for most servers."""
    parts = [("purpose", "retrieval"), ("purpose", "nonsense"), ("file", ("a.txt", b"a")), ("file", ("b.txt", b"bb"))]
    file = send(user.api, parts).json["file"]
    assert (file["filename"], file["bytes"], file["purpose"]) == ("a.txt", 1, "retrieval")


def test_any_bytes_arrive_as_they_are(user: User) -> None:
    """Also line ends, something like a boundary, and a body without a Content-Length."""
    data = b"\r\n--cut\r\n--\0\xff\xfe\r\n" * 50 + bytes(range(256)) * 300
    assert content(user.api, uploaded(user.api, data)).content == data
    body, content_type = encode_multipart_formdata({"purpose": "retrieval", "file": ("a", data)})
    pool = user.api._pool
    headers = {"Authorization": f"Bearer {user.key}", "Content-Type": content_type}
    reply = pool.request("POST", f"{user.api.url}{UPLOAD}", headers=headers, body=iter([body[:5000], body[5000:]]))
    assert content(user.api, json.loads(reply.data)["file"]["file_id"]).content == data


def test_the_journal_shows_fields_size_and_hash(user: User) -> None:
    """And of the file's content nothing, however short it is; fields can be verified."""
    reply = upload(user.api, TEXT, "../a.txt")
    entry = user.entry(reply)
    assert (entry["operation"], entry["code"]) == ("upload", 0)
    assert entry["request"]["body"] == {
        "purpose": "retrieval",
        "file": {"filename": "../a.txt", "bytes": len(TEXT), "sha256": hashlib.sha256(TEXT).hexdigest()},
    }
    assert TEXT.decode() not in json.dumps(entry)
    match = {"operation": "upload", "body": {"/purpose": "retrieval", "/file/bytes": len(TEXT)}}
    assert user.control("POST", "requests/verify", {"match": match, "times": 1}).status == 200
    reply = delete(user.api, {"file_id": reply.json["file"]["file_id"]})
    assert user.entry(reply)["request"]["body"] == {"file_id": reply.json["file_id"]}


def test_the_journal_keeps_the_beginning_of_a_long_list(user: User) -> None:
    """The client gets all of them."""
    for number in range(120):
        uploaded(user.api, name=f"{number}.txt")
    reply = user.api.send("GET", LIST)
    assert [each["filename"] for each in reply.json["files"]] == [f"{number}.txt" for number in range(120)]
    kept = user.entry(reply)["answer"]["files"]
    assert (len(kept), kept[-1]) == (101, "… 20 more")


def test_one_file_may_fill_the_memory_but_not_more(small: MockServer) -> None:
    """At the bound it is taken and everything else goes; one byte more is 2013; over --max-body it is 413."""
    user = User(small)
    first = uploaded(user.api)
    last = uploaded(user.api, b"x" * SMALL)
    assert [each["file_id"] for each in listed(user.api)] == [last]
    assert content(user.api, first).code == 2013
    reply = upload(user.api, b"x" * (SMALL + 1))
    assert (reply.status, reply.json) == (200, REFUSED)
    assert rule_broken(user, reply)["rule"] == "upload-bytes"
    assert [each["file_id"] for each in listed(user.api)] == [last]
    reply = upload(user.api, b"x" * 2 * SMALL)
    assert (reply.status, reply.code, reply.json["file"]) == (413, 2013, None)


@pytest.mark.parametrize(("method", "path"), [("POST", UPLOAD), ("POST", DELETE)])
def test_a_huge_body_is_not_read(small: MockServer, method: str, path: str) -> None:
    """413 at once, also for one whose length is not told."""
    user = User(small)
    headers = {"Authorization": f"Bearer {user.key}", "Content-Type": FORM}
    for body in (b"x" * 3 * SMALL, iter([b"x" * SMALL] * 4)):
        reply = user.api._pool.request(method, f"{user.api.url}{path}", headers=headers, body=body)
        assert reply.status == 413
        assert json.loads(reply.data)["base_resp"]["status_code"] == 2013


def test_many_uploads_at_once_stay_within_the_bound(small: MockServer) -> None:
    """Every answer is a success, no number is given twice, and the newest files are there."""
    users = [User(small) for _ in range(8)]
    taken: list[int] = []

    def work(user: User) -> Callable[[], None]:
        def run() -> None:
            for _ in range(12):
                data = secrets.token_bytes(4000)
                file_id = uploaded(user.api, data)
                taken.append(file_id)
                again = content(user.api, file_id)
                assert again.content == data or again.code == 2013

        return run

    at_once(work(user) for user in users)
    assert len(taken) == 96
    kept = [each["file_id"] for user in users for each in listed(user.api)]
    assert len(kept) == len(set(kept)) == SMALL // 4000
    assert small.service.uploads.kept_bytes <= SMALL


def test_two_deletes_at_once_delete_once(user: User) -> None:
    """One of them finds the file, the others find none."""
    file_id = uploaded(user.api)
    codes: list[int] = []
    at_once([lambda: codes.append(delete(user.api, {"file_id": file_id}).code)] * 6)
    assert sorted(codes) == [0, *[2013] * 5]
