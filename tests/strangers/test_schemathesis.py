"""schemathesis, which we did not write, reads our document and puts it to our server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask, Response

from mock_server import Settings, create_app
from mock_server.contract.contract import load_contract
from mock_server.receiver import CallbackReceiver
from mock_server.resources import folder
from mock_server.serving.wsgi_server import WsgiServer
from mock_server.settings import MODES
from tests.strangers.schemathesis_hooks import RECEIVER_VARIABLE

HOOKS = "tests.strangers.schemathesis_hooks"
CHECKOUT = Path(__file__).resolve().parents[2]
# Errors are HTTP 200, so that acceptance and authentication can only be judged once the code has become a status.
STATUS = {0: 200, 1004: 401, 2049: 401, 1002: 429, 1008: 402, 1026: 422, 2013: 422}
STRUCTURE = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance"
)
MEANING = "not_a_server_error,negative_data_rejection,positive_data_acceptance,ignored_auth"


def code_as_status(app: Flask) -> Flask:
    """The application with the code of each answer as its HTTP status."""

    @app.after_request
    def adapt(response: Response) -> Response:
        body = response.get_json(silent=True)
        if isinstance(body, dict) and "base_resp" in body:
            response.status_code = STATUS.get(body["base_resp"]["status_code"], 500)
        return response

    return app


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a free port."""
    server = WsgiServer(app, "127.0.0.1", 0, threads=8)
    server.listen()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server.origin
    finally:
        server.stop()
        thread.join()


def run(url: str, document: Path, *arguments: str) -> str:
    """Runs schemathesis on a server; the test fails with its report when it finds something."""
    with CallbackReceiver() as receiver:
        done = subprocess.run(
            [Path(sys.executable).parent / "st", "run", str(document), "--url", url, "-H", "Authorization: Bearer sk-ok",
             "--no-color", *arguments],
            capture_output=True, text=True, timeout=280, check=False, cwd=document.parent,
            env={**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(CHECKOUT), RECEIVER_VARIABLE: receiver.url},
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture
def app() -> Flask:
    """A mock whose tasks are done at once."""
    return create_app(Settings(seed=1, task_seconds=0, journal_max=100))


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """Our document as JSON, in a folder of its own."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(load_contract().document.data))
    return path


@pytest.fixture
def rejecting_document(tmp_path: Path) -> Path:
    """Our document, with the statuses that the meaning pass turns the codes into."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(rejecting(json.loads(json.dumps(load_contract().document.data)))))
    return path


def rejecting(data: Any) -> Any:
    """A document whose operations also answer with the statuses that the codes become."""
    for item in data["paths"].values():
        for operation in item.values():
            operation["responses"] |= {str(status): operation["responses"]["200"] for status in (401, 422)}
    return data


def test_structure(app: Flask, document: Path) -> None:
    """Whatever is sent, the answer has the documented status, type and schema."""
    with served(app) as url:
        run(url, document, "--phases", "examples,coverage,fuzzing", "--mode", "all", "-n", "100",
            "--generation-deterministic", "--continue-on-failure", "--checks", STRUCTURE)  # fmt: skip


def test_meaning(rejecting_document: Path) -> None:
    """Valid data is accepted, invalid data refused, and no key or a wrong one is no entry."""
    app = create_app(Settings(seed=1, journal_max=100, api_keys=("sk-ok",)))
    with served(code_as_status(app)) as url:
        run(url, rejecting_document, "--include-path", "/v1/video_generation", "--phases", "examples,coverage,fuzzing",
            "--mode", "all", "-n", "100", "--generation-deterministic", "--continue-on-failure", "--checks", MEANING,
            )  # fmt: skip


@pytest.mark.parametrize("mode", MODES[1:])
def test_further_mode(mode: str, tmp_path: Path) -> None:
    """A server of one mode keeps that mode's document, which a stranger reads with the files it refers to."""
    for file in folder("openapi").glob("*.yaml"):
        shutil.copy(file, tmp_path)
    document = tmp_path / f"{mode.replace('-', '_')}.yaml"
    document.write_text(json.dumps(rejecting(yaml.safe_load(document.read_text(encoding="utf-8")))))
    app = create_app(Settings(seed=1, journal_max=100, api_keys=("sk-ok",), modes=(mode,)))
    with served(code_as_status(app)) as url:
        run(url, document, "--phases", "examples,coverage,fuzzing", "--mode", "all", "-n", "25",
            "--generation-deterministic", "--continue-on-failure", "--checks", f"{STRUCTURE},{MEANING}")  # fmt: skip


def test_links_lead_from_create_to_query_to_retrieve(app: Flask, document: Path) -> None:
    """Along the links of the document, every answer conforms; files are really retrieved on the way."""
    retrieved = []

    @app.after_request
    def count(response: Response) -> Response:
        body = response.get_json(silent=True)
        if isinstance(body, dict) and body.get("file"):
            retrieved.append(body["file"]["file_id"])
        return response

    with served(app) as url:
        run(url, document, "--phases", "stateful", "--mode", "positive", "-n", "30", "--seed", "3",
            "--generation-database", "none", "--checks", STRUCTURE)  # fmt: skip
    assert retrieved
