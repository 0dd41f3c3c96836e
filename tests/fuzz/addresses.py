"""Calls without a body: query strings, paths, methods, download links."""

from __future__ import annotations

from random import Random
from urllib.parse import quote

from tests.fuzz.case import Case
from tests.fuzz.headers import some_headers
from tests.fuzz.material import KEYS, Known
from tests.fuzz.mutation import mutated_text, odd_text

_PATHS = (
    "/v1/video_generation", "/v1/query/video_generation", "/v1/files/retrieve", "/v1/files/retrieve_content", "/v1/files/list",
    "/v1/files/upload", "/v1/files/delete", "/__mock/health", "/__mock/requests", "/__mock/gallery/good.png", "/", "/v1", "/v1/",
    "/__mock/accounts/somebody", "/favicon.ico", "/v1/files/12/content", "/inference_output/video/", "/uploaded_files/x",
)  # fmt: skip
_METHODS = (
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "X",
    "M-SEARCH",
)
_TRICKS = (
    "%2F",
    "%2f..%2f",
    "/../",
    "/./",
    "//",
    "%00",
    "%0d%0a",
    "%ff",
    "%",
    "%u0041",
    ";a=b",
    "%E8%A6%96",
    "\\",
    "%5c",
    "?",
    "%3F",
    "#",
    "%25",
    "+",
    "é",
    "a" * 3000,
)
# A parameter is sent as it is where it holds nothing but these.
_SAFE = "%/?:@!$'()*,;="


def query_case(rng: Random, known: Known) -> Case:
    """A call that names a task or a file in its query string."""
    path, name, value = rng.choice(
        (
            ("/v1/query/video_generation", "task_id", known.task(rng)),
            ("/v1/files/retrieve", "file_id", str(known.file(rng))),
            ("/v1/files/retrieve_content", "file_id", str(known.file(rng))),
            ("/v1/files/list", "purpose", rng.choice(("video_generation", "retrieval", ""))),
        )
    )
    if rng.random() < 0.4:
        value = rng.choice(
            (
                mutated_text(value, rng),
                odd_text(rng),
                f"0{value}",
                f"+{value}",
                f"{value}.0",
                f" {value}",
                "9" * 19,
                "9" * 400,
                "٣" * 15,
                "-1",
                "1_0",
            )
        )
    query = f"{name}={quote(value, safe=_SAFE, errors='replace')}"
    chance = rng.random()
    if chance < 0.1:
        query = mutated_text(query, rng)
    elif chance < 0.3:
        more = rng.choice(
            (
                query,
                "GroupId=1",
                "__code=1002",
                "__code=",
                f"__code={quote(odd_text(rng), errors='replace')}",
                "a=b",
                "&&==",
                f"api_key={KEYS[3]}",
                f"{name}[]=1",
                "x=" * 500,
            )
        )
        query = rng.choice((f"{query}&{more}", f"{more}&{query}"))
    headers, key = some_headers(rng, json=False)
    return Case("query", "GET" if rng.random() < 0.97 else "HEAD", path, _plain(query), headers, key=key)


def path_case(rng: Random, _known: Known) -> Case:
    """A path that somebody typed wrongly, or wrote so that something else is reached."""
    path = rng.choice(_PATHS)
    for _ in range(rng.choice((0, 1, 1, 2))):
        place = rng.randrange(len(path) + 1)
        path = path[:place] + rng.choice(_TRICKS) + path[place:] if rng.random() < 0.6 else mutated_text(path, rng)
    path = _plain(path if path.startswith("/") else f"/{path}").replace("?", "%3F").replace("#", "%23")
    headers, key = some_headers(rng)
    method = rng.choice(_METHODS)
    return Case("path", method, path[:9000], "", headers, body=b"{}" if method == "POST" else b"", key=key)


def link_case(rng: Random, known: Known) -> Case:
    """A download link, whole or altered, with whatever part of the file is asked for."""
    link = (
        rng.choice(known.links)
        if known.links
        else "/inference_output/video/2026-11-18/0-0-0-0-0/output_aigc.mp4?Expires=1&Signature=x"
    )
    path, _, query = link.partition("?")
    chance = rng.random()
    if chance < 0.15:
        path = mutated_text(path, rng)
    elif chance < 0.3:
        query = mutated_text(query, rng)
    elif chance < 0.4:
        members = dict(each.partition("=")[::2] for each in query.split("&"))
        name = rng.choice(list(members))
        members[name] = rng.choice(
            ("", "9" * 30, "-1", "0", "1e9", "٣", "AAAA", "====", quote(odd_text(rng), errors="replace"))
        )
        query = "&".join(f"{each}={value}" for each, value in members.items())
    headers, key = some_headers(rng, json=False)
    path = _plain(path if path.startswith("/") else f"/{path}").replace("?", "%3F")
    return Case(
        "link", rng.choice(("GET", "GET", "GET", "HEAD", "POST", "DELETE")), path, _plain(query), headers, key=key
    )


def header_case(rng: Random, known: Known) -> Case:
    """A call that nothing is wrong with but its headers."""
    case = query_case(rng, known) if rng.random() < 0.7 else link_case(rng, known)
    case.family = "headers"
    for _ in range(rng.randrange(1, 5)):
        more, key = some_headers(rng, json=False)
        case.headers = [*case.headers, *(each for each in more if each[0] != "Authorization")]
        case.key = case.key or key
    return case


def _plain(text: str) -> str:
    """An address in Latin-1, as bytes of UTF-8 that nobody encoded, without what ends a line."""
    raw = text.encode("utf-8", "replace").decode("latin-1")
    return "".join(each if each > " " and each != "\x7f" else f"%{ord(each):02X}" for each in raw)
