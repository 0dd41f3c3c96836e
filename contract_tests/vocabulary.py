"""A vocabulary: words in which cases state obligations. Each word is one function of what was observed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from contract_tests.outcome import Finding

Seen = TypeVar("Seen")


class Vocabulary(Generic[Seen]):
    """The words of one suite. `load` imports the modules that add theirs when they are read."""

    def __init__(self, load: Callable[[], object]) -> None:
        self._load = load
        self._words: dict[str, Callable[[Seen, Any], Finding]] = {}

    def word(self, function: Callable[[Seen, Any], Finding]) -> Callable[[Seen, Any], Finding]:
        """Makes a function a word, under its own name."""
        self._words[function.__name__] = function
        return function

    def known(self) -> Mapping[str, Callable[[Seen, Any], Finding]]:
        """Every word."""
        self._load()
        return self._words

    def look(self, seen: Seen, name: str, argument: Any) -> Finding:
        """What a word finds."""
        return self.known()[name](seen, argument)
