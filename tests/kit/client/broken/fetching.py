"""Faults in how the file is fetched, and in what is left on the disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from examples.reference_client import api, client, download, transport
from examples.reference_client.api import Api
from examples.reference_client.client import VideoClient
from examples.reference_client.errors import VideoError
from tests.kit.client.broken.change import around, change_error, put
from tests.kit.client.broken.fault import ALL_BUT, fault


@fault("Writes under the final name while the download is under way", "DL-005 DL-008 DL-014")
def writes_under_the_final_name() -> None:
    def save(_: Any, transport: Any, link: str, path: Path, deadline: Any) -> str:
        try:
            with download._opened(transport, link, deadline, 5) as (response, address), path.open("wb") as file:
                return download._copy(response, address, file)
        except VideoError as error:
            error.kind = "timeout" if error.kind == "timeout" else "download"
            raise

    around(client, "save", save)


@fault("Takes what arrived for the whole file", "DL-005 DL-014")
def takes_half_a_file() -> None:
    def pieces(right: Any, *given: Any) -> Any:
        try:
            yield from right(*given)
        except VideoError as error:
            if error.kind == "timeout":
                raise

    put(transport, "PIECE", 1000)
    around(download, "pieces", pieces)


@fault("Saves a page as a video", "DL-008")
def saves_pages() -> None:
    put(download, "PAGES", ())
    put(download, "PAGE_STARTS", ())


@fault(
    "Makes https of every link",
    ALL_BUT,
    "AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-012 CB-002 CB-006 COST-002 COST-003 DL-008 DL-011 DL-012",
    "ERR-002 ERR-003 ERR-005 ERR-006 ERR-007 ERR-008 ERR-009 ERR-010 ERR-011 ERR-012 ERR-013 ERR-014",
    "ERR-015 ERR-016 ERR-018 ERR-019 NET-003 NET-004 NET-005 NET-007 NET-011 NET-012 NET-027 NET-028",
    "POLL-006 POLL-007 POLL-009 POLL-010 POLL-011 POLL-012 POLL-015 POLL-017 POLL-022",
)
def makes_https_of_links() -> None:
    def save(right: Any, transport: Any, link: str, *given: Any) -> Any:
        return right(transport, link.replace("http://", "https://"), *given)

    around(client, "save", save)


@fault("Decodes a link and encodes it anew", "DL-003")
def encodes_links_anew() -> None:
    def save(right: Any, transport: Any, link: str, *given: Any) -> Any:
        return right(transport, quote(unquote(link), safe=":/?&="), *given)

    around(client, "save", save)


@fault("Follows no redirect of a link", "DL-013")
def follows_no_redirect() -> None:
    put(download, "MOST_REDIRECTS", 0)


@fault("Keeps the file under the name that the server proposes as well", "DL-009")
def takes_the_name_of_the_server() -> None:
    def copy(right: Any, response: Any, address: str, file: Any) -> Any:
        digest = right(response, address, file)
        if proposed := re.search('filename="([^"]+)"', response.headers.get("Content-Disposition", "")):
            named = Path(file.name).parent / proposed[1]
            named.parent.mkdir(parents=True, exist_ok=True)
            named.write_bytes(Path(file.name).read_bytes())
        return digest

    around(download, "_copy", copy)


@fault("Notes what it saved in a file named after the task", "DL-010")
def names_a_file_after_the_task() -> None:
    def finish(right: Any, own: VideoClient, task_id: str, path: Path, *given: Any) -> Any:
        video = right(own, task_id, path, *given)
        note = path.parent / f"{task_id}.txt"
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(video.sha256)
        return video

    around(VideoClient, "_finish", finish)


@fault("Takes the whole file into memory", "DL-007")
def holds_the_whole_file() -> None:
    def pieces(right: Any, *given: Any) -> Any:
        yield b"".join(right(*given))

    around(download, "pieces", pieces)


@fault("Knows a file id as a text alone, and crashes on a number", "DL-002")
def knows_ids_as_texts() -> None:
    def identifier(right: Any, value: Any) -> Any:
        return right(value if value is None else value[:])

    around(api, "identifier", identifier)


@fault("Says that the file could not be had, and not which one", "DL-011")
def forgets_the_file() -> None:
    def change(error: VideoError) -> None:
        error.file_id = None

    change_error(VideoClient, "_download", change)


@fault("Crashes when there is no link", "DL-012")
def crashes_without_a_link() -> None:
    def call(right: Any, own: Api, method: str, target: str, *given: Any) -> Any:
        found = right(own, method, target, *given)
        if "/files/" in target:
            found["file"]["download_url"].strip()
        return found

    around(Api, "_call", call)


@fault("Reports HTTP 403 of a link that has expired, and asks for no other", "DL-006")
def keeps_an_expired_link() -> None:
    def save(right: Any, *given: Any) -> Any:
        try:
            return right(*given)
        except download.LinkExpired:
            raise VideoError("download", "the link answers HTTP 403") from None

    around(client, "save", save)


@fault("Fetches the file twice, once to learn its size", "CB-004 CB-005 CB-008 NET-023 POLL-019")
def fetches_twice() -> None:
    def save(right: Any, *given: Any) -> Any:
        right(*given)
        return right(*given)

    around(client, "save", save)
