"""Plays golden exchanges on real servers, one server for all that want the same settings."""

from __future__ import annotations

import http.client
import json
import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from mock_server import MockServer, Settings
from mock_server.receiver import CallbackReceiver
from tests.wire.goldens import Golden, at, filled, names_in

TIMEOUT = 10


@dataclass(frozen=True, slots=True)
class Heard:
    """What the mock sent: status, headers as they came over the wire, and content. `known` are the kept values."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether the call did what it was for; the service tells of most failures with HTTP 200."""
        body = json.loads(self.content) if self.content.startswith(b"{") else {}
        return 200 <= self.status < 300 and body.get("base_resp", {"status_code": 0})["status_code"] == 0

    def kept(self, pointers: dict[str, str]) -> dict[str, Any]:
        """The values of the JSON body at these pointers, by name."""
        return {name: at(json.loads(self.content), pointer) for name, pointer in pointers.items()}


@dataclass(frozen=True, slots=True)
class Told:
    """What a receiver got from the mock, and what the mock got back for it."""

    message: Any
    reply: dict[str, Any]
    known: dict[str, Any]


class Stage:
    """Servers by their settings, each with a manual clock. Every golden is played once, under a key of its own."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._servers: dict[str, MockServer] = {}
        self._played: dict[str, Heard | Told] = {}

    def play(self, golden: Golden) -> Heard | Told:
        """What the mock sent in the exchange that the golden describes. Fails when a step before it fails."""
        if golden.name not in self._played:
            self._played[golden.name] = self._playing(golden)
        return self._played[golden.name]

    def _playing(self, golden: Golden) -> Heard | Told:
        url = self._server(golden.data["settings"]).url
        known: dict[str, Any] = {"mock": url, "key": f"wire-{secrets.token_hex(8)}"}
        with CallbackReceiver() as receiver:
            if "receiver" in names_in(golden.data):
                known["receiver"] = receiver.url
            for step in golden.data["before"]:
                heard = send(url, filled(step["request"], known))
                assert heard.succeeded, f"before: {step['request']['path']}: {heard.content[:500]!r}"
                known |= heard.kept(step.get("keep", {}))
            if not golden.from_mock:
                heard = send(url, filled(golden.data["request"], known))
                return Heard(heard.status, heard.headers, heard.content, known)
            number = golden.data["callback"]["number"]
            message = receiver.messages[number - 1]
            record = send(url, {"method": "GET", "path": f"/__mock/callbacks?account={known['key']}", "headers": {}})
            answer = json.loads(record.content)["callbacks"][number - 1]["answer"]
            return Told(message, {"status": answer["status"], "body": json.loads(answer["body"])}, known)

    def _server(self, flags: dict[str, Any]) -> MockServer:
        """The server with these flags, started when it is first needed."""
        name = json.dumps(flags, sort_keys=True)
        if name not in self._servers:
            texts = {flag.replace("-", "_"): str(value).lower() for flag, value in flags.items()}
            settings = Settings.from_environment({}, {"port": "0", "clock": "manual"} | texts)
            self._servers[name] = self._open.enter_context(MockServer(settings))
        return self._servers[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()


def send(url: str, request: dict[str, Any]) -> Heard:
    """Sends one request, with no header besides its own, Host and those of its length."""
    target = urlsplit(request["path"])
    body = request.get("text", "").encode()
    if "body" in request:
        body = json.dumps(request["body"], ensure_ascii=False).encode()
    server = urlsplit(url)
    connection = http.client.HTTPConnection(server.hostname or "", server.port, timeout=TIMEOUT)
    try:
        connection.putrequest(
            request["method"], target.path + (f"?{target.query}" if target.query else ""), skip_accept_encoding=True
        )
        for name, value in request["headers"].items():
            connection.putheader(name, value)
        if body or request["method"] == "POST":
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Heard(response.status, response.getheaders(), response.read())
    finally:
        connection.close()
