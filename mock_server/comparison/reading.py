"""Reads OpenAPI 3 documents that are not built in: YAML, JSON, or a page of documentation in Markdown that holds one."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from mock_server import resources
from mock_server.comparison.file_size import bytes_of, check_json, check_yaml
from mock_server.contract.mode import FILES
from mock_server.contract.yaml_file import parse_yaml
from mock_server.errors import ContractError

_ALLOWED = "allowed: OpenAPI 3 as YAML or JSON, or a Markdown page with it in a fenced block"
# A fence begins its line here. Inside of a YAML document text is indented, inside of JSON it has no line ends.
_OPENING = re.compile(r"(?P<fence>`{3,}|~{3,})[ \t]*(?:ya?ml|json)\b", re.I)
_LONGEST_CHAIN = 100
# A whole number of more cannot be written in decimal digits.
_MOST_BITS = 2000
_BEGINNING = re.compile(r"""^[{ ]*["']?openapi["']?[ ]*:""", re.M)


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of a document and where it stands: the address of the file, and the JSON Pointer in it."""

    value: Any
    uri: str
    pointer: str

    def child(self, *tokens: str | int) -> Spot:
        """The value below; None is the value where there is none."""
        value = self.value
        for token in tokens:
            if isinstance(value, dict) and isinstance(token, str):
                value = value.get(token)
            else:
                value = value[token] if isinstance(value, list) and isinstance(token, int) else None
        added = "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)
        return Spot(value, self.uri, self.pointer + added)

    def members(self, *tokens: str) -> dict[str, Spot]:
        """What a mapping below holds, by name; nothing where there is none."""
        below = self.child(*tokens)
        return {name: below.child(name) for name in below.value} if isinstance(below.value, dict) else {}

    def entries(self, *tokens: str) -> list[Spot]:
        """What a list below holds."""
        below = self.child(*tokens)
        return [below.child(index) for index in range(len(below.value))] if isinstance(below.value, list) else []


class ApiDocument:
    """An OpenAPI document with the files that it refers to, which are read when they are needed.

    Raises ContractError with one line for a file that is not there or holds no such document.
    """

    def __init__(self, name: str) -> None:
        self.path = _file_of(name)
        self._uri = self.path.absolute().as_uri()
        self._registry: Registry[Any] = Registry()
        self._loaded: set[str] = set()
        self._meant: dict[tuple[str, str], Spot] = {}
        data = self._load(self._uri, self.path, "")
        if not (isinstance(data, dict) and str(data.get("openapi", "")).startswith("3.")):
            raise ContractError(f"{self.path}: no OpenAPI document; {_ALLOWED}")
        self.root = Spot(data, self._uri, "")

    def followed(self, spot: Spot) -> Spot:
        """What stands at the end of a chain of `$ref`. Raises ContractError when one leads nowhere, or round in a circle."""
        seen: set[tuple[str, str]] = set()
        while isinstance(spot.value, dict) and "$ref" in spot.value:
            if (spot.uri, spot.pointer) in seen:
                raise ContractError(
                    f"{self.path}: $ref {spot.value['$ref']!r} refers to itself (at {self.label(spot)})"
                )
            if len(seen) > _LONGEST_CHAIN:
                raise ContractError(
                    f"{self.path}: more than {_LONGEST_CHAIN} $ref lead to each other (at {self.label(spot)})"
                )
            seen.add((spot.uri, spot.pointer))
            spot = self.referred(spot)
        return spot

    def referred(self, spot: Spot) -> Spot:
        """What the `$ref` of a value means, in this file or another."""
        reference = spot.value["$ref"]
        wrong = f"{self.path}: $ref {reference!r} %s (at {self.label(spot)})"
        if not isinstance(reference, str):
            raise ContractError(wrong % "leads nowhere")
        if (spot.uri, reference) in self._meant:
            return self._meant[spot.uri, reference]
        try:
            uri, fragment = urldefrag(urljoin(spot.uri, reference))
        except ValueError:
            raise ContractError(wrong % "is no address") from None
        if urlsplit(uri).scheme != "file":
            raise ContractError(wrong % "is not read: only files are")
        self._load(uri, Path(url2pathname(urlsplit(uri).path)), wrong)
        try:
            value = self._registry.resolver(uri).lookup(f"#{fragment}").contents
        except (Unresolvable, ValueError, LookupError, TypeError):
            raise ContractError(wrong % "leads nowhere") from None
        return self._meant.setdefault((spot.uri, reference), Spot(value, uri, unquote(fragment)))

    def label(self, spot: Spot) -> str:
        """The JSON Pointer of a value, with the name of its file where that is another one."""
        if spot.uri == self._uri:
            return spot.pointer or "/"
        return f"{unquote(spot.uri.rpartition('/')[2])}#{spot.pointer}"

    def _load(self, uri: str, path: Path, wrong: str) -> Any:
        if uri not in self._loaded:
            if wrong and not path.is_file():
                raise ContractError(wrong % "leads to a file that is not there")
            resource = DRAFT202012.create_resource(_content(path, is_main=not wrong))
            self._registry = self._registry.with_resource(uri, resource)
            self._loaded.add(uri)
        return self._registry[uri].contents


def bundled_names() -> list[str]:
    """The names under which the documents of the imitated API can be named instead of a path: those of the modes."""
    renamed = {file: name for name, file in FILES.items()}
    paths = [path for path in resources.folder("openapi").glob("*.yaml") if path.read_bytes().startswith(b"openapi:")]
    # The control API is the mock's own.
    return sorted(renamed.get(path.name, path.stem.replace("_", "-")) for path in paths if path.name != "control.yaml")


def _file_of(name: str) -> Path:
    """A file of the user's, or the bundled document of this name."""
    try:
        if Path(name).exists():
            return Path(name)
    except (OSError, ValueError):
        raise ContractError(f"{name!r} is no path that a file can have") from None
    folder = resources.folder("openapi")
    # A bare name alone: what has a folder before it means that folder.
    if Path(name).name == name:
        for file in (FILES.get(name), name, f"{name.replace('-', '_')}.yaml"):
            if file and file.endswith(".yaml") and (folder / file).is_file():
                return folder / file
    raise ContractError(f"{name}: there is no such file; allowed: a path, or one of {', '.join(bundled_names())}")


def _content(path: Path, *, is_main: bool) -> Any:
    """What a file holds, with names as text and without what YAML has and JSON has not."""
    raw = bytes_of(path)
    try:
        return _plain(_parsed(raw.removeprefix(b"\xef\xbb\xbf"), path, is_main=is_main), {})
    except RecursionError:
        raise ContractError(f"{path}: it is nested too deeply") from None
    except _Circle:
        raise ContractError(f"{path}: an alias (*name) stands inside of what it means") from None


def _parsed(raw: bytes, path: Path, *, is_main: bool) -> Any:
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    lines_before = 0
    if text.lstrip()[:1] == "{":
        try:
            value = json.loads(raw)
        except json.JSONDecodeError as error:
            raise ContractError(f"{path}:{error.lineno}: {error.msg}") from None
        except UnicodeDecodeError:
            raise ContractError(f"{path}: it is not UTF-8") from None
        except ValueError:
            digits = sys.get_int_max_str_digits()
            raise ContractError(f"{path}: it holds a number of more than {digits} digits") from None
        check_json(value, path)
        return value
    # Other blocks of a page are examples.
    blocks = [(line, block) for line, block in _fenced(text) if _BEGINNING.search(block)]
    if is_main and not blocks and (not _BEGINNING.search(text) or text.lstrip()[:1] == "<"):
        raise ContractError(f"{path}: no OpenAPI document; {_ALLOWED}")
    if len(blocks) > 1:
        raise ContractError(f"{path}: {len(blocks)} fenced blocks with an OpenAPI document; allowed: one")
    for line, block in blocks:
        raw, lines_before = block.encode(), line
    check_yaml(raw, path)
    return parse_yaml(raw, path, lines_before)


def _fenced(text: str) -> Iterator[tuple[int, str]]:
    """The fenced blocks of a page that say they are YAML or JSON, each with the number of lines before it."""
    lines = text.split("\n")
    start, fence = 0, ""
    for number, line in enumerate(lines):
        if not fence:
            opening = _OPENING.match(line)
            start, fence = number + 1, opening["fence"] if opening else ""
        elif line.startswith(fence) and not line.rstrip(" \t").strip("`~"):
            yield start, "\n".join((*lines[start:number], ""))
            fence = ""


class _Circle(Exception):
    """A value of YAML that contains itself."""


def _plain(value: Any, made: dict[int, Any]) -> Any:
    """The value as JSON would have it: a key 200 is '200', a day is text. What stands once behind several aliases stays one."""
    if not isinstance(value, (dict, list)):
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            return hex(value)
        is_json = value is None or isinstance(value, (str, int)) or (isinstance(value, float) and isfinite(value))
        return value if is_json else str(value)
    if id(value) in made:
        if made[id(value)] is None:
            raise _Circle
        return made[id(value)]
    made[id(value)] = None
    plain: Any
    if isinstance(value, list):
        plain = [_plain(each, made) for each in value]
    else:
        plain = {_name(key): _plain(each, made) for key, each in value.items()}
    made[id(value)] = plain
    return plain


def _name(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
