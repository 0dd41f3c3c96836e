"""How what the mock sent differs from what a golden exchange says, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from tests.wire.goldens import Golden, at, filled, golden
from tests.wire.stage import Heard, Told

# The exchange of which every header was recorded. What it has, but for what the length of the body and the connection
# decide, belongs to every JSON answer to a call.
HEADERS_OF = "login-fail-headers"
DECIDED_ELSEWHERE = frozenset({"Content-Length", "Connection"})
# What any answer may have beside the recorded headers: those of the HTTP server, of the mock, and of other records.
ALLOWED = frozenset(
    {"Date", "Server", "Content-Length", "Connection", "X-Mock-Request-Id", "X-Mock-Violations",
     "access-control-allow-origin"}
)  # fmt: skip
# Those of the object store that holds the videos; nobody recorded them all.
ALLOWED_OF_FILES = frozenset({"Accept-Ranges", "ETag", "Last-Modified", "Content-Type", "Content-Range", "Content-Disposition",
                              "x-oss-force-download"})  # fmt: skip


def differences(golden: Golden, heard: Heard | Told) -> list[str]:
    """Everything that is not as the golden says; nothing when it holds."""
    expected = golden.expected
    if isinstance(heard, Told):
        found = list(_of_body(expected, heard.message, heard.known))
        return found + list(_of_reply(golden, heard))
    found = [] if heard.status == expected["status"] else [f"status: {heard.status}, not {expected['status']}"]
    found += _of_headers(golden, heard)
    if "text" in expected and heard.content != expected["text"].encode():
        found.append(f"text: {heard.content[:200]!r}, not {expected['text']!r}")
    if "body" in expected:
        found += _of_content(expected, heard)
    return found


def _of_reply(golden: Golden, told: Told) -> Iterator[str]:
    """What the receiver answered; what it takes from the message is compared only if it is there."""
    with suppress(LookupError):
        kept = {name: at(told.message, pointer) for name, pointer in golden.expected.get("keep", {}).items()}
        reply = filled(golden.data["reply"], told.known | kept)
        if told.reply != reply:
            yield f"reply: {told.reply}, not {reply}"


def _of_headers(golden_: Golden, heard: Heard) -> Iterator[str]:
    expected = golden_.expected
    literal: dict[str, str] = expected.get("headers", {})
    patterns: dict[str, str] = expected.get("header_patterns", {})
    recorded = set(literal) | set(patterns)
    call = golden_.data["request"]["path"].startswith("/")
    usual = (_recorded_headers() if call else set()) | (set() if "body" in expected else ALLOWED_OF_FILES)
    if call and "body" in expected and golden_.data["request"]["method"] != "OPTIONS":
        recorded |= usual
    for name in sorted(recorded):
        values = [value for header, value in heard.headers if header == name]
        if len(values) != 1:
            yield f"header {name}: it is there {len(values)} times"
        elif name in literal and values[0] != literal[name]:
            yield f"header {name}: {values[0]!r}, not {literal[name]!r}"
        elif name in patterns and not re.fullmatch(patterns[name], values[0]):
            yield f"header {name}: {values[0]!r} does not match {patterns[name]!r}"
    names = {header for header, _ in heard.headers}
    for name in sorted(names - recorded - usual - ALLOWED):
        yield f"header {name}: the service does not send it"
    unwanted = {name.lower() for name in expected.get("without_headers", ())}
    for name in sorted(name for name in names if name.lower() in unwanted):
        yield f"header {name}: it must not be there"


def _recorded_headers() -> set[str]:
    """The names of the recorded answer, in its spelling."""
    answer = golden(HEADERS_OF).expected
    return (set(answer["headers"]) | set(answer["header_patterns"])) - DECIDED_ELSEWHERE


def _of_content(expected: Mapping[str, Any], heard: Heard) -> Iterator[str]:
    try:
        body = json.loads(heard.content)
    except ValueError:
        yield f"body: no JSON: {heard.content[:200]!r}"
        return
    found = list(_of_body(expected, body, heard.known))
    yield from found
    # What is left are blanks, escapes and keys that come twice.
    compact = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if not found and heard.content != compact:
        yield f"body: {heard.content!r} is not written as {compact!r}"


def _of_body(expected: Mapping[str, Any], body: Any, known: Mapping[str, Any]) -> Iterator[str]:
    yield from _of_value(expected["body"], body, "", expected.get("patterns", {}))
    for pointer, name in expected.get("same", {}).items():
        for place, value in _values(body):
            if place == pointer and as_text(value) != as_text(known[name]):
                yield f"{pointer}: {value!r} is not the kept {name}, {known[name]!r}"


def _of_value(expected: Any, value: Any, pointer: str, patterns: Mapping[str, str]) -> Iterator[str]:
    shown = pointer or "body"
    if type(value) is not type(expected):
        yield f"{shown}: {value!r} is {type(value).__name__}, not {type(expected).__name__}"
    elif isinstance(expected, (dict, list)):
        members, wanted = _members(value), _members(expected)
        if list(members) != list(wanted):
            yield f"{shown}: keys are {list(members)}, not {list(wanted)}"
        for key in [key for key in wanted if key in members]:
            yield from _of_value(wanted[key], members[key], f"{pointer}/{key}", patterns)
    elif pointer in patterns:
        if not re.fullmatch(patterns[pointer], as_text(value)):
            yield f"{shown}: {value!r} does not match {patterns[pointer]!r}"
    elif value != expected:
        yield f"{shown}: {value!r}, not {expected!r}"


def _members(value: Any) -> dict[Any, Any]:
    """What an object or an array holds, by key or number, in order."""
    return value if isinstance(value, dict) else dict(enumerate(value))


def _values(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is neither object nor array, with its JSON Pointer."""
    if isinstance(value, (dict, list)):
        for key, each in _members(value).items():
            yield from _values(each, f"{pointer}/{key}")
    else:
        yield pointer, value


def as_text(value: Any) -> str:
    """The value as patterns see it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
