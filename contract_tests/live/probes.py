"""The probes as data: which request each sends, and what it stands for."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.api import CREATE, QUERY, RETRIEVE, data_url, png
from contract_tests.catalogue import read_yaml
from contract_tests.server_cases import server_cases

CATALOGUE = Path(__file__).resolve().parents[1] / "catalogue" / "live.yaml"
JSON_TYPE = "application/json"
GIF = b"GIF89a\x90\x01\x90\x01\x00\x00\x00;"
_PATHS = {"create": ("POST", CREATE), "query": ("GET", QUERY), "retrieve": ("GET", RETRIEVE)}


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, but for the key. `auth` is key, none, revoked, random, or the value of Authorization as a template.

    `document` is the body as data, None where it is `raw` or where there is none. `shown` is the document as the catalogue
    writes it, with large values in short.
    """

    operation: str
    method: str
    path: str
    auth: str = "key"
    parameters: Mapping[str, str] | None = None
    document: Any = None
    raw: str | None = None
    content_type: str | None = None
    shown: Any = None


@dataclass(frozen=True, slots=True)
class Probe:
    """One request of the plan. `breaks` is the rule that it is about, `about` the words by which an answer names that."""

    id: str
    case: str
    title: str
    cost: str
    request: Request
    breaks: str = ""
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can be asked: probes that cost nothing, and the one life that is paid for."""

    version: int
    probes: tuple[Probe, ...]
    life: Probe


@functools.cache
def read_catalogue() -> Catalogue:
    """The probes that come with the kit."""
    data = read_yaml(CATALOGUE)
    life = data["life"]
    request = _create({"json": life["json"]}, {})
    return Catalogue(
        version=data["version"],
        probes=tuple(_probe(row, data["base"]) for row in data["probes"]),
        life=Probe(life["id"], life["id"], life["title"], "paid", request),
    )


def case_of_probe(probe_id: str) -> str:
    """The case of a probe: `SV-REQ-004` for `SV-REQ-004-text`."""
    return "-".join(probe_id.split("-")[:3])


def _probe(row: Mapping[str, Any], base: Mapping[str, Any]) -> Probe:
    case = case_of_probe(row["id"])
    operation = next(name for name in ("create", "query", "retrieve", "other") if name in row)
    wanted = row[operation]
    if operation == "create":
        request = _create(wanted, base)
    else:
        method, path = _PATHS.get(operation) or (wanted["method"], wanted["path"])
        request = Request(operation, method, path, wanted.get("auth", "key"), wanted.get("parameters"))
    return Probe(
        row["id"], case, row["title"], server_cases()[case].cost, request, row.get("breaks", ""),
        tuple(row.get("about", ())),
    )  # fmt: skip


def _create(wanted: Mapping[str, Any], base: Mapping[str, Any]) -> Request:
    content_type, auth = wanted.get("type", JSON_TYPE), wanted.get("auth", "key")
    if "raw" in wanted:
        return Request(
            "create", *_PATHS["create"], auth, raw=wanted["raw"], content_type=content_type, shown=wanted["raw"]
        )
    kept = {name: value for name, value in base.items() if name not in wanted.get("without", ())}
    written = kept | wanted.get("json", {})
    document = {name: _value(value) for name, value in written.items()}
    shown = {name: _in_short(value) for name, value in written.items()}
    return Request("create", *_PATHS["create"], auth, document=document, content_type=content_type, shown=shown)


def _value(written: Any) -> Any:
    """What stands in a body for a value of the catalogue."""
    if not isinstance(written, dict):
        return written
    ((name, arguments),) = written.items()
    if name == "$png":
        return data_url(png(*arguments))
    if name == "$gif":
        return data_url(GIF, "image/gif")
    letter, count = arguments
    return letter * count


def _in_short(written: Any) -> Any:
    """The same for people: a picture or a long text by its size."""
    if not isinstance(written, dict):
        return written
    ((name, arguments),) = written.items()
    kinds = {"$png": "<PNG of {} x {}>", "$gif": "<GIF>", "$text": "<{!r}, {} times>"}
    return kinds[name].format(*arguments)
