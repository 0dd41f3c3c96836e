"""Which kind of create call a body counts as, and what is said about it when the body is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mock_server.contract.mode import Mode
from mock_server.errors import Violation

# Rules that a body may break only because it was taken for another kind of call than its author meant.
_DEPENDENT = {
    "model", "resolution", "resolution-for-model", "duration", "duration-for-model", "duration-for-resolution",
}  # fmt: skip


def choose(modes: Sequence[Mode], body: Any) -> Mode:
    """The first mode whose field the body has, else the last one. The modes come by rank."""
    fields = body if isinstance(body, dict) else {}
    return next((mode for mode in modes if mode.field in fields), modes[-1])


def explained(
    violations: Sequence[Violation], body: Any, mode: Mode, enabled: Sequence[Mode], known: Callable[[], list[Mode]]
) -> list[Violation]:
    """The violations with what there is to say about modes: the service's text for another one's model, and hints.

    `enabled` are the modes that are switched on, by rank; `known` gives all there are.
    """
    if not isinstance(body, dict):
        return list(violations)
    return [_explained(each, body, mode, enabled, known) for each in violations]


def _explained(
    violation: Violation, body: dict[str, Any], mode: Mode, enabled: Sequence[Mode], known: Callable[[], list[Mode]]
) -> Violation:
    missing = violation.rule == "body" and violation.pointer
    if not missing and violation.rule not in _DEPENDENT:
        return violation
    model = body.get("model")
    owners = [each for each in known() if violation.rule == "model" and model in each.matrix.models]
    if owners:
        violation = mode.judge.reworded(violation, "mode", given=model, mode=mode.words)
    meant = owners[0] if owners else choose(known(), body)
    hints = [violation.hint]
    if owners:
        hints.append(f"{model} is a model of {' and '.join(each.name for each in owners)}.")
    elif meant not in enabled:
        hints.append(f"The body looks like {meant.name}, since it has {_mark(meant, body, known())}.")
    if meant not in enabled and not set(owners) & set(enabled):
        hints.append(f"The mock takes {meant.name} when it is started with --modes {meant.name} or --modes all.")
    elif len(enabled) > 1:
        hints.append(f"The call counts as {mode.name}, since it has {_mark(mode, body, enabled)}.")
    return replace(violation, hint=" ".join(hints))


def _mark(mode: Mode, body: dict[str, Any], modes: Sequence[Mode]) -> str:
    """What of a body makes it one for the mode, as opposed to the others."""
    if mode.field in body:
        return str(mode.field)
    others = [each.field for each in modes if each.field is not None and each is not mode]
    return "no picture" if mode.field is None and len(others) == 3 else f"no {' or '.join(others)}"
