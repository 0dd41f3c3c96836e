"""Whether a document has the shape of OpenAPI wherever it is read for a comparison.

A part of another shape would count as empty, and then as removed. What no comparison reads may have any shape.
"""

from __future__ import annotations

from collections.abc import Iterator

from mock_server.comparison.documented_calls import METHODS
from mock_server.comparison.reading import ApiDocument, Spot
from mock_server.comparison.shape import canonical
from mock_server.errors import ContractError

# In front of what a value holds: a list or a mapping of it.
_LIST, _MAP = "list of ", "mapping of "
_SCHEMA = "schema"
# What each thing may hold under the names that are read; a thing that is not named here is a plain value.
_HOLDS: dict[str, dict[str, str]] = {
    "document": {
        "info": "info", "servers": _LIST + "server", "security": _LIST + "way", "paths": _MAP + "path",
        "components": "components",
    },
    "components": {"securitySchemes": _MAP + "scheme"},
    "path": {"parameters": _LIST + "parameter", **dict.fromkeys(METHODS, "operation")},
    "operation": {
        "parameters": _LIST + "parameter", "requestBody": "body", "responses": _MAP + "response",
        "callbacks": _MAP + "callback", "servers": _LIST + "server", "security": _LIST + "way",
        "x-status-codes": _LIST + "whole number",
    },
    "body": {"content": _MAP + "media", "required": "true or false"},
    "response": {"headers": _MAP + "header", "content": _MAP + "media", "links": _MAP + "link"},
    "parameter": {"in": "text", "name": "text", "required": "true or false", "schema": _SCHEMA},
    "header": {"required": "true or false", "schema": _SCHEMA},
    "media": {"schema": _SCHEMA},
    "server": {"url": "text"},
    _SCHEMA: {
        **dict.fromkeys(("properties", "patternProperties"), _MAP + _SCHEMA),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _LIST + _SCHEMA),
        **dict.fromkeys(("items", "contains", "if", "then", "else"), _SCHEMA),
        "required": _LIST + "text", "enum": "list", "type": "text or list of texts",
    },
    "info": {}, "way": {}, "scheme": {}, "link": {},
}  # fmt: skip
_PLAIN: dict[str, tuple[type, ...]] = {
    "text": (str,), "true or false": (bool,), "whole number": (int,), "text or list of texts": (str, list),
    "list": (list,),
}  # fmt: skip
_NEEDED = {"parameter": ("in", "name")}
# Here names that begin with x- are not OpenAPI's.
_EXTENDED = ("path", "response")


def check(document: ApiDocument) -> None:
    """Raises ContractError with the file and the place of the first part that has another shape, or a `$ref` in a circle."""
    left = [(document.root, "document")]
    seen: set[tuple[str, str, str]] = set()
    while left:
        spot, what = left.pop()
        if (spot.uri, spot.pointer, what) not in seen:
            seen.add((spot.uri, spot.pointer, what))
            left += reversed([*_below(document, spot, what)])


def _below(document: ApiDocument, spot: Spot, what: str) -> Iterator[tuple[Spot, str]]:
    """What a value holds, each with what it should be. Raises ContractError when the value itself is something else."""
    value = spot.value
    if what.startswith(_LIST):
        _expect(document, spot, isinstance(value, list), "a list")
        yield from ((each, what.removeprefix(_LIST)) for each in spot.entries())
    elif what.startswith(_MAP):
        inner = what.removeprefix(_MAP)
        _expect(document, spot, isinstance(value, dict), "a mapping")
        yield from (
            (each, inner) for name, each in spot.members().items() if not (name.startswith("x-") and inner in _EXTENDED)
        )
    elif what == "callback":
        yield document.followed(spot), _MAP + "path"
    elif what in _PLAIN:
        is_right = isinstance(value, _PLAIN[what]) and isinstance(value, bool) <= (bool in _PLAIN[what])
        _expect(document, spot, is_right, what if what == "true or false" else f"a {what}")
        if what == "text or list of texts" and isinstance(value, list):
            yield spot, _LIST + "text"
    elif value is not None:
        is_right = isinstance(value, dict) or (what == _SCHEMA and isinstance(value, bool))
        _expect(document, spot, is_right, f"a mapping ({what})")
        if isinstance(value, dict) and "$ref" in value:
            document.followed(spot)
            yield document.referred(spot), what
        elif isinstance(value, dict) and (
            missing := [name for name in _NEEDED.get(what, ()) if value.get(name) is None]
        ):
            raise ContractError(f"{document.path}: {what} without {missing[0]!r} (at {document.label(spot)})")
        if isinstance(value, dict):
            yield from (
                (spot.child(name), inner) for name, inner in _HOLDS[what].items() if value.get(name) is not None
            )


def _expect(document: ApiDocument, spot: Spot, is_right: bool, what: str) -> None:
    """An empty value is as good as none."""
    if not is_right and spot.value is not None:
        raise ContractError(
            f"{document.path}: expected {what}, not {canonical(spot.value)[:40]} (at {document.label(spot)})"
        )
