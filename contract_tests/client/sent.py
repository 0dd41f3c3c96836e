"""Words about what the client sent: which calls, how often, with which headers and members."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from contract_tests.client.observation import Observation
from contract_tests.client.vocabulary import word
from contract_tests.outcome import Finding, broken, met, unseen
from contract_tests.wire.exchange import Exchange

_ABSENT = object()
# What programs write into an address when a value is missing.
NOTHING = ("", "None", "none", "null", "undefined", "nil", "NaN", "[object Object]", "<nil>")
# Clocks and schedulers are not exact; a gap may be this much shorter than asked for.
_SLACK = 0.9


@word
def creates(observation: Observation, argument: Any) -> Finding:
    """How many create calls there were."""
    return _count(observation, "create", argument)


@word
def queries(observation: Observation, argument: Any) -> Finding:
    """How many queries there were."""
    return _count(observation, "query", argument)


@word
def retrieves(observation: Observation, argument: Any) -> Finding:
    """How many retrieve calls there were."""
    return _count(observation, "retrieve", argument)


@word
def downloads(observation: Observation, argument: Any) -> Finding:
    """How many times a file was asked for, at the mock or elsewhere; HEAD is no download."""
    found = [each for each in (*observation.of("download"), *observation.elsewhere) if _begins_a_file(each)]
    return counted("download*", len(found), argument)


def _begins_a_file(exchange: Exchange) -> bool:
    """Whether a request asks for the beginning of a file; further parts of it are the same download."""
    parts = exchange.values("Range")
    return exchange.method == "GET" and (not parts or parts[0].replace(" ", "").startswith("bytes=0-"))


@word
def requests(observation: Observation, argument: Any) -> Finding:
    """How many calls of the API there were, of whatever kind."""
    return counted("request*", len(observation.exchanges), argument)


@word
def accepted(observation: Observation, argument: Any) -> Finding:
    """How many creates took effect, that is: how many tasks somebody pays for."""
    return counted("accepted create*", len(observation.tasks) - observation.prepared, argument)


@word
def elsewhere(observation: Observation, argument: Any) -> Finding:
    """How many requests the other host saw."""
    return counted("request* to another host", len(observation.elsewhere), argument)


def _count(observation: Observation, operation: str, argument: Any) -> Finding:
    return counted(f"{operation}*", len(observation.of(operation)), argument)


def counted(what: str, number: int, argument: Any) -> Finding:
    """Compares a number with `{exactly: n}`, `{at_least: n}`, `{at_most: n}`, or with n itself.

    `what` has an asterisk where its plural has an s.
    """
    wanted = {"exactly": argument} if isinstance(argument, int) else dict(argument)
    expected = " and ".join(f"{bound.replace('_', ' ')} {_so_many(limit, what)}" for bound, limit in wanted.items())
    right = (
        number == wanted.get("exactly", number)
        and number >= wanted.get("at_least", number)
        and number <= wanted.get("at_most", number)
    )
    return (
        met(expected, str(number)) if right else broken(expected, f"there {'was' if number == 1 else 'were'} {number}")
    )


def _so_many(number: int, what: str) -> str:
    return f"{number} {what.replace('*', '') if number == 1 else what.replace('y*', 'ies').replace('*', 's')}"


@word
def carries_header(observation: Observation, argument: Any) -> Finding:
    """Every request of an operation (`on`, at least one) has the header `name` once, with `value` or matching `pattern`."""
    name, on = argument["name"], argument.get("on", "all")
    value = observation.filled(argument["value"]) if "value" in argument else None
    pattern = argument.get("pattern")
    if name.lower() == "authorization" and value is None and pattern is None:
        value = f"Bearer {observation.keys[0]}"
    expected = f"{name}: {value or pattern or 'any value'}, once, on every {'' if on == 'all' else on + ' '}request"
    found = [each for each in observation.of(on) if on != "all" or each.operation != "download"]
    if not found:
        return broken(expected, f"there was no {'' if on == 'all' else on + ' '}request")
    for each in found:
        values = each.values(name)
        if len(values) != 1:
            return broken(expected, f"{each.method} {each.path} had {len(values)} such headers")
        if (value is not None and values[0] != value) or (
            pattern and not re.fullmatch(pattern, values[0], re.IGNORECASE)
        ):
            return broken(expected, f"{each.method} {each.path} had {values[0]!r}")
    return met(expected)


@word
def lacks_header(observation: Observation, argument: Any) -> Finding:
    """No request of an operation, or to the other host (`on: elsewhere`), has the header, or the key in any other place."""
    name, on = argument["name"], argument["on"]
    found = observation.elsewhere if on == "elsewhere" else observation.of(on)
    expected = f"no {name} and no key on requests {'to another host' if on == 'elsewhere' else 'of ' + on}"
    for each in found:
        if each.values(name):
            return broken(expected, f"{each.method} {each.path} had {name}")
        text = " ".join((each.target, *(value for _, value in each.headers)))
        if any(key and key in text for key in observation.keys):
            return broken(expected, f"{each.method} {each.path} had the key in it")
    return met(expected)


@word
def member(observation: Observation, argument: Any) -> Finding:
    """A member (`at`) of every create body: `equals` a value with its type, is `absent`, is one of `among`, or `type`."""
    at = argument["at"]
    expected = f"{at} in the body of create {_wish(argument)}"
    found = observation.of("create")
    if not found:
        return broken(expected, "there was no create")
    for each in found:
        value = each.json.get(at, _ABSENT) if isinstance(each.json, dict) else _ABSENT
        if not _fits(value, argument, observation):
            shown = "it was not there" if value is _ABSENT else f"it was {str(value)[:200]!r} ({type(value).__name__})"
            return broken(expected, shown)
    return met(expected)


def _wish(argument: Any) -> str:
    if "equals" in argument:
        return f"is {str(argument['equals'])[:80]!r}"
    if "among" in argument:
        return f"is one of {argument['among']}"
    return "is absent" if argument.get("absent") else f"is of type {argument['type']}"


def _fits(value: Any, argument: Any, observation: Observation) -> bool:
    if "equals" in argument:
        wanted = argument["equals"]
        wanted = observation.places.get(wanted, wanted) if isinstance(wanted, str) else wanted
        return type(value) is type(wanted) and bool(value == wanted)
    if "among" in argument:
        return bool(value in argument["among"])
    if argument.get("absent"):
        return value is _ABSENT
    return type(value).__name__ == str(argument["type"])


@word
def no_nulls(observation: Observation, names: Any) -> Finding:
    """Members that the caller did not give are left out of create, and nothing is null."""
    expected = "options that were not given left out, and no null"
    found = observation.of("create")
    if not found:
        return broken(expected, "there was no create")
    for each in found:
        body = each.json if isinstance(each.json, dict) else {}
        if null := [name for name, value in body.items() if value is None]:
            return broken(expected, f"{null[0]} was null")
        if given := [name for name in names or () if name in body]:
            return broken(expected, f"{given[0]} was sent as {body[given[0]]!r}")
    return met(expected)


@word
def json_object(observation: Observation, _: Any) -> Finding:
    """Every create body is one JSON object in UTF-8 without a byte-order mark."""
    expected = "one JSON object, UTF-8, no byte-order mark"
    found = observation.of("create")
    if not found:
        return broken(expected, "there was no create")
    for each in found:
        if each.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            return broken(expected, "it began with a byte-order mark")
        try:
            each.body.decode("utf-8")
        except UnicodeDecodeError:
            return broken(expected, "it was not UTF-8")
        if not isinstance(each.json, dict):
            return broken(expected, f"it was {each.body[:80]!r}")
    return met(expected)


@word
def parameter(observation: Observation, argument: Any) -> Finding:
    """The parameter `name` of every request `on` an operation is `equals`, or one of the ids that the server gave."""
    name, on = argument["name"], argument["on"]
    wanted = (
        [argument["equals"]]
        if "equals" in argument
        else (observation.task_ids if name == "task_id" else observation.file_ids)
    )
    wanted = [observation.places.get(each, each) for each in wanted]
    expected = f"{name} {' or '.join(wanted)} on every {on}"
    found = observation.of(on)
    if not found:
        return broken(expected, f"there was no {on}")
    for each in found:
        if each.query.get(name) not in wanted:
            return broken(expected, f"{each.target!r}")
        raw = each.target.partition("?")[2]
        if re.search(r"[^!-~]", raw):
            return broken(expected, f"{each.target!r} is not percent-encoded")
    return met(expected)


@word
def asks_for_something(observation: Observation, _: Any) -> Finding:
    """No query or retrieve for an id that is none, such as `None`, `undefined` or an empty text."""
    expected = "no call about an empty or invented id"
    for each in observation.exchanges:
        name = {"query": "task_id", "retrieve": "file_id"}.get(each.operation)
        if name is not None and each.query.get(name, "") in NOTHING:
            return broken(expected, f"{each.method} {each.target}")
    return met(expected)


@word
def quiet_after(observation: Observation, argument: Any) -> Finding:
    """No further call of `operation` once an answer had `member` equal to `value` (or any answer came, without them)."""
    operation = argument["operation"]
    expected = f"no further {operation} after {argument.get('value', 'the first answer')}"
    over: Exchange | None = None
    for each in observation.of(operation):
        if over is not None:
            return broken(expected, f"one came {each.at_ms - over.at_ms:.0f} ms later")
        if each.answer is not None and _matches(each.answer.json, argument):
            over = each
    return met(expected) if over is not None else broken(f"a {operation} that sees it", "there was none")


def _matches(body: Any, argument: Any) -> bool:
    if "member" not in argument:
        return True
    return isinstance(body, dict) and body.get(argument["member"]) == argument["value"]


@word
def gaps(observation: Observation, argument: Any) -> Finding:
    """Time between calls `on` an operation: `at_least_ms`, or `growing`."""
    found = [each.at_ms for each in observation.of(argument["on"])]
    between = [later - sooner for sooner, later in pairwise(found)]
    shown = ", ".join(f"{gap:.0f}" for gap in between) + " ms" if between else "there was only one call"
    if argument.get("growing"):
        expected = f"growing gaps between the {argument['on']} calls"
        if len(between) < 2:
            return met(expected, shown)
        return met(expected, shown) if between[-1] > between[0] else broken(expected, shown)
    limit = argument["at_least_ms"]
    expected = f"at least {limit} ms between the {argument['on']} calls"
    return met(expected, shown) if not between or min(between) >= limit * _SLACK else broken(expected, shown)


@word
def verbatim_path(observation: Observation, argument: Any) -> Finding:
    """Every request of the API goes below the base URL as it was given, with one slash: `argument` is the path's beginning."""
    beginning = observation.filled(argument)
    expected = f"every path to begin with {beginning}"
    found = [each for each in observation.exchanges if each.operation != "download"]
    if not found:
        return broken(expected, "there was no request")
    wrong = next((each for each in found if not each.target.startswith(beginning)), None)
    return met(expected) if wrong is None else broken(expected, wrong.target)


@word
def stays_home(observation: Observation, _: Any) -> Finding:
    """No host is contacted but that of the base URL and of the download."""
    expected = "no other host contacted"
    foreign = sorted({host for each in observation.invocations for host in each.foreign_hosts})
    if foreign:
        return broken(expected, f"it contacted {', '.join(foreign)}")
    if not all(each.watched for each in observation.invocations):
        return unseen(expected, "it does not go through the proxy of its environment, so other hosts would not be seen")
    return met(expected)
