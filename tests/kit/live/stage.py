"""A live run without a real service: time that nobody waits for, and a far host that is a mock on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contract_tests.api import Api
from contract_tests.live.facts_file import read_facts
from contract_tests.live.options import KEY_VARIABLE, Options
from contract_tests.live.run import Outside, run_live
from contract_tests.live.wire import NoAnswer, Reply, Wanted, send
from mock_server import MockServer, Settings

KEY = "sk-api-0123456789ABCdef-live"
REAL = "https://api.minimax.io"
CREATE_PATH = "/v1/video_generation"


def no_such_name(_host: str, _port: int) -> Sequence[str]:
    """What every name server says of .invalid, without asking one."""
    raise OSError("no such name")


def mock(**settings: Any) -> MockServer:
    """A mock that asks no name server, and whose tasks end with the fourth query."""
    chosen: dict[str, Any] = {"port": 0, "progress": "polls:4", "callback_timeout": 0.5} | settings
    return MockServer(Settings(**chosen), resolver=no_such_name)


@dataclass
class Time:
    """A clock that only waiting moves, and what was waited for."""

    now: float = 1000.0
    waited: list[float] = field(default_factory=list)

    def clock(self) -> float:
        """The seconds."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Lets them pass."""
        self.waited.append(seconds)
        self.now += seconds


@dataclass
class Stage:
    """Runs against one mock, which stands for `url`; keeps what was said, sent and when.

    `lose` has numbers of requests, from 0, that get no answer: before the server saw them, or after it answered.
    """

    url: str
    folder: Path
    mock_url: str
    time: Time = field(default_factory=Time)
    said: list[str] = field(default_factory=list)
    sent: list[Wanted] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    lose: dict[int, str] = field(default_factory=dict)
    answer: str | None = None
    environment: dict[str, str] = field(default_factory=lambda: {KEY_VARIABLE: KEY})

    @property
    def facts_path(self) -> Path:
        """Where the facts are written."""
        return self.folder / "facts.json"

    @property
    def ledger_path(self) -> Path:
        """Where money is written down."""
        return self.folder / "ledger.jsonl"

    @property
    def facts(self) -> dict[str, Any]:
        """What the file says."""
        return read_facts(self.facts_path)

    @property
    def output(self) -> str:
        """Everything that was said."""
        return "\n".join(self.said)

    @property
    def creates(self) -> list[Wanted]:
        """The creates that were sent."""
        return [each for each in self.sent if each.method == "POST" and each.url.endswith(CREATE_PATH)]

    def run(self, **chosen: Any) -> int:
        """One run; its exit code. Raises Refused."""
        wanted: dict[str, Any] = {"yes": True, "facts": self.facts_path, "ledger": self.ledger_path} | chosen
        asked = None if self.answer is None else self._asked
        outside = Outside(self.environment, self.said.append, asked, self.time.clock, self.time.wait, self.deliver)
        return run_live(self.url, Options(**wanted), outside)

    def deliver(self, wanted: Wanted) -> Reply:
        """Sends to the mock what was meant for `url`."""
        number = len(self.sent)
        self.sent.append(wanted)
        self.moments.append(self.time.now)
        if self.lose.get(number) == "before":
            raise NoAnswer("nobody listens there", sent=False)
        reply = send(replace(wanted, url=wanted.url.replace(self.url, self.mock_url)))
        if self.lose.get(number) == "after":
            raise NoAnswer("the connection was closed without an answer", sent=True)
        return reply

    def _asked(self, question: str) -> str:
        self.said.append(question)
        return self.answer or ""


def journal(server: MockServer) -> list[Mapping[str, Any]]:
    """Every request that reached a mock."""
    entries: list[Mapping[str, Any]] = Api(server.url, None).send("GET", "/__mock/requests").json["requests"]
    return entries


def tasks(server: MockServer) -> list[Mapping[str, Any]]:
    """Every task that was made."""
    found: list[Mapping[str, Any]] = Api(server.url, None).send("GET", "/__mock/tasks").json["tasks"]
    return found


def rule(server: MockServer, match: Mapping[str, Any], then: Mapping[str, Any]) -> None:
    """Makes the mock differ, for every account."""
    added = Api(server.url, None).send(
        "POST", "/__mock/rules", body=json.dumps({"match": match, "then": then}).encode()
    )
    assert added.status in (200, 201), added.content
