"""The words in which cases state obligations. Each word is one function of a scene that was played."""

from __future__ import annotations

from contract_tests.receiver.scene import Scene
from contract_tests.vocabulary import Vocabulary


def _load() -> None:
    from contract_tests.receiver import aftermath, answers, kept  # noqa: F401 - they add theirs when they are read


_VOCABULARY: Vocabulary[Scene] = Vocabulary(_load)
word, known, look = _VOCABULARY.word, _VOCABULARY.known, _VOCABULARY.look
