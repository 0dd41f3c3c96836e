"""Judges one subject by cases, and says how what was found differs from what was declared."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from contract_tests.client.case import ClientCase, client_cases
from contract_tests.client.session import ClientSession
from contract_tests.outcome import Outcome
from contract_tests.plugs.plug import UnusablePlug
from tests.kit.client import trivial
from tests.kit.client.broken import FAULTS
from tests.kit.client.broken.fault import judged

REFERENCE = "reference"
ROOT = Path(__file__).parents[3]
CAUGHT = (Outcome.FAIL, Outcome.NON_STRICT)


@dataclass(frozen=True)
class Found:
    """What a run of one subject came to: outcome and reason of each case. `unusable` when it could not even begin."""

    name: str
    seconds: float
    outcomes: Mapping[str, str]
    reasons: Mapping[str, str]
    unusable: str = ""

    @property
    def caught_by(self) -> frozenset[str]:
        """The cases that did not let it pass."""
        return frozenset(case for case, outcome in self.outcomes.items() if outcome in CAUGHT)

    def with_more(self, later: Found) -> Found:
        """Together with what was found later, of other cases or of the same once more."""
        outcomes, reasons = {**self.outcomes, **later.outcomes}, {**self.reasons, **later.reasons}
        return Found(self.name, round(self.seconds + later.seconds, 1), outcomes, reasons, later.unusable)

    def write(self, folder: Path) -> None:
        """Keeps it for a run that goes on later."""
        (folder / f"{self.name}.json").write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Found:
        """What an earlier run has kept."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def plug_of(name: str) -> str:
    """How a subject is plugged in: a fault, a trivial client, or the reference."""
    if name == REFERENCE:
        return "py:examples.reference_client:make"
    return trivial.PLUGS.get(name) or FAULTS[name].plug


def judge(name: str, cases: Iterable[str], url: str | None = None) -> Found:
    """Plays the cases with these ids, in the order of the catalogue, against a mock of its own or the one at `url`."""
    wanted, begun = {*cases}, time.monotonic()
    outcomes: dict[str, str] = {}
    reasons: dict[str, str] = {}
    unusable = ""
    try:
        with ClientSession(plug_of(name), folder=ROOT, url=url) as session:
            for case in client_cases():
                if case.id in wanted:
                    outcomes[case.id], reasons[case.id] = _played(session, case)
    except UnusablePlug as error:
        unusable = str(error)
    return Found(name, round(time.monotonic() - begun, 1), outcomes, reasons, unusable)


def _played(session: ClientSession, case: ClientCase) -> tuple[str, str]:
    record = session.judge(case)
    return str(record["outcome"]), " ".join(str(record["reason"]).split())[:300]


def deviations(found: Found) -> list[str]:
    """How a subject deviates from what it has to come to, in the cases that were played; empty when it does not."""
    if found.unusable:
        return [f"it could not be judged: {found.unusable}"]
    wrong = [
        f"{case}: {outcome} ({found.reasons[case]})"
        for case, outcome in found.outcomes.items()
        if outcome not in (*CAUGHT, Outcome.PASS, *_also_right(found.name))
    ]
    if found.name in trivial.PLUGS:
        return wrong + [f"it passes {case}" for case, outcome in found.outcomes.items() if outcome == Outcome.PASS]
    declared = FAULTS[found.name].caught_by if found.name in FAULTS else frozenset()
    declared &= {*found.outcomes}
    wrong += [f"not caught by {case}" for case in sorted(declared - found.caught_by)]
    wrong += [f"also caught by {case} ({found.reasons[case]})" for case in sorted(found.caught_by - declared)]
    return wrong


def _also_right(name: str) -> tuple[Outcome, ...]:
    """What is neither caught nor passed and still right: of a bare command little can be seen, and it offers little."""
    return (Outcome.NOT_OBSERVABLE, Outcome.NOT_APPLICABLE) if name in trivial.PLUGS else ()


def every_case() -> frozenset[str]:
    """The cases that a subject is judged by."""
    return judged()
