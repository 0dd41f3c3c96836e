"""How one run asks: at its pace, with its keys, each request once, and everything that came is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract_tests.live.address import Target
from contract_tests.live.answers import ambiguity, facts_of, refuses, why_accepted
from contract_tests.live.facts_file import Facts
from contract_tests.live.pace import Pace
from contract_tests.live.probes import Probe
from contract_tests.live.shape import Keys, wanted
from contract_tests.live.wire import NoAnswer, Reply, Send, Wanted

# So many requests in a row without an answer, and the server is left alone.
PATIENCE = 3


class Stop(Exception):
    """The run ends here. `code` is its exit code, the message what a person has to know."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Asker:
    """Sends requests to one target and adds what comes to the facts."""

    target: Target
    keys: Keys
    send: Send
    pace: Pace
    facts: Facts
    say: Callable[[str], None]
    unanswered: int = 0
    answered: int = 0

    def probe(self, probe: Probe) -> None:
        """Sends one probe that must be refused. Raises Stop when it was perhaps not, or nobody answers any more."""
        try:
            reply = self.once(wanted(probe.request, self.target.url, self.keys))
        except NoAnswer as nothing:
            lost = nothing.sent and probe.request.operation == "create"
            self.facts.add(
                probe, None, trouble=nothing.reason, ambiguity="the create may have arrived; it is not sent again" if lost else None
            )  # fmt: skip
            self.say(f"{probe.id}: no answer, {nothing.reason}")
            if lost:
                raise Stop(1, accepted(probe, "its answer was lost")) from None
            self.check_patience()
            return
        facts = self.describe(reply)
        self.facts.add(probe, facts, ambiguity=ambiguity(probe, facts))
        self.say(in_short(probe.id, facts))
        if probe.request.operation == "create" and not refuses(reply):
            raise Stop(1, accepted(probe, why_accepted(reply) or "the answer does not say that no task was made"))

    def once(self, request: Wanted) -> Reply:
        """Sends a request when its turn has come. Raises NoAnswer; nothing is ever sent twice."""
        self.pace.await_turn()
        return self.now(request)

    def now(self, request: Wanted) -> Reply:
        """Sends a request whose turn has come."""
        try:
            reply = self.send(request)
        except NoAnswer:
            self.unanswered += 1
            raise
        self.unanswered = 0
        self.answered += 1
        return reply

    def describe(self, reply: Reply) -> dict[str, Any]:
        """The facts of an answer."""
        return facts_of(reply, keys=self.keys.all(), host=self.target.host)

    def check_patience(self) -> None:
        """Raises Stop when too many requests in a row were not answered."""
        if self.unanswered >= PATIENCE:
            where = f"{self.target.host} has not answered {PATIENCE} requests in a row"
            raise Stop(3 if self.answered else 4, f"{where}; nothing more is sent")


def in_short(name: str, facts: dict[str, Any]) -> str:
    """An answer in one line."""
    code = "no code" if facts["code"] is None else facts["code"]
    return f"{name}: HTTP {facts['status']}, {code}, {facts['text'][:100] or 'no text'}"


def accepted(probe: Probe, why: str) -> str:
    """What is said when a request that should have been invalid was perhaps taken."""
    return (
        f"FULL STOP: {probe.id} ({probe.title}) was made to be refused, but {why}. Nothing more is sent. "
        "A task may have been made: look at the account, and tell the authors of minimax-mock."
    )
