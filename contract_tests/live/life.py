"""The one thing that costs money: the cheapest create, followed to its end. The create is sent once, whatever happens."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from contract_tests.api import QUERY, RETRIEVE
from contract_tests.live.address import Refused, is_loopback
from contract_tests.live.answers import code_of, json_of, refuses
from contract_tests.live.asking import Asker, Stop, in_short
from contract_tests.live.ledger import Ledger
from contract_tests.live.plan import MOST_POLLS
from contract_tests.live.price_table import Price, in_dollars
from contract_tests.live.probes import Probe, Request
from contract_tests.live.shape import USER_AGENT, wanted
from contract_tests.live.wire import NoAnswer, Reply, Wanted

LONGEST_MEMBER = 200
_ENDS = ("success", "fail", "failed")
# With these a task has not ended: no error, limits, and a server in trouble.
_GO_ON = (0, None, 1000, 1001, 1002, 1024, 1033, 1039, 1041, 2045)


class Life:
    """Creates one video and asks for it until it has ended. `pause` lets the seconds between two queries pass."""

    def __init__(self, probe: Probe, asker: Asker, pause: Callable[[], object]) -> None:
        self._probe = probe
        self._asker = asker
        self._pause = pause

    def run(self, ledger: Ledger, price: Price, budget: int) -> None:
        """Goes the whole way. Raises Refused when the budget does not suffice, Stop when the end is not known."""
        task_id = self._create(ledger, price, budget)
        file_id = self._follow(task_id) if task_id else ""
        link = self._retrieve(file_id) if file_id else ""
        if link:
            self._look_at_video(link)

    def _create(self, ledger: Ledger, price: Price, budget: int) -> str:
        """The create; the identifier of its task, empty when it was refused."""
        refuse_over_budget(ledger.spent, price.milli, budget)
        step = self._step("create", self._probe.request)
        self._asker.pace.await_turn()
        create_id = secrets.token_hex(8)
        ledger.begin(create_id, price.milli, {
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "host": self._asker.target.host,
            "probe": self._probe.id, "prices_as_of": price.as_of,
        })  # fmt: skip
        try:
            reply = self._asker.now(wanted(step.request, self._asker.target.url, self._asker.keys))
        except NoAnswer as nothing:
            ledger.end(create_id, "ambiguous" if nothing.sent else "not sent", why=nothing.reason)
            lost = "the create may have been accepted, and charged; it is not sent again" if nothing.sent else None
            self._asker.facts.add(step, None, trouble=nothing.reason, ambiguity=lost)
            raise Stop(3, f"{step.id}: no answer, {nothing.reason}; {lost or 'it did not arrive'}") from None
        self._note(step, reply)
        task_id = _member(reply, "task_id")
        if refuses(reply):
            ledger.end(create_id, "refused", code=code_of(json_of(reply)))
            return ""
        ledger.end(create_id, "accepted" if task_id else "ambiguous", task_id=self._asker.keys.hidden(task_id))
        if not task_id:
            raise Stop(3, f"{step.id}: the answer neither refuses the create nor names a task; look at the account")
        self._asker.say(f"task {task_id}: {in_dollars(price.milli)} USD at most, written down in the ledger")
        return task_id

    def _follow(self, task_id: str) -> str:
        """Asks until the task has ended; the identifier of its file, empty when there is none."""
        step = self._step("query", Request("query", "GET", QUERY, parameters={"task_id": "<task_id>"}))
        asked = wanted(replace(step.request, parameters={"task_id": task_id}), self._asker.target.url, self._asker.keys)
        states: list[str] = []
        for number in range(MOST_POLLS):
            if number:
                self._pause()
            reply = self._answer_to(asked, step)
            if reply is None:
                continue
            state = _member(reply, "status")
            if not states:
                self._note(replace(step, id=f"{self._probe.id}-query-first", title="the first query"), reply)
            if [state] != states[-1:]:
                states.append(state)
                self._asker.say(f"task {task_id}: {state or 'no status'}")
            if state.lower() in _ENDS or code_of(json_of(reply)) not in _GO_ON:
                last = replace(step, id=f"{self._probe.id}-query-last", title="the last query")
                self._note(last, reply, states=states)
                return _member(reply, "file_id") if state.lower() == "success" else ""
        raise Stop(3, f"task {task_id} has not ended within {MOST_POLLS} queries; ask for it later")

    def _answer_to(self, asked: Wanted, step: Probe) -> Reply | None:
        """The answer to a question that changes nothing and may be asked again; None when none came."""
        try:
            return self._asker.once(asked)
        except NoAnswer as nothing:
            self._asker.say(f"{step.id}: no answer, {nothing.reason}")
            self._asker.check_patience()
            return None

    def _retrieve(self, file_id: str) -> str:
        """The link to the video; empty when there is none."""
        step = self._step("retrieve", Request("retrieve", "GET", RETRIEVE, parameters={"file_id": "<file_id>"}))
        request = replace(step.request, parameters={"file_id": file_id})
        reply = self._answer_to(wanted(request, self._asker.target.url, self._asker.keys), step)
        if reply is None:
            return ""
        self._note(step, reply)
        data = json_of(reply)
        file = data.get("file") if isinstance(data, dict) else None
        link = file.get("download_url") if isinstance(file, dict) else None
        return link if isinstance(link, str) else ""

    def _look_at_video(self, link: str) -> None:
        """Asks for the video's headers, without the key, wherever the link leads, but not to this machine from elsewhere."""
        step = self._step("video", Request("download", "HEAD", "<download_url>", auth="none"))
        if not _can_be_followed(link, from_loopback=self._asker.target.loopback):
            self._asker.facts.add(step, None, trouble="the link is none that can be followed")
            return
        reply = self._answer_to(Wanted("HEAD", link, (("User-Agent", USER_AGENT),)), step)
        if reply is not None:
            self._note(step, reply)

    def _step(self, name: str, request: Request) -> Probe:
        return replace(self._probe, id=f"{self._probe.id}-{name}", request=request)

    def _note(self, step: Probe, reply: Reply, **more: Any) -> None:
        facts = self._asker.describe(reply) | more
        self._asker.facts.add(step, facts)
        self._asker.say(in_short(step.id, facts))


def refuse_over_budget(spent: int, price: int, budget: int) -> None:
    """Raises Refused when what was spent and what is about to be comes to more than the budget."""
    if spent + price > budget:
        raise Refused(
            f"--budget {in_dollars(budget)}: the ledger holds {in_dollars(spent)} USD, and this create may cost "
            f"{in_dollars(price)} USD more"
        )


def _can_be_followed(link: str, *, from_loopback: bool) -> bool:
    """Whether a link leads somewhere on the web, and not to this machine from another one."""
    try:
        parts = urlsplit(link)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    written = link.isascii() and link.isprintable() and " " not in link
    return whole and written and (from_loopback or not is_loopback(parts.hostname or ""))


def _member(reply: Reply, name: str) -> str:
    """A member of the answer as text; numbers too, since identifiers may come as such."""
    data = json_of(reply)
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return ""
    return str(value)[:LONGEST_MEMBER].encode("ascii", "backslashreplace").decode()
