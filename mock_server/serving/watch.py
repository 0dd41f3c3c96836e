"""Watches over one test: what went wrong in the mock, or was refused, without the test having asked for it."""

from __future__ import annotations

import hashlib

from mock_server.operations.service import Service
from mock_server.serving.mock_account import MockAccount
from mock_server.settings import Settings


def key_for(test: str, settings: Settings) -> str:
    """The API key of a test: the same in every run, so that a seed repeats it, and one of --api-keys if there are any."""
    if settings.api_keys:
        return settings.api_keys[0]
    return f"test-{hashlib.blake2b(test.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"


class TestWatch:
    """Remembers where the faults of the mock stood when the test began."""

    __test__ = False  # no test class, whatever its name

    def __init__(self, service: Service, account: MockAccount) -> None:
        self._service = service
        self._account = account
        self._mark = service.own_faults.mark()

    def faults(self, *, strict: bool) -> list[str]:
        """Why the test has to fail, a line for each reason; `strict` adds what was refused without being asked for."""
        key = self._account.api_key
        found = [f"the mock itself failed: {text}" for text in self._service.own_faults.since(self._mark, key)]
        return found + self._refused() + self._unproven() if strict else found

    def _refused(self) -> list[str]:
        return [
            f"a create was refused with {entry['code']}, which the test did not ask for: {_reason(entry)}"
            for entry in self._account.requests
            if entry["operation"] == "create"
            and entry["code"] not in (0, None)
            and entry["rule"] is None
            and entry["code"] not in self._account.allowed
        ]

    def _unproven(self) -> list[str]:
        if self._account.challenges_may_fail:
            return []
        return [
            f"a challenge failed, which the test did not ask for: {delivery['reason']}"
            for delivery in self._account.callbacks
            if delivery["kind"] == "challenge" and not delivery["delivered"] and delivery["rule"] is None
        ]


def _reason(entry: dict[str, object]) -> str:
    violations = entry["violations"]
    first = violations[0] if isinstance(violations, list) and violations else {}
    return f"{first.get('rule', 'no rule')}: {first.get('hint', '')}"
