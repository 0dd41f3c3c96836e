"""Watches over one test: what went wrong in the mock, or was refused, without the test having asked for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from mock_server.callbacks.record import Delivery
from mock_server.operations.service import Service
from mock_server.serving.mock_account import MockAccount
from mock_server.settings import Settings
from mock_server.world.forcing import plain_keys
from mock_server.world.journal import Entry


def key_for(test: str, settings: Settings) -> str:
    """The API key of a test: the same in every run, so that a seed repeats it, and one of --api-keys if there are any."""
    if plain := plain_keys(settings.api_keys or ()):
        return plain[0]
    return f"test-{hashlib.blake2b(test.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"


class TestWatch:
    """Remembers what the mock had seen when the test began, and what came until a reset forgot it."""

    __test__ = False  # no test class, whatever its name

    def __init__(self, service: Service, account: MockAccount) -> None:
        self._service = service
        self._account = account
        self._mark = service.own_faults.mark()
        self._before = {entry.id for entry in service.journal.entries()[0]}
        self._refusals: dict[str, Entry] = {}
        self._failed: dict[str, Delivery] = {}
        account.before_reset = self._collect

    def faults(self, *, strict: bool) -> list[str]:
        """Why the test has to fail, a line for each reason; `strict` adds what was refused without being asked for."""
        key = self._account.api_key
        found = [f"the mock itself failed: {text}" for text in self._service.own_faults.since(self._mark, key)]
        if not strict:
            return found
        self._collect()
        return found + self._refused() + self._unproven()

    def _collect(self) -> None:
        """Keeps what is wrong so far. A create may have come without a key, or with one that the test does not know."""
        for entry in self._service.journal.entries()[0]:
            if entry.operation == "create" and entry.code not in (0, None) and entry.id not in self._before:
                self._refusals[entry.id] = entry
        for delivery in self._service.callbacks.record.deliveries(self._account.api_key)[0]:
            if delivery.kind == "challenge" and delivery.reason is not None:
                self._failed[delivery.id] = delivery

    def _refused(self) -> list[str]:
        return [
            f"a create{self._whose(entry)} was refused with {entry.code}, which the test did not ask for: {_reason(entry)}"
            for entry in self._refusals.values()
            if entry.code not in self._account.allowed and not _asked_for(entry)
        ]

    def _unproven(self) -> list[str]:
        if self._account.challenges_may_fail:
            return []
        return [
            f"a challenge failed, which the test did not ask for: {delivery.reason}"
            for delivery in self._failed.values()
            if not _changes_message(delivery.rule)
        ]

    def _whose(self, entry: Entry) -> str:
        if entry.account == self._account.api_key:
            return ""
        return " without a key" if entry.account is None else " with another key than the test's"


def _asked_for(entry: Entry) -> bool:
    """Whether somebody asked for this very refusal: by a code, by changing the answer or the challenge before it."""
    broken = [violation.rule for violation in entry.violations]
    if "callback-challenge" in broken:
        return any(note["note"] == "challenge-ruled" and _changes_message(note) for note in entry.notes)
    return "forced" in broken or (not broken and entry.rule is not None)


def _changes_message(rule: Mapping[str, Any] | None) -> bool:
    """Whether that rule, as the journal shows it, sends another message, so that a good receiver fails as well."""
    return rule is not None and not {"change", "remove"}.isdisjoint(rule.get("then", ()))


def _reason(entry: Entry) -> str:
    first = entry.violations[0] if entry.violations else None
    return f"{first.rule}: {first.hint}" if first is not None else "no rule: "
