"""Faults in how the text of an answer is read."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from examples.reference_client import answers, api, transport
from examples.reference_client.errors import VideoError
from tests.kit.client.broken.change import around, put
from tests.kit.client.broken.fault import fault

_MEMBERS = {
    "base_resp", "task_id", "status", "file_id", "video_width", "video_height", "file", "bytes", "created_at", "filename",
    "purpose", "download_url", "status_code", "status_msg",
}  # fmt: skip


@fault(
    "Lets what its JSON parser raises through to the caller",
    "AUTH-008 AUTH-009 ERR-107 ERR-108 ERR-109 NET-010 NET-011 NET-012 NET-015 NET-022 NET-025 NET-027",
)
def lets_parser_errors_through() -> None:
    def parsed(_: Any, text: str) -> Any:
        found = json.loads(text, parse_constant=answers._refuse)
        return found if isinstance(found, dict) else {}

    around(answers, "_parsed", parsed)


@fault("Decodes answers strictly, and crashes on bytes that are no UTF-8", "NET-016")
def crashes_on_other_encodings() -> None:
    def parsed(right: Any, text: str) -> Any:
        text.replace("\N{REPLACEMENT CHARACTER}", "\udcff").encode("utf-8")
        return right(text)

    around(answers, "_parsed", parsed)


@fault("Reads the first JSON in an answer, and not what stands behind it", "NET-015")
def ignores_what_follows() -> None:
    def parsed(_: Any, text: str) -> Any:
        try:
            found, _end = json.JSONDecoder(parse_constant=answers._refuse).raw_decode(text.strip())
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    around(answers, "_parsed", parsed)


@fault("Finds the task id in what is no JSON, or not all of it", "NET-012 NET-015")
def finds_ids_in_fragments() -> None:
    def pieces(right: Any, *given: Any) -> Any:
        try:
            yield from right(*given)
        except VideoError as error:
            if error.kind == "timeout":
                raise

    def parsed(right: Any, text: str) -> Any:
        found = right(text)
        if not found and (task := re.search(r'"task_id": ?"(\d+)', text)):
            return {"task_id": task[1], "base_resp": {"status_code": 0}}
        return found

    around(answers, "pieces", pieces)
    around(answers, "_parsed", parsed)


@fault("Puts the whole answer into the error", "NET-012")
def quotes_whole_answers() -> None:
    put(api, "EXCERPT", 1 << 30)


@fault("Reads answers of any size", "NET-021")
def reads_without_bound() -> None:
    put(answers, "LIMIT", 1 << 40)


@fault("Refuses members that it does not know", "NET-023")
def refuses_unknown_members() -> None:
    def parsed(right: Any, text: str) -> Any:
        found = right(text)
        nested = [value for value in found.values() if isinstance(value, dict)]
        unknown = {name for each in (found, *nested) for name in each} - _MEMBERS
        if unknown:
            raise VideoError("protocol", f"unknown members: {', '.join(sorted(unknown))}")
        return found

    around(answers, "_parsed", parsed)


@fault("Offers gzip, as a browser does, and does not decode it", "NET-019")
def does_not_decode() -> None:
    def pieces(_: Any, response: Any, url: str) -> Any:
        with transport._typed(urlsplit(url), ambiguous=True):
            yield from response.stream(65536, decode_content=False)

    around(answers, "pieces", pieces)


@fault("Reads as many bytes as Content-Length says, and none without it", "NET-020 NET-024")
def reads_by_length_alone() -> None:
    def pieces(right: Any, response: Any, url: str) -> Any:
        if response.headers.get("Content-Length") is not None:
            yield from right(response, url)

    around(answers, "pieces", pieces)


@fault("Reads no answer that does not say that it is JSON", "NET-017")
def needs_a_type() -> None:
    def document(right: Any, response: Any, url: str) -> Any:
        if "json" not in response.headers.get("Content-Type", "").lower() and response.status == 200:
            raise VideoError("protocol", "the answer is no JSON", ambiguous=True, retryable=True)
        return right(response, url)

    around(api, "document", document)


@fault("Looks for the headers of an answer letter by letter", "NET-018")
def compares_header_names_by_letter() -> None:
    def document(right: Any, response: Any, url: str) -> Any:
        if "Content-Type" in response.headers and "Content-Type" not in list(response.headers):
            raise VideoError("protocol", "the answer has no type", ambiguous=True, retryable=True)
        return right(response, url)

    around(api, "document", document)
