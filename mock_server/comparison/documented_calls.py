"""The calls of an OpenAPI document: what names them, their parameters, callbacks, security, and the codes that are listed for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mock_server.comparison.reading import ApiDocument, Spot
from mock_server.comparison.shape import canonical, words_of

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# OpenAPI says that header parameters of these names are ignored.
_IGNORED_HEADERS = ("accept", "content-type", "authorization")
# The lines of a description that lists codes: - `1002`, what it means
_CODE_LINE = re.compile(r"^[ \t]*[-*][ \t]*`(\d{1,18})`[ \t]*[,:–-]?[ \t]*(.*(?:\n(?![ \t]*[-*\n]).+)*)", re.M)
_CODE_FIELD = "status_code"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation with the path it belongs to. `shared` holds the parameters that the path gives all of its operations."""

    path: str
    spot: Spot
    shared: list[Spot]


@dataclass(frozen=True, slots=True)
class Codes:
    """The status codes that a document lists for a call: where, and with which words if it has words."""

    spot: Spot
    words: dict[int, str] = field(default_factory=dict)


def calls_of(document: ApiDocument) -> Iterator[tuple[tuple[str, str], Call]]:
    """Every operation by method and path, in which the names of parameters do not count."""
    for path, item in document.root.members("paths").items():
        if not path.startswith("x-"):
            yield from _calls(document, path, item)


def callbacks_of(document: ApiDocument, operation: Spot) -> Iterator[tuple[tuple[str, str, str], Call]]:
    """Every operation of a call's callbacks by its name, method and address."""
    for name, callback in operation.members("callbacks").items():
        for address, item in document.followed(callback).members().items():
            if not address.startswith("x-"):
                for (method, path), call in _calls(document, address, item):
                    yield (name, method, path), call


def _calls(document: ApiDocument, path: str, item: Spot) -> Iterator[tuple[tuple[str, str], Call]]:
    followed = document.followed(item)
    for method in METHODS:
        if isinstance(followed.child(method).value, dict):
            key = (method.upper(), re.sub(r"(?<!\$)\{[^{}$]*\}", "{}", path))
            yield key, Call(path, followed.child(method), followed.entries("parameters"))


def parameters_of(document: ApiDocument, call: Call) -> dict[tuple[str, str], Spot]:
    """The parameters of a call by place and name."""
    found = {}
    for spot in (*call.shared, *call.spot.entries("parameters")):
        parameter = document.followed(spot)
        where, name = str(parameter.child("in").value), str(parameter.child("name").value)
        if where == "header":
            name = name.lower()
        if where != "header" or name not in _IGNORED_HEADERS:
            found[where, name] = parameter
    return found


def security_of(document: ApiDocument, operation: Spot) -> set[frozenset[str]]:
    """The ways to prove who one is, one of which is enough: each as what it asks for, in words without the names of schemes.

    Where nothing has to be proved that is one way, which asks for nothing.
    """
    holder = operation if operation.child("security").value is not None else document.root
    ways = {
        frozenset(_asked_for(document, name, scopes.value) for name, scopes in way.members().items())
        for way in holder.entries("security")
    }
    return ways or {frozenset()}


def _asked_for(document: ApiDocument, name: str, scopes: Any) -> str:
    scheme = document.followed(document.root.child("components", "securitySchemes", name)).value
    known = scheme if isinstance(scheme, dict) else {"name": name}
    keys = ("type", "scheme", "bearerFormat", "in", "name", "flows")
    words = " ".join(words_of(known[key]) for key in keys if key in known)
    return words + (f" {canonical(scopes)}" if scopes else "")


def codes_of(document: ApiDocument, operation: Spot) -> Codes:
    """The codes of a call: `x-status-codes` where a document of ours has it, else the lines that describe the field `status_code`."""
    listed = operation.child("x-status-codes")
    if isinstance(listed.value, list):
        return Codes(listed, {code: "" for code in listed.value if isinstance(code, int)})
    for response in operation.members("responses").values():
        for media in document.followed(response).members("content").values():
            for spot in _described(document, media.child("schema"), set()):
                lines = _CODE_LINE.findall(spot.value.replace("\r\n", "\n"))
                if lines:
                    return Codes(spot, {int(code): words_of(words) for code, words in lines})
    return Codes(listed)


def _described(document: ApiDocument, spot: Spot, seen: set[tuple[str, str]]) -> Iterator[Spot]:
    """Every description of a field `status_code` below a schema, each schema once."""
    schema = document.followed(spot)
    if (schema.uri, schema.pointer) in seen or not isinstance(schema.value, dict):
        return
    seen.add((schema.uri, schema.pointer))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for each in schema.entries(keyword):
            yield from _described(document, each, seen)
    for name, each in schema.members("properties").items():
        text = document.followed(each).child("description")
        if name == _CODE_FIELD and isinstance(text.value, str):
            yield text
        yield from _described(document, each, seen)
