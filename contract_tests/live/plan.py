"""Which probes are sent, what they may cost at most, and how that is told before anything happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contract_tests.live.address import Refused, Target
from contract_tests.live.options import KEY_VARIABLE, REVOKED_VARIABLE, Options
from contract_tests.live.pace import REQUESTS, Pace
from contract_tests.live.poison import NEEDED, why_not_safe
from contract_tests.live.price_table import Price, in_dollars, price_of
from contract_tests.live.probes import Probe, read_catalogue
from contract_tests.server_cases import server_cases
from mock_server import __version__

MOST_POLLS = 80
# A paid life: the create, its queries, the retrieve, and the question for the video.
LIFE_REQUESTS = MOST_POLLS + 3
# So many names stand in one line.
FEW = 2
_MEANING = {
    "free": "cannot make a task",
    "dry": f"invalid in at least {NEEDED} ways, and sent with an account that has no money",
    "paid": "makes one video",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The probes in their order, the life that is paid for, if it is, and what is left out, with the reason."""

    probes: tuple[Probe, ...]
    life: Probe | None
    price: Price | None
    left_out: dict[str, str]

    @property
    def highest_cost(self) -> int:
        """What the plan may cost at most, in thousandths of a US dollar."""
        return self.price.milli if self.price is not None else 0

    @property
    def requests(self) -> int:
        """How many requests it may come to."""
        return len(self.probes) + (LIFE_REQUESTS if self.life is not None else 0)


def make_plan(options: Options, *, revoked: bool) -> Plan:
    """The plan for these options. Raises Refused for a probe that there is not, or that would not be safe to send."""
    catalogue = read_catalogue()
    every = (*catalogue.probes, catalogue.life)
    for beginning in options.only:
        if not any(probe.id.startswith(beginning) for probe in every):
            raise Refused(f"--probe {beginning}: no probe begins so; allowed: {', '.join(probe.id for probe in every)}")
    left_out = {case.id: case.live for case in server_cases().values() if case.live}
    chosen: list[Probe] = []
    for probe in every:
        if why := _why_left_out(probe, options, revoked=revoked):
            left_out[probe.id] = why
        else:
            chosen.append(probe)
    ordered = [probe for cost in ("free", "dry") for probe in chosen if probe.cost == cost]
    for probe in ordered:
        if fault := why_not_safe(probe):
            raise Refused(fault)
    life = next((probe for probe in chosen if probe.cost == "paid"), None)
    return Plan(tuple(ordered), life, price_of(life.request.document) if life is not None else None, left_out)


def _why_left_out(probe: Probe, options: Options, *, revoked: bool) -> str:
    if options.only and not any(probe.id.startswith(beginning) for beginning in options.only):
        return "not named by --probe"
    if probe.request.auth == "revoked" and not revoked:
        return f"needs a revoked key in {REVOKED_VARIABLE}"
    if probe.cost == "dry" and options.budget is not None:
        return "is for an account without money; run it without --budget"
    if probe.cost == "paid" and options.budget is None:
        return "costs money; needs --budget USD"
    return ""


def told(plan: Plan, target: Target, pace: Pace) -> Iterator[str]:
    """The plan for people, line by line; the highest possible cost stands at its end."""
    yield f"Live plan for {target.url} (minimax-mock {__version__}, key from {KEY_VARIABLE})"
    steps = [*plan.probes, *([plan.life] if plan.life is not None else [])]
    for cost, meaning in _MEANING.items():
        if group := [probe for probe in steps if probe.cost == cost]:
            yield f"\n{cost}: {meaning}"
            yield from (_row(probe) for probe in group)
    if plan.left_out:
        yield "\nleft out"
        yield from (f"  {_names(plan.left_out, why):<28} {why}" for why in dict.fromkeys(plan.left_out.values()))
    limit = "" if target.loopback else f", at most {REQUESTS} a minute: about {pace.minutes(plan.requests)} minutes"
    yield f"\nrequests: {'up to ' if plan.life is not None else ''}{plan.requests}{limit}"
    yield f"highest possible cost: {in_dollars(plan.highest_cost)} USD{_why_this_cost(plan)}"


def _names(left_out: dict[str, str], why: str) -> str:
    """The probes that are left out for one reason, in short."""
    names = [name for name, reason in left_out.items() if reason == why]
    return ", ".join(names) if len(names) <= FEW else f"{names[0]} and {len(names) - 1} more"


def _row(probe: Probe) -> str:
    number = f"up to {LIFE_REQUESTS} requests" if probe.cost == "paid" else "1 request"
    return f"  {probe.id:<28} {probe.cost:<5} {number:<18} {probe.title}"


def _why_this_cost(plan: Plan) -> str:
    if plan.price is not None:
        return f" (one create that is never repeated; list price of {plan.price.as_of})"
    if any(probe.cost == "dry" for probe in plan.probes):
        return " (no request can make a video; use an account with balance 0 all the same)"
    return " (no request can make a video)"
