"""What a play needs: the mock with its scenario in force, an account of its own, and its clock."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

from contract_tests.api import CREATE, MINIMAL, QUERY, Api, Reply
from mock_server import MockServer
from mock_server.receiver import CallbackReceiver
from tests.over_http.faulty_server import Client

TASK_SECONDS = 2.0


class Stage:
    """One account of the mock, with the scenario of that name in force."""

    def __init__(self, mock: MockServer, key: str, scenario: str) -> None:
        self.api = Api(mock.url, key)
        self._address = urlsplit(mock.url)
        self._key = key
        self.control("POST", "reset")
        assert self.control("POST", "scenario", {"name": scenario}) == {"name": scenario}

    # As a client

    def create(self, **order: Any) -> Reply:
        """A create call."""
        return self.api.create(MINIMAL | order)

    def accepted(self, **order: Any) -> str:
        """The task_id of a create that has to be accepted."""
        reply = self.create(**order)
        assert (reply.status, reply.code) == (200, 0)
        task_id = reply.json["task_id"]
        assert isinstance(task_id, str)
        assert task_id.isdigit()
        return task_id

    def status(self, task_id: str) -> str:
        """The status that a query tells, with HTTP 200 and code 0."""
        reply = self.api.query(task_id)
        assert (reply.status, reply.code) == (200, 0)
        return str(reply.json["status"])

    def finished(self, **order: Any) -> Any:
        """The answer of a query once the task has had its time."""
        task_id = self.accepted(**order)
        self.advance(TASK_SECONDS)
        return self.api.query(task_id).json

    def link(self) -> str:
        """A link to a finished video."""
        return str(self.api.retrieve(self.finished()["file_id"]).json["file"]["download_url"])

    def download(self, link: str) -> Reply:
        """What is behind a link, asked for without a key."""
        return Api(self.api.url, None).send("GET", link)

    # On a bare socket

    def connect(self) -> Client:
        """A connection that waits ten seconds at most."""
        plain = socket.create_connection((self._address.hostname or "", self._address.port or 0), timeout=10)
        return Client(plain, None)

    def send_create(self, client: Client, **order: Any) -> None:
        """A create call in bytes."""
        body = json.dumps(MINIMAL | order).encode()
        head = f"POST {CREATE} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        client.send(head.encode() + self._common() + body)

    def send_query(self, client: Client, task_id: str) -> None:
        """A query in bytes."""
        self.send_get(client, f"{QUERY}?task_id={task_id}")

    def send_get(self, client: Client, address: str) -> None:
        """A GET of a path or link in bytes."""
        path = address.removeprefix(self.api.url)
        client.send(f"GET {path} HTTP/1.1\r\n".encode() + self._common())

    def _common(self) -> bytes:
        return f"Host: {self._address.netloc}\r\nAuthorization: Bearer {self._key}\r\n\r\n".encode()

    # Behind the scenes

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the control API about this account."""
        raw = json.dumps(body).encode() if body is not None else None
        reply = Api(self.api.url, None).send(method, f"/__mock/{path}", query={"account": self._key}, body=raw)
        assert reply.status == 200, reply.content
        return reply.json

    def advance(self, seconds: float) -> list[dict[str, Any]]:
        """Moves the clock on, and gives what happened on the way."""
        answer = self.control("POST", "clock/advance", {"seconds": seconds})
        assert answer["pending"] == []
        happened: list[dict[str, Any]] = answer["happened"]
        return happened

    def tasks(self) -> list[dict[str, Any]]:
        """What there is of tasks, whether or not the client knows of them."""
        found: list[dict[str, Any]] = self.control("GET", "tasks")["tasks"]
        return found

    def journal(self) -> list[dict[str, Any]]:
        """The calls of the account."""
        found: list[dict[str, Any]] = self.control("GET", "requests")["requests"]
        return found


def told(receiver: CallbackReceiver) -> list[tuple[str, str]]:
    """What each update said: status and file_id, in the order of arrival."""
    return [(update["status"], update.get("file_id")) for update in receiver.updates]


def statuses(receiver: CallbackReceiver) -> list[str]:
    """The statuses of the updates in the order of arrival."""
    return [update["status"] for update in receiver.updates]
