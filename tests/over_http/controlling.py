"""One account of a mock together with the control API, in few words."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Any

from contract_tests.api import MINIMAL, Api, Reply
from mock_server import MockServer

PROBLEM = "application/problem+json"


class User:
    """Calls the API with a key of its own, and asks the control API about that account."""

    def __init__(self, mock: MockServer, key: str | None = None) -> None:
        self.key = key if key is not None else f"user-{secrets.token_hex(8)}"
        self.api = Api(mock.url, self.key)
        self.mock = mock

    def control(self, method: str, path: str, body: Any = None, *, everybody: bool = False, **query: str) -> Reply:
        """A control call about this account, or about everybody."""
        if not everybody:
            query["account"] = self.key
        raw = None if body is None else json.dumps(body).encode()
        return Api(self.api.url, None).send(method, f"/__mock/{path}", body=raw, query=query)

    def rule(self, then: Any, match: Any = None, *, everybody: bool = False, **more: Any) -> Any:
        """Adds a rule, which has to be accepted."""
        data = {"then": then} | ({"match": match} if match is not None else {}) | more
        reply = self.control("POST", "rules", data, everybody=everybody)
        assert reply.status == 201, reply.content
        return reply.json

    def refused(self, rule: Any, *, status: int = 400, everybody: bool = False) -> Any:
        """What the control API says of a rule that it refuses."""
        reply = self.control("POST", "rules", rule, everybody=everybody)
        assert (reply.status, reply.headers["Content-Type"]) == (status, PROBLEM), reply.content
        return reply.json

    def create(self, prompt: str = "a cat", **fields: Any) -> Reply:
        """A create call that nothing is wrong with."""
        return self.api.create(MINIMAL | {"prompt": prompt} | fields)

    def task(self, prompt: str = "a cat", **fields: Any) -> str:
        """A new task."""
        reply = self.create(prompt, **fields)
        assert reply.code == 0, reply.content
        return str(reply.json["task_id"])

    def codes(self, calls: int) -> list[int]:
        """The codes of so many creates."""
        return [self.create().code for _ in range(calls)]

    def status(self, task_id: str) -> str:
        """What a query says of the task."""
        return str(self.api.query(task_id).json["status"])

    def advance(self, seconds: float, **more: Any) -> Any:
        """Moves the clock of this account on."""
        reply = self.control("POST", "clock/advance", {"seconds": seconds} | more)
        assert reply.status == 200, reply.content
        return reply.json

    def done(self, prompt: str = "a cat", **fields: Any) -> tuple[str, str]:
        """A task that has ended, and the link to its video."""
        task_id = self.task(prompt, **fields)
        self.advance(100)
        file_id = self.api.query(task_id).json["file_id"]
        return task_id, str(self.api.retrieve(file_id).json["file"]["download_url"])

    def journal(self, **query: Any) -> list[Any]:
        """The entries of this account."""
        found: list[Any] = self.control("GET", "requests", **query).json["requests"]
        return found

    def entry(self, reply: Reply) -> Any:
        """The journal's entry of an answer."""
        return self.control("GET", f"requests/{reply.headers['X-Mock-Request-Id']}", everybody=True).json

    def callbacks(self) -> list[Any]:
        """The deliveries of this account."""
        found: list[Any] = self.control("GET", "callbacks").json["callbacks"]
        return found

    def look(self) -> Any:
        """The account as the control API shows it."""
        return self.control("GET", f"accounts/{self.key}", everybody=True).json


def at_once(work: Iterable[Callable[[], None]]) -> None:
    """Does everything at the same time, each in a thread of its own; what one raises fails the test."""
    errors: list[BaseException] = []

    def run(each: Callable[[], None]) -> None:
        try:
            each()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
