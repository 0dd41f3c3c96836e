"""Scenarios about retrieve, download, and the form of every answer."""

from __future__ import annotations

import gzip
import json
from typing import Any
from xml.etree import ElementTree

from contract_tests.api import CREATE, MINIMAL, Reply
from tests.over_http.scenarios.stage import Stage


def is_video(reply: Reply) -> bool:
    """Whether a download is a whole MP4 file."""
    return reply.status == 200 and reply.content[4:8] == b"ftyp" and reply.headers["Content-Type"] == "video/mp4"


def every_answer(stage: Stage) -> list[Reply]:
    """The answers of create, query and retrieve, on the way to a video."""
    created = stage.create()
    stage.advance(2)
    asked = stage.api.query(_document(created)["task_id"])
    return [created, asked, stage.api.retrieve(_document(asked)["file_id"])]


def _document(reply: Reply) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(reply.content.decode("utf-8-sig"))
    return document


def test_file_id_as_text(stage: Stage) -> None:
    """Retrieve gives the same digits as a text, and the link leads to the video."""
    file_id = stage.finished()["file_id"]
    file = stage.api.retrieve(file_id).json["file"]
    assert file["file_id"] == file_id
    assert is_video(stage.download(file["download_url"]))


def test_retrieve_fails_once(stage: Stage) -> None:
    """The first retrieve has 1013 and no file, the second the file."""
    file_id = stage.finished()["file_id"]
    first = stage.api.retrieve(file_id)
    assert (first.status, first.code, first.json["file"]) == (200, 1013, None)
    assert stage.api.retrieve(file_id).json["file"]["file_id"] == int(file_id)


def test_backup_url_only(stage: Stage) -> None:
    """There is no download_url, and the backup's host does not exist."""
    file = stage.api.retrieve(stage.finished()["file_id"]).json["file"]
    assert "download_url" not in file
    assert file["backup_download_url"].startswith("https://backup-video.invalid/")


def test_link_without_scheme(stage: Stage) -> None:
    """The link is a host and a path."""
    reply = stage.api.retrieve(stage.finished()["file_id"])
    assert (reply.code, reply.json["file"]["download_url"]) == (0, "www.downloadurl.invalid/output_aigc.mp4")


def test_expired_link(stage: Stage) -> None:
    """The first download is 403 with the store's XML, the next one is the video."""
    link = stage.link()
    reply = stage.download(link)
    assert (reply.status, reply.headers["Content-Type"]) == (403, "application/xml")
    error = ElementTree.fromstring(reply.content)
    assert (error.findtext("Code"), error.findtext("Message")) == ("AccessDenied", "Request has expired.")
    assert is_video(stage.download(link))


def test_empty_video(stage: Stage) -> None:
    """The download is HTTP 200 with the type of a video and nothing in it."""
    reply = stage.download(stage.link())
    assert (reply.status, reply.headers["Content-Type"], reply.headers["Content-Length"]) == (200, "video/mp4", "0")
    assert reply.content == b""


def test_html_instead_of_video(stage: Stage) -> None:
    """The download is HTTP 200 with a page."""
    reply = stage.download(stage.link())
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert reply.content.startswith(b"<!DOCTYPE html>")


def test_redirect_download(stage: Stage) -> None:
    """The first download is sent to the very same link, which then is the video."""
    link = stage.link()
    reply = stage.download(link)
    assert reply.status == 302
    assert stage.api.url + reply.headers["Location"] == link
    assert is_video(stage.download(stage.api.url + reply.headers["Location"]))


def test_file_name_with_path(stage: Stage) -> None:
    """Retrieve and download both have a name that leads out of the folder; the video is whole."""
    file = stage.api.retrieve(stage.finished()["file_id"]).json["file"]
    assert file["filename"] == "../../../outside.mp4"
    reply = stage.download(file["download_url"])
    assert reply.headers["Content-Disposition"] == 'attachment; filename="../../../outside.mp4"'
    assert is_video(reply)


def test_byte_order_mark(stage: Stage) -> None:
    """Every answer is JSON behind the three bytes."""
    for reply in every_answer(stage):
        assert reply.content.startswith(b'\xef\xbb\xbf{"')
        assert reply.headers["Content-Length"] == str(len(reply.content))


def test_gzip_answers(stage: Stage) -> None:
    """Compressed for a client that offers to decode it, plain for one that does not."""
    body = json.dumps(MINIMAL).encode()
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
    with stage.connect() as client:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        key = f"Authorization: Bearer {stage.api.key}\r\n"
        client.send(f"POST {CREATE} HTTP/1.0\r\n{lines}{key}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        head, _, content = client.rest()[0].partition(b"\r\n\r\n")
    assert b"\r\nContent-Encoding: gzip\r\n" in head
    assert json.loads(gzip.decompress(content))["base_resp"]["status_code"] == 0
    reply = stage.create()
    assert "Content-Encoding" not in reply.headers
    assert reply.code == 0


def test_extra_fields(stage: Stage) -> None:
    """Every answer has them, at every level, beside what it should have."""
    created, asked, file = (reply.json for reply in every_answer(stage))
    for body in (created, asked, file):
        assert body["extra"] == {"list": [1, None, "x"], "deep": {"er": True}}
        assert body["base_resp"] == {"status_code": 0, "status_msg": "success", "hint": "none"}
    assert (created["progress"], asked["progress"]) == (12.5, 12.5)
    assert file["file"]["checksum"] == {"algorithm": "none", "value": None}
    assert is_video(stage.download(file["file"]["download_url"]))


def test_text_plain_answers(stage: Stage) -> None:
    """Every answer is the usual JSON under another type; the video is what it is."""
    replies = every_answer(stage)
    assert [(reply.headers["Content-Type"], reply.code) for reply in replies] == [("text/plain", 0)] * 3
    assert is_video(stage.download(replies[2].json["file"]["download_url"]))
