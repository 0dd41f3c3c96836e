"""How the reference client saves a video."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import Any

import pytest

from examples.reference_client import VideoError
from tests.documents import ROOT
from tests.kit.reference.desk import ORDER, Desk, Shelf


def elsewhere(desk: Desk, link: str) -> None:
    """Links lead to another host."""
    desk.change("retrieve", {"/file/download_url": link})


def test_the_link_is_used_as_it_is_and_without_the_key(desk: Desk, shelf: Shelf) -> None:
    """Another host has nothing to do with it."""
    path = "/a%2Fb/x.mp4?Expires=1&Signature=a%2Bb%3D&empty=&%c3%a4"
    elsewhere(desk, shelf.url + path)
    assert desk.generate() == hashlib.sha256(shelf.body).hexdigest()
    ((asked, headers),) = shelf.asked
    assert asked == path
    assert "Authorization" not in headers
    assert desk.key not in str(headers)


@pytest.mark.parametrize("as_text", [True, False])
def test_a_file_id_may_be_a_text_or_a_number(desk: Desk, as_text: bool) -> None:
    """The service writes it in both ways; large ones are exact."""
    number = 9007199254740993
    desk.account.rule(
        {"change": {"/file_id": str(number) if as_text else number}}, {"operation": "query", "status": "Success"}
    )
    error = desk.error()
    assert (error.kind, error.file_id, error.task_id) == ("invalid_params", str(number), desk.tasks[0])
    assert [entry["request"]["query"] for entry in desk.calls("retrieve")] == [{"file_id": str(number)}]


def test_redirects_are_followed_without_the_key(desk: Desk, shelf: Shelf) -> None:
    """To another host."""
    desk.answer("download", "", 302, Location=f"{shelf.url}/cdn?x=%2F")
    assert desk.generate() == hashlib.sha256(shelf.body).hexdigest()
    assert [path for path, _ in shelf.asked] == ["/cdn?x=%2F"]
    assert "Authorization" not in shelf.asked[0][1]


def test_redirects_in_a_circle_end(desk: Desk) -> None:
    """After a few."""
    desk.account.rule({"fault": "redirect"}, {"operation": "download"})
    error = desk.error()
    assert (error.kind, error.task_id) == ("download", desk.tasks[0])
    assert len(desk.calls("download")) == 6


def test_a_link_that_has_expired_is_asked_for_again_once(desk: Desk) -> None:
    """A new one is valid."""
    desk.answer("download", "expired", 403, times=1)
    assert desk.generate()
    assert len(desk.calls("retrieve")) == 2


def test_a_link_that_is_always_refused_ends_in_an_error(desk: Desk) -> None:
    """It says expired, and which file."""
    desk.answer("download", "expired", 403)
    error = desk.error()
    assert (error.kind, error.task_id) == ("download", desk.tasks[0])
    assert error.file_id
    assert "expired" in error.message
    assert len(desk.calls("retrieve")) == 2


@pytest.mark.parametrize(
    ("then", "tries"),
    [
        ({"fault": {"name": "truncate", "bytes": 100}}, 3),
        ({"fault": "reset"}, 3),
        ({"fault": "bad-gateway"}, 3),
        ({"http": {"status": 404, "body": "gone"}}, 1),
        ({"video": {"bytes": 0}}, 1),
        ({"http": {"status": 200, "headers": {"Content-Type": "text/html; charset=utf-8"}, "body": "log in"}}, 1),
        ({"http": {"status": 200, "headers": {"Content-Type": "video/mp4"}, "body": "\n<!DOCTYPE html><p>log in"}}, 1),
        ({"http": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"base_resp": {}}}}, 1),
    ],
    ids=str,
)
def test_what_is_no_whole_video_is_not_saved(desk: Desk, then: dict[str, Any], tries: int) -> None:
    """An older file stays, nothing else is left; what may pass is tried again."""
    desk.path.write_bytes(b"older")
    desk.account.rule(then, {"operation": "download"})
    error = desk.error()
    assert (error.kind, error.task_id, error.ambiguous) == ("download", desk.tasks[0], False)
    assert len(desk.calls("download")) == tries
    assert [(path.name, path.read_bytes()) for path in desk.path.parent.iterdir()] == [("video.mp4", b"older")]


def test_a_cut_download_is_fetched_again(desk: Desk) -> None:
    """And replaces what was there."""
    desk.path.write_bytes(b"older")
    desk.account.rule({"fault": {"name": "truncate", "bytes": 100}}, {"operation": "download"}, times=1)
    digest = desk.generate()
    assert hashlib.sha256(desk.path.read_bytes()).hexdigest() == digest


def test_no_name_from_the_network_becomes_a_path(desk: Desk, shelf: Shelf) -> None:
    """The file has the name that the caller gave."""
    shelf.headers["Content-Disposition"] = 'attachment; filename="../../stolen"'
    elsewhere(desk, f"{shelf.url}/../../other.mp4")
    desk.generate()
    assert list(desk.path.parent.iterdir()) == [desk.path]
    assert list(desk.path.parent.parent.glob("stolen")) == []


def test_the_backup_link_is_used_where_there_is_no_other(desk: Desk, shelf: Shelf) -> None:
    """Some answers have only that one."""
    desk.change("retrieve", {"/file/download_url": "", "/file/backup_download_url": f"{shelf.url}/backup"})
    desk.generate()
    assert [path for path, _ in shelf.asked] == ["/backup"]


@pytest.mark.parametrize(
    "link", ["", None, 5, "www.downloadurl.com", "file:///etc/passwd", "http://[", "http://x:99999/y"]
)
def test_a_link_that_is_none_is_an_error(desk: Desk, link: Any) -> None:
    """Of a kind, with the file."""
    elsewhere(desk, link)
    error = desk.error()
    assert error.kind in {"download", "protocol"}
    assert error.file_id


def test_a_place_that_cannot_be_written_is_an_error(desk: Desk) -> None:
    """The name of a folder, say."""
    desk.path.mkdir()
    error = desk.error()
    assert (error.kind, error.task_id) == ("download", desk.tasks[0])
    assert "cannot be saved" in error.message


def test_a_large_video_is_not_held_in_memory(desk: Desk) -> None:
    """A fresh interpreter saves 40 MB."""
    task_id = desk.client().create(ORDER)
    desk.account.finish(task_id)
    desk.account.rule({"video": {"bytes": 40_000_000}}, {"operation": "download"})
    script = (
        "import resource, sys; from pathlib import Path; from examples.reference_client import *\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "VideoClient(sys.argv[1], sys.argv[2]).finish(sys.argv[3], Path(sys.argv[4]))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", script, desk.account.url, desk.key, task_id, str(desk.path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert desk.path.stat().st_size == 40_000_000
    assert int(done.stdout) < 8_000


def test_a_file_alone(desk: Desk) -> None:
    """By its id, which is known from before."""
    client = desk.client()
    file_id = client.wait(client.create(ORDER))
    video = client.download(file_id, desk.path)
    assert (video.file_id, video.task_id) == (file_id, None)
    with pytest.raises(VideoError) as caught:
        client.download("1234567", desk.path)
    assert (caught.value.kind, caught.value.file_id) == ("invalid_params", "1234567")
