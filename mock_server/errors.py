"""Errors as values: what went wrong, where, and what to do about it.

A `Violation` is one broken rule. A `Refusal` is raised by the step of an operation that turns a call away; one
place (`mock_server.operations.refusals`) turns it into the answer that goes over the wire.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of the contract, or of a setting that stands for a real cause.

    `rule` is the identifier in the contract document, `pointer` a JSON Pointer into the body (or the name of a
    header, parameter or setting), `given` what was found (cut short; None where nothing was), and `allowed` what would have been accepted.
    `evidence` tells how the rule is known and `wording` how the vendor's text for it is known.
    """

    rule: str
    pointer: str = ""
    given: Any = None
    allowed: Any = None
    hint: str = ""
    evidence: str = "documented"
    wording: str = "assumed"
    did_you_mean: str | None = None
    nearest: dict[str, Any] | None = None
    text: str | None = None

    def in_words(self) -> str:
        """The violation in one line for a log, with what a client sent in quotes."""
        words = f"{self.rule}{f' at {self.pointer}' if self.pointer else ''}: "
        if self.given is not None:
            words += f"given {json.dumps(self.given, ensure_ascii=False)}, "
        if self.allowed is not None:
            listed = ", ".join(map(str, self.allowed)) if isinstance(self.allowed, list) else self.allowed
            words += f"allowed {listed}; "
        if self.did_you_mean is not None:
            words += f"did you mean {self.did_you_mean}? "
        return words + self.hint

    def as_dict(self) -> dict[str, Any]:
        """The violation as JSON data, without what is not known."""
        data: dict[str, Any] = {"rule": self.rule, "pointer": self.pointer, "given": self.given}
        if self.allowed is not None:
            data["allowed"] = self.allowed
        if self.did_you_mean is not None:
            data["did_you_mean"] = self.did_you_mean
        if self.nearest is not None:
            data["nearest"] = self.nearest
        return data | {"hint": self.hint, "evidence": self.evidence, "wording": self.wording}


class Refusal(Exception):
    """A call is turned away with a status code of the vendor.

    Without a `text` the wire text of the code's own row is used.
    """

    def __init__(
        self, code: int, *, text: str | None = None, violations: tuple[Violation, ...] = (), http_status: int = 200
    ) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.violations = violations
        self.http_status = http_status


class Mistake(Exception):
    """Something that a user wrote is wrong: where (a JSON Pointer), what, and what would have been allowed."""

    def __init__(self, pointer: str, detail: str, *, allowed: Any = None) -> None:
        super().__init__(pointer, detail)
        self.pointer = pointer
        self.detail = detail
        self.allowed = allowed

    def in_words(self) -> str:
        """The mistake in one line."""
        listed = ", ".join(map(str, self.allowed)) if isinstance(self.allowed, list) else self.allowed
        return f"{self.pointer or '/'}: {self.detail}" + (f"; allowed: {listed}" if listed is not None else "")


class Problem(Exception):
    """A call to the control API is wrong; becomes `application/problem+json` (RFC 9457) with these headers."""

    def __init__(
        self, status: int, title: str, *, detail: str, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = headers or {}
        self.extra = extra

    def in_words(self) -> str:
        """The problem in one line."""
        return f"{self.title}: {self.detail}"


class StartupError(Exception):
    """The server cannot start; the message is one line for the person who started it."""


class SettingsError(StartupError):
    """A setting has a value that it cannot have; the message names it and what it can have."""


class ContractError(StartupError):
    """A document of the contract is broken; the message names the file and the place."""


class ScenarioError(StartupError):
    """A scenario is not there or wrong; the message names file, line and what is allowed."""

    def __init__(self, message: str, *, allowed: Any = None) -> None:
        super().__init__(message)
        self.allowed = allowed
