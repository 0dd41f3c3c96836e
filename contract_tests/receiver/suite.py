"""Plays one case against a receiver and judges it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from contract_tests.outcome import Checked, Finding, Outcome, Verdict, broken, judge, unseen
from contract_tests.plugs.documents import UnusablePlug
from contract_tests.receiver.case import Check, ReceiverCase
from contract_tests.receiver.effects import Habits
from contract_tests.receiver.mock import Mock, MockRefused
from contract_tests.receiver.probes import ProbeFailed
from contract_tests.receiver.scene import Scene
from contract_tests.receiver.subject import ReceiverPlug
from contract_tests.receiver.tasks import NoTask
from contract_tests.receiver.vocabulary import look
from contract_tests.wire.record import shown_wire

_LOG = logging.getLogger("contract_tests.receiver")
_NO_SECRET = "no part of its path is a secret; mark one with braces: /callback/{s3cret}"
# A process that closes its connections because it ends has not always ended yet.
_END_SECONDS = 0.5
_MISSING = {
    "restart": "the kit cannot stop and start it: let the kit start it (wsgi:, asgi: or cmd:)",
    "fault": "its store cannot be taken away: give a hook for it (--minimax-receiver-fault)",
}


def run_case(
    case: ReceiverCase, plug: ReceiverPlug, mock: Mock, habits: Habits, folder: Path, *, patience: float = 1.0
) -> dict[str, Any]:
    """The record of one case, as `results.json` has it, played against a receiver that was started."""
    started = time.perf_counter()
    wire: list[dict[str, Any]] = []
    try:
        verdict = _play(case, plug, lambda: Scene(plug, mock, habits, folder, patience=patience), wire)
    except Exception as error:  # a case that breaks must not take the others with it
        _LOG.exception("%s could not be played", case.id)
        verdict = Verdict(Outcome.ERROR, f"the kit: {error!r}")
    return {
        "id": case.id, "title": case.title, "level": str(case.level), "basis": list(case.basis), "why": case.why,
        "server": case.kit, "obligation": case.obligation, "outcome": str(verdict.outcome), "reason": verdict.reason,
        "seconds": round(time.perf_counter() - started, 3), "baseline": None,
        "checks": [each.as_dict() for each in verdict.checks], "calls": [], "wire": wire,
    }  # fmt: skip


def _play(
    case: ReceiverCase, plug: ReceiverPlug, new_scene: Callable[[], Scene], wire: list[dict[str, Any]]
) -> Verdict:
    if case.offers == "secret" and plug.secret is None:
        return Verdict(Outcome.NOT_APPLICABLE, _NO_SECRET)
    try:
        plug.revive()
        with new_scene() as scene:
            try:
                scene.play(case.script)
                checks = list(_checked(case, scene))
                if any(each.exchange.answer is None for each in scene.sent):
                    plug.wait_for_end(_END_SECONDS)
            finally:
                wire += shown_wire(scene.exchanges())
    except UnusablePlug as wrong:  # it was stopped and does not start again
        checks = [Checked("starts-again", case.level, broken("it starts again after a stop", str(wrong)))]
    except (MockRefused, ProbeFailed) as wrong:
        if plug.exit_code is None:
            return Verdict(Outcome.ERROR, f"the stage could not be set: {wrong}")
        checks = []
    if plug.exit_code is not None:
        checks.append(Checked("goes-on", case.level, broken("the process goes on", f"it ended with {plug.exit_code}")))
    return judge(case.level, checks)


def _checked(case: ReceiverCase, scene: Scene) -> Iterator[Checked]:
    for check in case.checks:
        yield Checked(check.id, check.level, _found(check, scene))


def _found(check: Check, scene: Scene) -> Finding:
    if check.needs in scene.missing:
        return unseen(check.id.replace("-", " "), _MISSING[check.needs])
    try:
        return look(scene, check.word, scene.filled(check.argument))
    except NoTask as name:
        return unseen(check.id.replace("-", " "), f"the create of {name} was refused, so there is no task")
