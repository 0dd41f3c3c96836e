"""Judges a body against the schemas of the contract and says what is wrong in the service's and in our words.

Each validator is compiled once. A violation carries the rule of the schema node that was broken; its text, hint and
evidence come from the document, so nothing about a rule stands here.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

from mock_server.contract.document import Document
from mock_server.contract.rules import Rule
from mock_server.contract.strict_validator import compiled, findings
from mock_server.errors import Violation
from mock_server.secret_names import without_secrets

GIVEN_LENGTH = 80
# Words that one is compared with; the members of a body may be a hundred thousand.
_MOST_KNOWN = 1000


class Judge:
    """Compiled validators for the schemas of one document."""

    def __init__(self, document: Document) -> None:
        self._rules = document.rules
        self._document = document

    def validator(self, pointer: str) -> Validator:
        """The validator for the schema at a JSON Pointer."""
        return compiled(self._document, pointer)

    def finds_nothing(self, validator: Validator, body: Any) -> bool:
        """Whether a body breaks no rule."""
        return not findings(validator, body)

    def violations(self, validator: Validator, body: Any, facts: Mapping[str, Any]) -> list[Violation]:
        """Every broken rule in the order of the rules; the first gives the text of the answer.

        `facts` are values for the texts, such as the resolution that applies when the body names none.
        """
        errors = list(findings(validator, body))
        # A value of the wrong type breaks every rule about values too; only the type is worth telling.
        mistyped = {tuple(error.absolute_path) for error in errors if error.validator == "type"}
        found = [
            (rule.order, self._violation(rule, error, body, facts))
            for error in errors
            if error.validator == "type" or tuple(error.absolute_path) not in mistyped
            for rule in [self._rules[_rule_of(error)]]
        ]
        return [violation for _, violation in sorted(found, key=lambda pair: pair[0])]

    def notes(self, validator: Validator, rule_id: str, body: Any) -> list[Violation]:
        """The advice `rule_id` as a violation when the body does not follow it."""
        found = findings(validator, body)
        if not found:
            return []
        rule = self._rules[rule_id]
        return [
            self._describe(rule, "", error.absolute_path, error.instance, error.validator_value)
            for error in islice(found, 1)
        ]

    def hint(self, rule_id: str) -> str:
        """What the document advises about a rule."""
        return self._rules[rule_id].hint

    def broken(self, rule_id: str, keyword: str = "", **facts: Any) -> Violation:
        """A violation that the server found where no schema can say the rule."""
        rule = self._rules[rule_id]
        violation = self._describe(rule, keyword, [], facts.get("given"), facts.get("allowed"))
        return replace(
            violation, pointer=facts.get("pointer", ""), text=_fill(rule.text_for(keyword), facts),
            hint=facts.get("hint", rule.hint), did_you_mean=facts.get("did_you_mean"),
        )  # fmt: skip

    def reworded(self, violation: Violation, keyword: str, *, wording: str, **facts: Any) -> Violation:
        """The violation with the text that its rule has under another keyword, and how that text is known."""
        text = _fill(self._rules[violation.rule].text_for(keyword), facts)
        return replace(violation, text=text, wording=wording, did_you_mean=None)

    def _violation(self, rule: Rule, error: ValidationError, body: Any, facts: Mapping[str, Any]) -> Violation:
        instance: Any = error.instance
        limit: Any = error.validator_value
        keyword = str(error.validator)
        path = [str(part) for part in error.absolute_path]
        missing = keyword == "required"
        given = None if missing else instance
        allowed = rule.allowed if keyword == "pattern" else None if missing else limit
        violation = self._describe(rule, keyword, path, given, allowed)
        values = dict(body) if isinstance(body, dict) else {}
        values |= facts
        values |= {
            "field": ".".join(path) or "body",
            "given": violation.given,
            "allowed": allowed,
            "type": json_type(instance),
        }
        suggestion = None
        if keyword == "enum" and isinstance(instance, str):
            suggestion = did_you_mean(instance, [str(value) for value in limit])
        hint = rule.hint
        if keyword == "maxLength":
            hint = f"It has {len(instance)} characters. {hint}"
        if missing:
            similar = did_you_mean(path[-1], [str(name) for name in instance])
            hint = f"Add the field {path[-1]}" + (f"; the body has {similar} instead." if similar else ".")
        return replace(violation, text=_fill(rule.text_for(keyword), values), did_you_mean=suggestion, hint=hint)

    def _describe(self, rule: Rule, keyword: str, path: Any, given: Any, allowed: Any) -> Violation:
        pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
        return Violation(
            rule=rule.id, pointer=pointer, given=short(given), allowed=allowed, hint=rule.hint,
            evidence=rule.evidence, wording=rule.wording_for(keyword),
        )  # fmt: skip


def _rule_of(error: Any) -> str:
    """The identifier of the rule that the broken schema node carries; at start each was seen to carry one."""
    return str(error.schema["x-rule"])


def _fill(template: str | None, values: Mapping[str, Any]) -> str | None:
    if template is None:
        return None
    return re.sub(r"\{([a-z_]+)\}", lambda match: cut(_in_text(values.get(match[1], ""))), template)


def _in_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def json_type(value: Any) -> str:
    """The name that JSON Schema has for the type of a value."""
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def did_you_mean(given: str, known: list[str]) -> str | None:
    """The known word that is closest to what was given, whatever the case of its letters."""
    by_folded = {word.casefold(): word for word in known[:_MOST_KNOWN]}
    close = difflib.get_close_matches(cut(given).casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def cut(text: str) -> str:
    """A text of at most 80 characters, with an ellipsis where more was left out."""
    return text if len(text) <= GIVEN_LENGTH else text[: GIVEN_LENGTH - 1] + "…"


def short(value: Any) -> Any:
    """A JSON value that is short itself: scalars as they are, texts cut, the rest as cut text."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else cut(str(value))
    if isinstance(value, str):
        return cut(value)
    # Only the beginning is written out, however large the value is.
    encoder = json.JSONEncoder(ensure_ascii=False)
    text = ""
    for piece in encoder.iterencode(value):
        text += piece[: GIVEN_LENGTH + 1]
        if len(text) > GIVEN_LENGTH:
            break
    return cut(without_secrets(text))
