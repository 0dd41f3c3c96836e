"""A FastAPI receiver under uvicorn, in the shape that the documentation shows, with a create, a challenge and both updates."""

from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
import uvicorn

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from tests.callbacks.receiver import wait_until

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "receiver_fastapi.py"


@contextmanager
def served(**tls: str) -> Iterator[int]:
    """The example under uvicorn in a thread; gives its port."""
    spec = importlib.util.spec_from_file_location("receiver_fastapi", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = uvicorn.Server(uvicorn.Config(module.app, log_level="warning", **tls))  # type: ignore[arg-type]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(10)


def outcome(mock: MockServer, url: str) -> list[tuple[object, object]]:
    """Creates a task with that receiver and gives kind or status, and whether it was delivered, of each message."""
    api = Api(mock.url, "k-1")
    assert api.create(MINIMAL | {"callback_url": url}).code == 0

    def recorded() -> list[dict[str, object]]:
        found: list[dict[str, object]] = api.send("GET", "/__mock/callbacks").json["callbacks"]
        return found

    wait_until(lambda: len(recorded()) == 3)
    return [
        (message.get("status", "challenge"), entry["delivered"])
        for entry in recorded()
        if isinstance(message := entry["message"], dict)
    ]


def test_the_documented_shape_completes_a_task() -> None:
    """Challenge, processing and success all arrive."""
    with served() as port, MockServer(Settings(port=0, task_seconds=0.1)) as mock:
        assert outcome(mock, f"http://127.0.0.1:{port}/get_callback") == [
            ("challenge", True), ("processing", True), ("success", True),
        ]  # fmt: skip


def test_a_receiver_without_its_path_is_2013() -> None:
    """The mistake that two independent projects report: the base address instead of the whole one."""
    with served() as port, MockServer(Settings(port=0)) as mock:
        reply = Api(mock.url, "k-1").create(MINIMAL | {"callback_url": f"http://127.0.0.1:{port}"})
    assert (reply.code, reply.message) == (2013, "invalid params, fail to check callback url")
    assert "HTTP 404, not 2xx" in reply.headers["X-Mock-Violations"]


def test_https_receivers_need_their_ca(tmp_path: Path) -> None:
    """With --callback-ca the certificate is checked against the name; without it, it is not trusted."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    ca, key, chain = (str(tmp_path / name) for name in ("ca.pem", "key.pem", "chain.pem"))
    authority.cert_pem.write_to_path(ca)
    certificate.private_key_pem.write_to_path(key)
    certificate.cert_chain_pems[0].write_to_path(chain)
    with served(ssl_keyfile=key, ssl_certfile=chain) as port:
        with MockServer(Settings(port=0, task_seconds=0, callback_ca=ca)) as mock:
            assert outcome(mock, f"https://localhost:{port}/get_callback")[-1] == ("success", True)
            by_address = Api(mock.url, "k-2").create(
                MINIMAL | {"callback_url": f"https://127.0.0.1:{port}/get_callback"}
            )
            assert by_address.code == 2013
        with MockServer(Settings(port=0)) as mock:
            reply = Api(mock.url, "k-1").create(MINIMAL | {"callback_url": f"https://localhost:{port}/get_callback"})
    assert reply.code == 2013
    assert "not trusted" in reply.headers["X-Mock-Violations"]
    assert "--callback-ca" in reply.headers["X-Mock-Violations"]


def test_a_file_that_is_no_certificate_stops_the_start(tmp_path: Path) -> None:
    """One line that names the flag and the file."""
    from mock_server.errors import SettingsError

    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    for path in (str(wrong), str(tmp_path / "missing.pem")):
        with pytest.raises(SettingsError, match="--callback-ca"):
            MockServer(Settings(port=0, callback_ca=path))
