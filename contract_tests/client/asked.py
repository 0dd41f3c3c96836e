"""Words about what was asked for: each call on its own, what became of its input, and what was told in return."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contract_tests.client.observation import Observation
from contract_tests.client.said import in_words
from contract_tests.client.vocabulary import all_of, word
from contract_tests.outcome import Finding, Seen, broken, met, unseen

# The input of a call has the names of the contract but for the picture.
_MEMBER = {"image_url": "first_frame_image"}
_ABSENT = object()


@word
def each_call(observation: Observation, words: Any) -> Finding:
    """Words that every call has to meet, each looked at alone."""
    return _calls(observation, words, 1)


@word
def later_calls(observation: Observation, words: Any) -> Finding:
    """Words that every call after the first has to meet, each looked at alone."""
    return _calls(observation, words, 2)


def _calls(observation: Observation, words: Any, first: int) -> Finding:
    """The worst that is found in the calls from the first on: broken before unseen before met."""
    found: list[Finding] = []
    for number in range(first, len(observation.invocations) + 1):
        finding = all_of(observation.during(number), words)
        found.append(replace(finding, expected=f"in call {number}, {finding.expected}"))
    if not found:
        return broken(f"{first} calls or more", f"there were {len(observation.invocations)}")
    worst = min(found, key=lambda each: (Seen.BROKEN, Seen.UNSEEN, Seen.MET).index(each.seen))
    return worst if worst.seen is not Seen.MET else met(found[0].expected.replace(f"call {first}", "every call", 1))


@word
def as_given(observation: Observation, names: Any) -> Finding:
    """Options of the input stand in every create body exactly as the caller gave them, type included.

    `image_url` is looked for as `first_frame_image`; an option that the caller did not give has to be absent.
    """
    expected = f"{' and '.join(names)} in the body of create as the caller gave it"
    found = observation.of("create")
    if not found:
        return broken(expected, "there was no create")
    given = observation.last.call["input"]
    for name in names:
        wanted = given.get(name, _ABSENT)
        for each in found:
            body = each.json if isinstance(each.json, dict) else {}
            sent = body.get(_MEMBER.get(name, name), _ABSENT)
            if type(sent) is not type(wanted) or sent != wanted:
                return broken(f"{expected}: {_shown(wanted)}", f"{name} was {_shown(sent)}")
    return met(expected)


def _shown(value: Any) -> str:
    return "absent" if value is _ABSENT else f"{str(value)[:200]!r} ({type(value).__name__})"


@word
def gives(observation: Observation, argument: Any) -> Finding:
    """Success that names the id (`task_id` or `file_id`) which the server gave, and no other."""
    ids = observation.task_ids if argument == "task_id" else observation.file_ids
    expected = f"success with the {argument} {' or '.join(ids) or '(none was given)'}"
    invocation = observation.last
    if invocation.outcome != "success":
        return broken(expected, in_words(invocation))
    if invocation.level == 0:
        printed = any(each in observation.output for each in ids)
        return met(expected) if printed else unseen(expected, f"nothing that it printed names the {argument}")
    told = invocation.result.get(argument)
    return met(expected) if told in ids else broken(expected, f"{argument} is {told!r}")


@word
def tells(observation: Observation, texts: Any) -> Finding:
    """What the client printed or handed back has one of these texts, whatever their case."""
    expected = f"output or result that says {' or '.join(map(repr, texts))}"
    said = f"{observation.output} {observation.last.result}".lower()
    found = any(text.lower() in said for text in texts)
    return met(expected) if found else broken(expected, f"it does not say so; {in_words(observation.last)}")


@word
def never_says(observation: Observation, texts: Any) -> Finding:
    """Neither the error nor the output has one of these texts, whatever their case."""
    expected = f"an error that says nothing of {' or '.join(map(repr, texts))}"
    invocation = observation.last
    if invocation.outcome != "error":
        return broken(expected, in_words(invocation))
    said = f"{observation.output} {invocation.error.get('message', '')}".lower()
    found = next((text for text in texts if text.lower() in said), None)
    return met(expected) if found is None else broken(expected, f"it says {found!r}; {in_words(invocation)}")


@word
def without_header(observation: Observation, argument: Any) -> Finding:
    """No request of the API has a header of this name."""
    expected = f"no header {argument} on any request"
    found = next((each for each in observation.exchanges if each.values(argument)), None)
    return met(expected) if found is None else broken(expected, f"{found.method} {found.path} had it")
