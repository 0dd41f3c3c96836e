"""Words about moments and amounts: what was asked for and when, what it cost in memory, and what was pushed meanwhile."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from contract_tests.client.observation import Observation
from contract_tests.client.sent import counted
from contract_tests.client.vocabulary import word
from contract_tests.outcome import Finding, broken, met, unseen
from contract_tests.wire.exchange import Exchange

# Clocks and schedulers are not exact; a pause may be this much shorter than asked for.
_SLACK = 0.9
_BOUNDS = ("exactly", "at_least", "at_most")


@word
def asked_for(observation: Observation, argument: Any) -> Finding:
    """How many requests there were with this `method`, `path` and `target`, at the mock or (`on: elsewhere`) the other host.

    A path is compared without its parameters, a target with them, byte for byte.
    """
    wanted = {name: observation.filled(argument[name]) for name in ("method", "path", "target") if name in argument}
    found = observation.elsewhere if argument.get("on") == "elsewhere" else observation.exchanges
    matching = [each for each in found if all(getattr(each, name) == value for name, value in wanted.items())]
    bounds = {name: argument[name] for name in _BOUNDS if name in argument}
    finding = counted(f"request* of {' '.join(wanted.values())}", len(matching), bounds)
    if matching or not found or "at_most" in bounds or bounds.get("exactly") == 0:
        return finding
    return broken(finding.expected, f"{finding.actual}; it asked for {found[0].method} {found[0].target}")


@word
def slower_after(observation: Observation, argument: Any) -> Finding:
    """After an answer with status code `code` the next call `on` an operation waits `times` as long as `poll_ms` says."""
    least = observation.last.call["poll_ms"] * argument["times"]
    expected = f"at least {least:.0f} ms before the next {argument['on']} after code {argument['code']}"
    calls = observation.of(argument["on"])
    gaps = [later.at_ms - _over(sooner) for sooner, later in pairwise(calls) if _code(sooner) == argument["code"]]
    shown = ", ".join(f"{gap:.0f}" for gap in gaps) + " ms" if gaps else "none followed"
    if not gaps:
        return broken(expected, shown)
    return met(expected, shown) if max(gaps) >= least * _SLACK else broken(expected, shown)


def _over(exchange: Exchange) -> float:
    return exchange.answer.ended_ms if exchange.answer is not None else exchange.at_ms


def _code(exchange: Exchange) -> Any:
    body = exchange.answer.json if exchange.answer is not None else None
    base = body.get("base_resp") if isinstance(body, dict) else None
    return base.get("status_code") if isinstance(base, dict) else None


@word
def paced(observation: Observation, argument: Any) -> Finding:
    """Between one call `on` an operation and the next there are at least so many ms; without any call it is broken."""
    calls = [each.at_ms for each in observation.of(argument["on"])]
    expected = f"at least {argument['at_least_ms']} ms from one {argument['on']} to the next"
    if not calls:
        return broken(expected, f"there was no {argument['on']}")
    gaps = [later - sooner for sooner, later in pairwise(calls)]
    shown = f"the shortest of {len(gaps)} pauses was {min(gaps):.0f} ms" if gaps else "there was only one"
    right = not gaps or min(gaps) >= argument["at_least_ms"] * _SLACK
    return met(expected, shown) if right else broken(expected, shown)


@word
def memory_growth(observation: Observation, argument: Any) -> Finding:
    """The second call takes at most `at_most_mb` more memory at its peak than the first, which was an ordinary one."""
    limit = argument["at_most_mb"]
    expected = f"at most {limit} MB of memory more than an ordinary call takes"
    first, second = (each.peak_memory for each in observation.invocations[:2])
    if first is None or second is None:
        return unseen(expected, "the peak of its memory cannot be read on this machine")
    more = (second - first) / 1e6
    return met(expected, f"{more:.0f} MB") if more <= limit else broken(expected, f"it took {more:.0f} MB more")


@word
def refused_handshakes(observation: Observation, argument: Any) -> Finding:
    """How many times the client broke off a TLS handshake."""
    return counted("TLS handshake* broken off", observation.refused_handshakes, argument)


@word
def challenged(observation: Observation, argument: Any) -> Finding:
    """How many challenges the client's receiver echoed."""
    found = [each for each in observation.callbacks if each["kind"] == "challenge"]
    good = [each for each in found if each["delivered"]]
    finding = counted("challenge* echoed", len(good), argument)
    reasons = [str(each["reason"]) for each in found if not each["delivered"]]
    return broken(finding.expected, "; ".join([finding.actual, *reasons[:1]])) if reasons else finding


@word
def pushed(observation: Observation, argument: Any) -> Finding:
    """How many updates with this `status` the client's receiver took. Without a status: of any kind."""
    status = argument.get("status")
    found = [each for each in observation.callbacks if each["kind"] == "update" and each["delivered"]]
    taken = [each for each in found if status is None or each["message"].get("status") == status]
    bounds = {name: argument[name] for name in _BOUNDS if name in argument}
    return counted(f"update*{f' of {status}' if status else ''} taken", len(taken), bounds)


@word
def ends_soon(observation: Observation, argument: Any) -> Finding:
    """The client is gone at most so many seconds after the signal that stopped it."""
    expected = f"an end within {argument} s of the signal"
    taken = observation.last.after_stop
    if observation.last.outcome == "killed":
        return broken(expected, "it had to be killed")
    if taken is None:
        return broken(expected, "it had ended before, or the moment for the signal never came")
    return met(expected, f"{taken:.1f} s") if taken <= argument else broken(expected, f"it took {taken:.1f} s")


@word
def no_proxy(observation: Observation, _: Any) -> Finding:
    """No request to this machine went to the proxy of the environment, which NO_PROXY excepts it from."""
    expected = "no request to this machine at the proxy"
    hosts = sorted({host for each in observation.invocations for host in each.proxied})
    return broken(expected, f"the proxy was asked for {', '.join(hosts)}") if hosts else met(expected, "none")
