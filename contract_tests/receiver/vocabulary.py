"""The words in which cases state obligations. Each word is one function of a scene that was played."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from contract_tests.outcome import Finding
from contract_tests.receiver.scene import Scene

Word = Callable[[Scene, Any], Finding]
_WORDS: dict[str, Word] = {}


def word(function: Word) -> Word:
    """Makes a function a word of the vocabulary, under its own name."""
    _WORDS[function.__name__] = function
    return function


def known() -> Mapping[str, Word]:
    """Every word."""
    from contract_tests.receiver import aftermath, answers, kept  # noqa: F401 - they add theirs when they are read

    return _WORDS


def look(scene: Scene, name: str, argument: Any) -> Finding:
    """What a word finds."""
    return known()[name](scene, argument)
