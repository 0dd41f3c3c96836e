"""Which kind of create call a body counts as, and what is said about it when it is refused or has fields too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mock_server.contract.mode import Mode
from mock_server.contract.validation import did_you_mean
from mock_server.errors import Violation

# Rules that a body may break only because it was taken for another kind of call than its author meant.
_DEPENDENT = {
    "model", "resolution", "resolution-for-model", "duration", "duration-for-model", "duration-for-resolution",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that the mode of a call does not know: what was perhaps meant, and what there is to say about modes."""

    name: str
    meant: str | None
    hint: str | None


def choose(modes: Sequence[Mode], body: Any) -> Mode:
    """The first mode whose field the body has, else the last one. The modes come by rank."""
    fields = body if isinstance(body, dict) else {}
    return next((mode for mode in modes if mode.field in fields), modes[-1])


def told(name: str, body: Mapping[str, Any], enabled: Sequence[Mode], known: Sequence[Mode]) -> UnknownField:
    """What there is to say about a field that the service will ignore."""
    marked = next((mode for mode in known if mode.field == name and mode not in enabled), None)
    if marked is not None:
        return UnknownField(name, None, f"It marks a call for {marked.name}. {_switch(marked)}")
    fields = dict.fromkeys(field for mode in enabled for field in mode.fields if field not in body)
    return UnknownField(name, did_you_mean(name, list(fields)), None)


def explained(
    violations: Sequence[Violation],
    body: Any,
    mode: Mode,
    enabled: Sequence[Mode],
    every: Callable[[], Sequence[Mode]],
) -> list[Violation]:
    """The violations with what there is to say about modes: the service's text for another one's model, and one hint.

    `enabled` are the modes that are switched on, by rank; `every` gives all there are, which takes a while at first.
    """
    found = list(violations)
    place = next((at for at, each in enumerate(found) if _may_be_of_another_mode(each)), None)
    if not isinstance(body, dict) or place is None:
        return found
    known, model = every(), body.get("model")
    owners = [each for each in known if found[place].rule == "model" and model in each.matrix.models]
    if owners:
        found[place] = mode.judge.reworded(found[place], "mode", wording=mode.wording, given=model, mode=mode.words)
    hints = [found[place].hint, *_hints(body, mode, enabled, known, owners)]
    found[place] = replace(found[place], hint=" ".join(hints))
    return found


def _may_be_of_another_mode(violation: Violation) -> bool:
    return (violation.rule == "body" and bool(violation.pointer)) or violation.rule in _DEPENDENT


def _hints(
    body: Mapping[str, Any], mode: Mode, enabled: Sequence[Mode], known: Sequence[Mode], owners: Sequence[Mode]
) -> Iterator[str]:
    """What a refused call looks like, what it counts as, and why."""
    meant = owners[0] if owners else choose(known, body)
    if owners:
        marks = " or ".join(each.field or "no picture" for each in owners)
        yield f"{body['model']} is a model of {' and '.join(each.name for each in owners)}, which has {marks}."
    elif meant not in enabled:
        yield f"The body looks like {meant.name}, since it has {_mark(meant, body, known)}."
    if meant not in enabled and not set(owners) & set(enabled):
        yield _switch(meant)
    elif len(enabled) > 1:
        yield f"The call counts as {mode.name}, since it has {_mark(mode, body, enabled)}."
    for name in mode.unknown_fields(body):
        field = told(name, body, enabled, known)
        if field.meant in {each.field for each in known if each.field is not None}:
            yield f"The service does not know {name}; did you mean {field.meant}?"


def _switch(mode: Mode) -> str:
    return f"The mock takes {mode.name} when it is started with --modes {mode.name} or --modes all."


def _mark(mode: Mode, body: Mapping[str, Any], modes: Sequence[Mode]) -> str:
    """What of a body makes it one for the mode, as opposed to the others."""
    if mode.field in body:
        return str(mode.field)
    others = [each.field for each in modes if each.field is not None and each is not mode]
    return "no picture" if mode.field is None and len(others) == 3 else f"no {' or '.join(others)}"
