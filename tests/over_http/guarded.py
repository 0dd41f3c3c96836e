"""The application behind its server, with control calls that only say that they were reached."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mock_server import Settings, create_app
from mock_server.contract.contract import CONTROL_PREFIX
from mock_server.serving.wsgi_server import WsgiServer


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def reached(self) -> bool:
        """Whether the call got past the guard."""
        return self.status == 200

    def is_problem(self, status: int, title: str, words: str) -> bool:
        """Whether it is this refusal, with these words in its detail."""
        if (self.status, self.headers["content-type"]) != (status, "application/problem+json"):
            return False
        # An answer to HEAD has no body.
        problem = json.loads(self.body) if self.body else {"title": title, "detail": words}
        return problem["title"] == title and words in problem["detail"]


@dataclass(frozen=True)
class Served:
    """An application behind its server."""

    port: int

    def ask(self, route: str, **headers: str | None) -> Reply:
        """A request with exactly these headers, and Host unless it is None; underscores stand for hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        method, path = route.split(" ", 1)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in ({"Host": f"localhost:{self.port}"} | headers).items():
            if value is not None:
                connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        reply = Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        connection.close()
        granted = [name for name in reply.headers if name.startswith("access-control-")]
        assert path.startswith("/v1/") or not granted, "never, whatever is asked"
        return reply

    def send(self, sent: bytes) -> bytes:
        """Everything that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(65_536), b""))


@contextmanager
def served(**settings: Any) -> Iterator[Served]:
    """The application with these settings, its control calls replaced by ones that only say that they were reached."""
    app = create_app(Settings(**settings))
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(CONTROL_PREFIX):
            app.view_functions[rule.endpoint] = lambda **_: "reached"
    server = WsgiServer(app, "127.0.0.1", 0, threads=4)
    server.listen()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield Served(server.bind_addr[1])
    finally:
        server.stop()
        thread.join()
