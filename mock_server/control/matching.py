"""Compares what was expected with what was seen, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mock_server.contract.validation import short
from mock_server.errors import Mistake
from mock_server.world.pattern import Patience, Pattern, TooSlow

# Members of these are compared one by one: JSON Pointer or name to value.
_NESTED = {"body", "message", "query"}
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that may match: its identifier, its facts by name, and what is shown of it beside the differences."""

    id: str
    facts: Mapping[str, Any]
    shown: tuple[str, ...]


class Expected:
    """What one thing has to be. Raises Mistake for a pattern that is none, or a time that ends before it begins."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = dict(data)
        if data.get("since", 0) > data.get("until", float("inf")):
            raise Mistake("/match/until", f"{data['until']} is before since {data['since']}")
        self._prompt = Pattern(data["prompt"], "/match/prompt") if "prompt" in data else None

    def differences(self, seen: Seen, patience: Patience) -> dict[str, Any]:
        """Every field that is not as expected, with what was expected and what was seen.

        Raises Mistake for a pattern that takes too long to search for, since nothing can be said then.
        """
        found: dict[str, Any] = {}
        for name, value in self.data.items():
            if name in _NESTED:
                found |= self._nested(name, value, seen.facts.get(name))
            elif not self._fits(name, value, seen.facts, patience):
                found[name] = {"expected": value, "seen": short(seen.facts.get(self._fact(name)))}
        return found

    def _fits(self, name: str, value: Any, facts: Mapping[str, Any], patience: Patience) -> bool:
        actual = facts.get(self._fact(name))
        if name == "prompt":
            return self._in_prompt(actual, patience)
        if name == "violation":
            return value in (actual or ())
        if name == "since":
            return actual is not None and bool(actual >= value)
        if name == "until":
            return actual is not None and bool(actual <= value)
        return same(actual, value)

    def _in_prompt(self, prompt: str | None, patience: Patience) -> bool:
        try:
            return self._prompt is None or self._prompt.found_in(prompt, patience)
        except TooSlow:
            raise Mistake("/match/prompt", f"{self.data['prompt']!r} takes too long to search for") from None

    @staticmethod
    def _fact(name: str) -> str:
        return "time" if name in ("since", "until") else name

    @staticmethod
    def _nested(name: str, wanted: Mapping[str, Any], actual: Any) -> dict[str, Any]:
        found = {}
        for key, value in wanted.items():
            there = _reach(actual, key) if name != "query" else (actual or {}).get(key, _MISSING)
            if there is _MISSING or not same(there, value):
                pointer = f"{name}{key}" if key.startswith("/") else f"{name}/{key}"
                seen = {"seen": short(there)} if there is not _MISSING else {"missing": True}
                found[pointer] = {"expected": value, **seen}
        return found


def same(actual: Any, expected: Any) -> bool:
    """Whether two JSON values are the same; true is not 1, wherever in them."""
    if isinstance(actual, dict) and isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(same(actual[name], expected[name]) for name in actual)
    if isinstance(actual, list) and isinstance(expected, list):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    return isinstance(actual, bool) == isinstance(expected, bool) and bool(actual == expected)


def nearest(expected: Expected, all_seen: Sequence[Seen], patience: Patience, most: int = 3) -> list[dict[str, Any]]:
    """The things that differ in the fewest fields, with their differences; none where they are as expected."""
    compared = [(expected.differences(seen, patience), seen) for seen in all_seen]
    closest = sorted(compared, key=lambda pair: len(pair[0]))[:most]
    return [
        {"id": seen.id, **{name: seen.facts.get(name) for name in seen.shown}, "differs": differences}
        for differences, seen in closest
    ]


def _reach(value: Any, pointer: str) -> Any:
    for token in (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]):
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        else:
            return _MISSING
    return value
