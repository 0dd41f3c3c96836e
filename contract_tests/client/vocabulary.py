"""The words in which cases state obligations. Each word is one function of an observation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contract_tests.client.observation import Observation
from contract_tests.outcome import Finding, Seen, broken, met, unseen
from contract_tests.vocabulary import Vocabulary


def _load() -> None:
    from contract_tests.client import asked, kept, moments, named, said, sent  # noqa: F401 - they add theirs when they are read


_VOCABULARY: Vocabulary[Observation] = Vocabulary(_load)
word, known, look = _VOCABULARY.word, _VOCABULARY.known, _VOCABULARY.look


def inner_words(name: str, argument: Any) -> list[Mapping[str, Any]]:
    """The mappings of words to arguments that the argument of a word is made of; none for most words."""
    if name == "any_of":
        return list(argument)
    if name == "of_call":
        return [argument["words"]]
    return [argument] if name in ("if_succeeds", "if_fails", "each_call", "later_calls") else []


@word
def any_of(observation: Observation, ways: Any) -> Finding:
    """One of several ways to be right, each a mapping of words that must all be met."""
    expected, actual, hidden = [], [], False
    for way in ways:
        findings = [look(observation, name, argument) for name, argument in way.items()]
        if all(each.seen is Seen.MET for each in findings):
            return met(" and ".join(each.expected for each in findings))
        hidden = hidden or not any(each.seen is Seen.BROKEN for each in findings)
        expected.append(" and ".join(each.expected for each in findings))
        actual.append("; ".join(each.actual for each in findings if each.seen is not Seen.MET))
    if hidden:
        return unseen(" or ".join(expected), " / ".join(actual))
    return broken(" or ".join(expected), " / ".join(dict.fromkeys(actual)))


@word
def if_succeeds(observation: Observation, words: Any) -> Finding:
    """Words that count only when the client says that it succeeded."""
    if observation.last.outcome != "success":
        return met("nothing, as the client reports no success")
    return all_of(observation, words)


@word
def if_fails(observation: Observation, words: Any) -> Finding:
    """Words that count only when the client says that it failed."""
    if observation.last.outcome == "success":
        return met("nothing, as the client reports success")
    return all_of(observation, words)


@word
def of_call(observation: Observation, argument: Any) -> Finding:
    """Words about one `call` alone, counted from 1: what came of it, and what was sent while it lasted."""
    number = argument["call"]
    if number > len(observation.invocations):
        return broken(f"{number} calls", f"there were {len(observation.invocations)}")
    finding = all_of(observation.during(number), argument["words"])
    return replace(finding, expected=f"in call {number}, {finding.expected}")


def all_of(observation: Observation, words: Any) -> Finding:
    """All of several words: the first that is broken, else the first that is unseen."""
    findings = [look(observation, name, argument) for name, argument in words.items()]
    for seen in (Seen.BROKEN, Seen.UNSEEN):
        for each in findings:
            if each.seen is seen:
                return each
    return met(" and ".join(each.expected for each in findings))
