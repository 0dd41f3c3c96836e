"""Keys that stand in addresses of the control API reach no log, no journal and no error line whole."""

from __future__ import annotations

import json
import logging
import socket
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from contract_tests.api import Api
from mock_server import MockServer, Settings, create_app
from mock_server.web.redaction import redacted_address
from mock_server.web.request_log import RequestFormatter
from tests.command_line.test_serve import serving

KEY = "sk-very/secret+key'\\9876"
PARTS = ("sk-very", "secret", "key'")
ENCODED = quote(KEY, safe="")
MISTYPED = [
    f"/_mock/accounts/{ENCODED}", f"/__mok/accounts/{KEY}", f"/mock/account/{ENCODED}", f"/v1/__mock/acounts/{ENCODED}",
    f"/__mock__/accounts/{ENCODED}/balance", f"/accounts/{KEY}", f"/_mock/requests?account={ENCODED}",
    f"/_mock/tasks?acount={ENCODED}&Account={ENCODED}", f"/_mock/tasks%3Faccount={ENCODED}", f"/_mock/tasks&account={ENCODED}",
    f"/__mock%2Faccounts%2F{ENCODED}", f"//mock/accounts/{ENCODED}", f"/__MOCK/ACCOUNTS/{ENCODED}",
]  # fmt: skip
CONTROL = [
    f"/__mock/accounts/{ENCODED}", f"//__mock/accounts/{ENCODED}", f"/__mock/requests?account={ENCODED}",
    f"/__mock/requests?account={ENCODED}&limit=x", f"/__mock/tasks?account={ENCODED}", f"/__mock/nothing?account={ENCODED}",
    f"/__mock/callbacks?account={ENCODED}", f"/__mock/reset?account={ENCODED}",
]  # fmt: skip


def whole(text: str) -> list[str]:
    """The parts of the key that a text should not hold."""
    return [part for part in PARTS if part in text or quote(part) in text]


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Every record of any logger but the client's, as both formats write it."""
    formats = [RequestFormatter(as_json=as_json) for as_json in (False, True)]
    records = [record for record in caplog.records if not record.name.startswith("urllib3")]
    return "\n".join(each.format(record) for record in records for each in formats)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", [*MISTYPED, *CONTROL])
def test_no_key_of_an_address_is_logged(
    caplog: pytest.LogCaptureFixture, mock: MockServer, method: str, path: str
) -> None:
    """Whether the address is right, wrong or mistyped: no logger tells the key, nor do the journal and the header."""
    caplog.set_level(logging.DEBUG)
    bare = Api(mock.url, None)
    reply = bare.send(method, mock.url + path)
    assert whole(logged(caplog)) == []
    assert whole(reply.headers.get("X-Mock-Violations", "")) == []
    if path in MISTYPED:
        assert reply.status == 404
        entry = bare.send("GET", f"/__mock/requests/{reply.headers['X-Mock-Request-Id']}")
        assert whole(entry.content.decode()) == []
        assert "…9876" in json.dumps(entry.json, ensure_ascii=False) or path.endswith("balance")


def test_the_log_line_of_a_mistyped_path(caplog: pytest.LogCaptureFixture, mock: MockServer) -> None:
    """It still tells what was asked for, and the end of the key."""
    caplog.set_level(logging.INFO, "mock_server.requests")
    Api(mock.url, None).send("GET", "/_mock/accounts/sk-secret-9876")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "mock_server.requests"]
    assert line.startswith(r"GET /_mock/accounts/\u20269876 404 ")


def test_a_page_address_is_kept_without_its_key(mock: MockServer) -> None:
    """A browser that shows a control call asks for an icon, and says for which page."""
    page = f"{mock.url}/__mock/requests?limit=1&account={ENCODED}"
    reply = Api(mock.url, None).send("GET", "/favicon.ico", headers={"Referer": page})
    entry = Api(mock.url, None).send("GET", f"/__mock/requests/{reply.headers['X-Mock-Request-Id']}").json
    assert entry["request"]["headers"]["Referer"] == f"{mock.url}/__mock/requests?limit=1&account=…9876"


@pytest.mark.parametrize(
    "address", [f"/__mock/accounts/{ENCODED}/broken", f"/__mock/accounts/x/broken?account={ENCODED}"]
)
def test_a_fault_in_a_control_call_tells_no_key(caplog: pytest.LogCaptureFixture, address: str) -> None:
    """The traceback is in the log, with the address and the message of the exception, but not with the key in them."""
    app = create_app(Settings())

    def broken(key: str) -> Any:
        wanted = KEY if key == "x" else key
        raise ValueError(f"no account {wanted}, {ENCODED}, {wanted!r}") from KeyError(wanted)

    app.add_url_rule("/__mock/accounts/<path:key>/broken", view_func=broken)
    reply = app.test_client().get(address)
    assert (reply.status_code, reply.content_type) == (500, "application/problem+json")
    assert whole(reply.text) == []
    text = logged(caplog)
    assert "Traceback (most recent call last)" in text
    assert "ValueError: no account …9876, …9876, " in text
    assert "/__mock/accounts/" in text
    assert whole(text) == []


def test_a_request_that_breaks_off_tells_no_key(caplog: pytest.LogCaptureFixture, mock: MockServer) -> None:
    """What the server itself says of broken requests holds no address."""
    caplog.set_level(logging.DEBUG)
    parts = urlsplit(mock.url)
    for rest in ("HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nx", "HTTP/9.9\r\n\r\n", "HTTP/1.1\r\nno header\r\n\r\n",
                 "HTTP/1.1\r\nContent-Length: x\r\n\r\n", "HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"):  # fmt: skip
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
            connection.sendall(f"POST /__mock/reset?account={KEY} {rest}".encode())
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
    assert whole(logged(caplog)) == []


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_serve_logs_no_key(log_format: str) -> None:
    """What the person at the terminal sees, in both formats."""
    with serving("--log-format", log_format) as (process, ready):
        for path in (*MISTYPED, *CONTROL):
            Api(str(ready["url"]), None).send("GET", str(ready["url"]) + path)
        process.terminate()
        output, errors = process.communicate(timeout=10)
    assert errors.count("404") >= len(MISTYPED)
    assert whole(output + errors) == []


@pytest.mark.parametrize(
    "path", ["/v1/files", "/v1/video_generation", "/__mock/requests/1", "/inference_output/video/x/output_aigc.mp4", "/acme", "/"]
)  # fmt: skip
def test_other_paths_are_shown_as_they_are(path: str) -> None:
    """Only what looks like an account loses what follows."""
    assert redacted_address(path) == path
