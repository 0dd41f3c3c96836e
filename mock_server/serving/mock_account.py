"""One account of a running mock, for tests in Python: make it misbehave, move its time, ask what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from mock_server.control import accounts, callbacks, requests, rules, tasks, time
from mock_server.control.verifying import TIMEOUT, Evidence, Expectation, verify, wait
from mock_server.errors import Mistake, Problem
from mock_server.operations.refusals import INVALID_PARAMS
from mock_server.operations.service import Service
from mock_server.web.request_log import line_of

Result = TypeVar("Result")
# The code with which a create is refused when its receiver fails the challenge.
CALLBACK_NOT_PROVEN = INVALID_PARAMS


class MockAccount:
    """Everything that belongs to one API key of a mock: `mock.account("key")`.

    A wrong argument raises ValueError in one line that names the field and what is allowed; what did not happen as
    expected raises AssertionError with what came nearest.
    """

    def __init__(self, service: Service, key: str, url: str) -> None:
        self._service = service
        self.api_key = key
        # The origin, without `/v1`.
        self.url = url
        # What a strict test has asked for itself: codes of refused creates, and challenges that fail.
        self.allowed: set[int] = set()
        self.challenges_may_fail = False
        # Done before a reset: the last moment in which what it forgets can be seen.
        self.before_reset: Callable[[], None] = lambda: None

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that lead a client here."""
        return {**addresses(self.url), "MINIMAX_API_KEY": self.api_key}

    # Making it misbehave

    def rule(
        self,
        then: Mapping[str, Any],
        match: Mapping[str, Any] | None = None,
        *,
        times: int | None = None,
        probability: float | None = None,
        after: int | None = None,
    ) -> str:
        """Adds a rule for this account and gives its id; the members are those of `POST /__mock/rules`."""
        data: dict[str, Any] = {"then": dict(then)} | ({"match": dict(match)} if match is not None else {})
        given = {"times": times, "probability": probability, "after": after}
        data |= {name: value for name, value in given.items() if value is not None}
        added = _plainly(lambda: rules.add(self._service, self.api_key, data))
        return str(added["id"])

    def fail_next(self, code: int, operation: str = "create", *, times: int = 1) -> str:
        """The next call of that operation, or the next so many, are refused with a status code."""
        return self.rule({"code": code}, {"operation": operation}, times=times)

    def use(self, scenario: str | None) -> None:
        """Puts a scenario of the catalogue in force, or none."""
        _plainly(lambda: rules.use_scenario(self._service, self.api_key, scenario))

    def limit(self, **limits: float | None) -> None:
        """Sets `balance` (US dollars) or `rpm` (creates a minute) from now on; None takes a limit away."""
        self._check("changeAccount", limits)
        _plainly(lambda: accounts.change(self._service, self.api_key, limits))

    def allow(self, *codes: int) -> None:
        """Lets a test with `strict=True` have creates refused with these codes; 2013 allows failed challenges too."""
        self.allowed |= set(codes)
        self.challenges_may_fail |= CALLBACK_NOT_PROVEN in codes

    # Time and tasks

    def advance(self, seconds: float, *, deadline: float = time.DEADLINE) -> list[dict[str, Any]]:
        """Moves this account's clock on and runs everything that is due; gives what happened, in order.

        Raises AssertionError when receivers have not answered within `deadline` real seconds.
        """
        self._check("advanceClock", {"seconds": seconds, "deadline": deadline})
        result = _plainly(lambda: time.advance(self._service, self.api_key, seconds, deadline))
        if result["pending"]:
            raise AssertionError(f"after {deadline:g} s these are still under way: {result['pending']}")
        happened: list[dict[str, Any]] = result["happened"]
        return happened

    def finish(self, task_id: str) -> dict[str, Any]:
        """Ends a running task in Success, now."""
        return _plainly(lambda: tasks.end(self._service, str(task_id), self.api_key, fail_code=None))

    def fail(self, task_id: str, code: int = 0) -> dict[str, Any]:
        """Ends a running task in Fail with a code, now."""
        self._check("failTask", {"code": code})
        return _plainly(lambda: tasks.end(self._service, str(task_id), self.api_key, fail_code=code))

    def push(
        self, message: dict[str, Any] | None = None, *, task_id: str | None = None, url: str | None = None
    ) -> dict[str, Any]:
        """Sends a callback made by hand, or, about a task, how it stands; gives what became of it."""
        return _plainly(lambda: callbacks.send(self._service, self.api_key, task_id=task_id, url=url, message=message))

    def replay(self, callback_id: str) -> dict[str, Any]:
        """Sends a callback once more; gives what became of it."""
        return _plainly(lambda: callbacks.replay(self._service, callback_id))

    # Asking afterwards

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The journal of this account, oldest first."""
        found: list[dict[str, Any]] = requests.listed(self._service, self.api_key)["requests"]
        return found

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """The tasks of this account, oldest first."""
        found: list[dict[str, Any]] = tasks.listed(self._service, self.api_key)["tasks"]
        return found

    @property
    def callbacks(self) -> list[dict[str, Any]]:
        """Every challenge and update of this account, oldest first."""
        found: list[dict[str, Any]] = callbacks.listed(self._service, self.api_key)["callbacks"]
        return found

    @property
    def ledger(self) -> dict[str, Any]:
        """Accepted creates and what they would have cost at list price."""
        account = self._service.world.shown(self.api_key)
        ledger: dict[str, Any] = accounts.shown(self._service, account)["ledger"]
        return ledger

    def verify(
        self,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        order: Sequence[Mapping[str, Any]] | None = None,
        **match: Any,
    ) -> int:
        """How many requests match, as often and in the order that was expected: `verify(operation="create", times=1)`."""
        expectation = self._expectation("Request", match, times, at_least, at_most, order)
        return _verified(lambda: verify(expectation, self._seen_requests()))

    def verify_callbacks(
        self,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        order: Sequence[Mapping[str, Any]] | None = None,
        **match: Any,
    ) -> int:
        """How many callbacks match, as often and in the order that was expected."""
        expectation = self._expectation("Callback", match, times, at_least, at_most, order)
        return _verified(lambda: verify(expectation, self._seen_callbacks()))

    def wait(
        self, *, times: int | None = None, at_least: int | None = None, timeout: float = TIMEOUT, **match: Any
    ) -> int:
        """Waits until so many requests match, at most `timeout` real seconds."""
        self._check("waitForRequests", {"timeout": timeout})
        expectation = self._expectation("Request", match, times, at_least)
        signal = self._service.journal.signal
        return _verified(lambda: wait(expectation, self._seen_requests, signal, timeout))

    def wait_for_callbacks(
        self, *, times: int | None = None, at_least: int | None = None, timeout: float = TIMEOUT, **match: Any
    ) -> int:
        """Waits until so many callbacks match, at most `timeout` real seconds."""
        self._check("waitForCallbacks", {"timeout": timeout})
        expectation = self._expectation("Callback", match, times, at_least)
        signal = self._service.callbacks.record.signal
        return _verified(lambda: wait(expectation, self._seen_callbacks, signal, timeout))

    def journal(self) -> list[str]:
        """The journal of this account, a line for each request."""
        entries, _ = self._service.journal.entries(self.api_key)
        return [line_of(entry) for entry in entries]

    def reset(self) -> None:
        """Forgets everything of this account."""
        self.before_reset()
        accounts.reset(self._service, self.api_key)

    def _check(self, operation_id: str, arguments: Mapping[str, Any]) -> None:
        """Holds arguments to what the control API takes."""
        _plainly(lambda: self._service.contract.control.check_call(operation_id, dict(arguments)))

    def _seen_requests(self) -> Evidence:
        return requests.evidence(self._service, self.api_key)

    def _seen_callbacks(self) -> Evidence:
        return callbacks.evidence(self._service, self.api_key)

    def _expectation(
        self,
        what: str,
        match: Mapping[str, Any],
        times: int | None,
        at_least: int | None,
        at_most: int | None = None,
        order: Sequence[Mapping[str, Any]] | None = None,
    ) -> Expectation:
        given = {"times": times, "atLeast": at_least, "atMost": at_most, "match": match or None}
        data: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if order is not None:
            data["order"] = [dict(step) for step in order]

        def checked() -> Expectation:
            self._service.contract.control.check(f"{what}Expectation", data)
            return requests.expectation(self._service, data)

        return _plainly(checked)


def addresses(url: str) -> dict[str, str]:
    """The environment variables in which clients look for the address of the service: the origin, without `/v1`."""
    return {"MINIMAX_BASE_URL": url, "MINIMAX_API_HOST": url, "MINIMAX_MOCK_URL": url}


def _plainly(work: Callable[[], Result]) -> Result:
    """What work gives; a mistake of the caller becomes a ValueError in one line."""
    try:
        return work()
    except Mistake as mistake:
        raise ValueError(mistake.in_words()) from None
    except Problem as problem:
        raise ValueError(problem.in_words()) from None


def _verified(work: Callable[[], Mapping[str, Any]]) -> int:
    try:
        return int(work()["count"])
    except Problem as problem:
        lines = [problem.detail, *(f"  nearest: {each}" for each in problem.extra.get("nearest", ()))]
        raise AssertionError("\n".join(lines)) from None
