"""Takes out of results what nobody else may read: keys, signatures, long base64, and where things lie on the machine."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from contract_tests.hidden_keys import masked, spellings
from contract_tests.report.plain import DEPTH_LIMIT, cut, plain, whole_characters

_SECRET_MEMBERS = {"apikey", "minimaxapikey", "xapikey", "authorization", "accesstoken", "password", "secret"}
_SECRET_HEADERS = {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-auth-token", "cookie", "set-cookie"}  # fmt: skip
_LONGEST_WHOLE_BASE64 = 64
_DATA_URL = re.compile(
    r"(data:[\w.+/-]{0,100}+(?:;[\w=.+-]{1,100}+)*?;base64,)"
    r"((?:[A-Za-z0-9+/_=-]++|\\[rn/]|%[0-9A-Fa-f]{2}|[\r\n]+(?=[A-Za-z0-9+/]{40}))++)"
)
_LONG_BASE64 = re.compile(r"(?<![\w+/…-])([A-Za-z0-9+/_-]{24})([A-Za-z0-9+/_-]{200,}={0,2})")
_BEARER = re.compile(
    r"(?i)(\bBearer(?:\s|\+|%20)+)(?!(?:authentication|scheme|token|key|header)\b|\w+=\"|[…<{])([^\s\"'<>,;\\]+)"
)
_JWT = re.compile(r"\beyJ[\w-]{10,}\.[\w-]{4,}\.[\w-]*")
_VENDOR_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{16,}")
_NAMED_KEY = re.compile(r"(?i)((?:\b|_)api[_-]?key(?:\\?[\"'])?\s*[:=]\s*(?:\\?[\"'])?)(?![…<{])([^\s\"',;&}\\]+)")
_SIGNED = re.compile(
    r"(?i)((?:[?&;]|\\u0026|%26|%3F)"
    r"(?:[\w.-]*(?:signature|credential|security-token|accesskeyid|access_token|api_?key)|sig|sign|token|key|auth|secret|password)"
    r"=)(?!…)([^&\s\"'<>#\\]+)"
)
_BEFORE = r"(?<![\w.~>-])"
_PART = r"[^/\\\s\"':;,<>]+"
_ENDS = r"[\s\"':;,)\]}<>]|$"
_ANY_HOME = re.compile(rf"{_BEFORE}(?:/home/|/Users/|[A-Za-z]:\\{{1,2}}Users\\{{1,2}}){_PART}")
_SHORTEST_PATH = 4


def redacted(
    results: Mapping[str, Any], secrets: Sequence[str] = (), *, home: str | None = None, temporary: str | None = None
) -> dict[str, Any]:
    """The results as JSON data in which no secret is left; a second pass changes nothing.

    `secrets` are keys that have to go wherever and however they are spelt (plain, percent-encoded, base64, escaped); those that stand
    in `api_key` members of the calls are found without being named. `home` and `temporary` are the folders of this machine
    that are shortened; by default those of this process. Texts are cut to a length that pages can show.
    """
    keys = [whole_characters(key) for key in (*secrets, *_members(results, "api_key"))]
    folders = _folders(_members(results, "workdir"), home or str(Path.home()), temporary or tempfile.gettempdir())
    return dict(_Redaction(keys, whole_characters("\0".join(dict.fromkeys(_texts(results, 0)))), folders).of(results))


def _members(value: Any, name: str, depth: int = 0) -> Iterator[str]:
    """The texts of every member with that name, at any depth that is kept."""
    if depth > DEPTH_LIMIT:
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key == name and isinstance(each, str):
                yield each
            yield from _members(each, name, depth + 1)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _members(each, name, depth + 1)


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth <= DEPTH_LIMIT and isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from _texts(each, depth + 1)
    elif depth <= DEPTH_LIMIT and isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each, depth + 1)


def _folders(workdirs: Iterable[str], home: str, temporary: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of folders, the most special first, and what stands for each."""
    named = [(rf"{_path(path)}(?=[/\\]|{_ENDS})", "<workdir>", path) for path in set(workdirs)]
    # What a temporary folder is called inside tells names of people and of runs; only the last part says anything.
    inside = rf"(?:[/\\]+{_PART})*[/\\]+(?={_PART})"
    machine = [
        (rf"{_path(home)}(?=[/\\]|{_ENDS})", "~", home),
        (rf"{_path(temporary)}(?:{inside}|[/\\]*(?={_ENDS}))", "<temp>/", temporary),
    ]
    ordered = [each for group in (named, machine) for each in sorted(group, key=lambda each: (-len(each[2]), each[2]))]
    usable = [each for each in ordered if len(each[2].rstrip("/\\")) >= _SHORTEST_PATH and not each[2].startswith("<")]
    return [*((re.compile(_BEFORE + pattern), stands_for) for pattern, stands_for, _ in usable), (_ANY_HOME, "~")]


def _path(path: str) -> str:
    """The pattern of a path whose separators may stand doubled, as JSON writes those of Windows."""
    return re.escape(path.rstrip("/\\")).replace(r"\\", r"\\{1,2}")


class _Redaction:
    """One pass. Equal texts, of which headers have many, are worked on once."""

    def __init__(self, secrets: Sequence[str], texts: str, folders: list[tuple[re.Pattern[str], str]]) -> None:
        spelt = {spelling: mask for secret in secrets for spelling, mask in spellings(secret) if spelling in texts}
        self._keys = sorted(spelt.items(), key=lambda pair: (-len(pair[0]), pair[0]))
        self._folders = folders
        self._done: dict[str, str] = {}

    def of(self, results: Mapping[str, Any]) -> Any:
        return plain(_without_members(results, 0), self.text)

    def text(self, text: str) -> str:
        if text not in self._done:
            self._done[text] = self._redacted(text)
        return self._done[text]

    def _redacted(self, text: str) -> str:
        text = whole_characters(text)
        for spelling, mask in self._keys:
            text = text.replace(spelling, mask)
        text = _DATA_URL.sub(_without_payload, text)
        text = _LONG_BASE64.sub(lambda match: f"{match[1]}… ({len(match[0]):,} characters)", text)
        for pattern in (_BEARER, _NAMED_KEY, _SIGNED):
            text = pattern.sub(lambda match: match[1] + masked(match[2]), text)
        for pattern in (_JWT, _VENDOR_KEY):
            text = pattern.sub(lambda match: masked(match[0]), text)
        for pattern, stands_for in self._folders:
            text = pattern.sub(stands_for, text)
        return cut(text)


def _without_payload(match: re.Match[str]) -> str:
    long = len(match[2]) > _LONGEST_WHOLE_BASE64
    return f"{match[1]}… ({len(match[2]):,} characters)" if long else match[0]


def _without_members(value: Any, depth: int) -> Any:
    """The value with the secret members and headers masked; their place says that they are secret, whatever they hold."""
    if depth > DEPTH_LIMIT:
        return value
    if isinstance(value, Mapping):
        return {name: _member(str(name), each, depth) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_members(each, depth + 1) for each in value]
    return value


def _member(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, str) and re.sub("[-_]", "", name).lower() in _SECRET_MEMBERS:
        return masked(value)
    if name == "headers" and isinstance(value, list | tuple):
        return [_header(pair) for pair in value]
    return _without_members(value, depth + 1)


def _header(pair: Any) -> Any:
    if not isinstance(pair, list | tuple) or len(pair) != 2 or str(pair[0]).lower() not in _SECRET_HEADERS:
        return pair
    name, value = pair
    # The scheme and the blanks stay: a doubled blank or a missing scheme is what a reader may be looking for.
    scheme, blanks, secret = re.match(r"(\s*\w*)(\s*)(.*)", str(value), re.DOTALL).groups()  # type: ignore[union-attr]
    return [name, scheme + blanks + masked(secret) if blanks and secret.strip() else _bare(str(value))]


def _bare(value: str) -> str:
    return value if value.strip().lower() in ("", "bearer", "basic") else masked(value)
