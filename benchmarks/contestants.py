"""Who is measured: the mock, the floor, and what people would use instead, all on the same document and as by default."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Collection
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from benchmarks.row import FLOOR, MOCK
from benchmarks.subject import ROOT, Subject
from benchmarks.tools import MODULES, PINNED, have, have_peers

DOCUMENT = ROOT / "openapi" / "video_generation.yaml"
PRISM, MOCKOON, WIREMOCK = "Prism", "Mockoon", "WireMock"
_PACKAGES = {PRISM: "@stoplight/prism-cli", MOCKOON: "@mockoon/cli", WIREMOCK: "wiremock"}


def mock(*flags: str, name: str = MOCK) -> Subject:
    """`minimax-mock serve`."""
    script = Path(sys.executable).with_name("minimax-mock")
    program = [str(script)] if script.exists() else [sys.executable, "-m", "mock_server"]
    return Subject(name, lambda port, _: [*program, "serve", "--port", str(port), *flags], refuses=True)


def floor() -> Subject:
    """A bare Flask view that returns a constant, on the mock's own server."""
    return Subject(FLOOR, lambda port, _: [sys.executable, "-m", "benchmarks.floor", str(port)])


def granian(workers: int) -> Subject:
    """The mock's application under Granian, started as the README says."""
    program = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--workers", str(workers)]
    return Subject(
        f"Granian, {workers} worker{'s' if workers > 1 else ''}",
        lambda port, _: [*program, "--port", str(port), "--factory", "mock_server:create_app"],
        refuses=True,
    )


@cache
def peers() -> tuple[Subject, ...]:
    """Those that can be started here; a line on stderr names what is missing."""
    if not have_peers():
        return ()
    programs = MODULES / ".bin"
    found = [
        Subject(PRISM, lambda port, _: [str(programs / "prism"), "mock", "-p", str(port), str(DOCUMENT)], refuses=True),
        Subject(
            MOCKOON,
            lambda port, _: [
                str(programs / "mockoon-cli"), "start", "--data", str(DOCUMENT), "--port", str(port),
                "--hostname", "127.0.0.1",
            ],
        ),
    ]  # fmt: skip
    if have("java", "default-jre-headless", "WireMock is left out"):
        found.append(Subject(WIREMOCK, _wiremock))
    return tuple(found)


def field() -> list[Subject]:
    """The mock, the floor and all peers."""
    return [mock(), floor(), *peers()]


def versions(measured: Collection[str]) -> str:
    """Those of the peers that were measured, and of what the mock and the floor stand on."""
    pinned = json.loads(PINNED.read_text())["dependencies"]
    told = [f"{name} {pinned[package]}" for name, package in _PACKAGES.items() if name in measured]
    return ", ".join([*told, *(f"{package} {version(package)}" for package in ("flask", "cheroot", "granian"))])


def _wiremock(port: int, folder: Path) -> list[str]:
    """WireMock reads no OpenAPI document: it gets one mapping for each operation, with the document's own example."""
    mappings = folder / "mappings"
    mappings.mkdir()
    for name, mapping in _mappings().items():
        (mappings / f"{name}.json").write_text(json.dumps(mapping))
    jar = next((MODULES / "wiremock" / "build").glob("*.jar"))
    java = shutil.which("java") or "java"
    return [java, "-jar", str(jar), "--port", str(port), "--bind-address", "127.0.0.1", "--root-dir", str(folder)]


@cache
def _mappings() -> dict[str, Any]:
    document = yaml.safe_load(DOCUMENT.read_text())
    schemas = document["components"]["schemas"]
    created, state = schemas["VideoGenerationResp"]["example"], schemas["QueryVideoGenerationResp"]["example"]
    # The document has no example of the whole answer to a retrieve, but one of its part.
    answers = {
        "videoGeneration": created,
        "queryVideoGeneration": state,
        "filesRetrieve": {"file": schemas["FileObject"]["example"], "base_resp": created["base_resp"]},
    }
    return {
        operation["operationId"]: {
            "request": {"method": method.upper(), "urlPath": path},
            "response": {
                "status": 200, "jsonBody": answers[operation["operationId"]],
                "headers": {"Content-Type": "application/json"},
            },
        }
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }  # fmt: skip
