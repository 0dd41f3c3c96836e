"""`mock_server.fixtures(…)`: the fixtures that somebody asks for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mock_server.fixture_files.fixture import KINDS, Fixture, Kind, Mode
from mock_server.fixture_files.reading import all_fixtures, read_fixtures

# By what the fixtures of a kind can be told apart.
_TOLD_BY = {"requests": ("mode", "valid", "rule"), "callbacks": ("valid",), "wire": (), "images": ("valid", "rule")}


def fixtures(
    kind: Kind | None = None, *, mode: Mode | None = None, valid: bool | None = None, rule: str | None = None
) -> tuple[Fixture, ...]:
    """The fixtures of a kind (`requests`, `callbacks`, `wire`, `images`), or of all kinds, in the order of their files.

    `mode`, `valid` and `rule` leave out the others; kinds that have no such thing are left out as a whole. Raises
    ValueError, in one line with what is allowed, for a name that does not exist and for what a kind does not have.
    """
    wanted = {name: value for name, value in (("mode", mode), ("valid", valid), ("rule", rule)) if value is not None}
    if kind is None:
        found = tuple(each for each in all_fixtures() if set(wanted) <= set(_TOLD_BY[each.kind]))
    else:
        _one_of("kind", kind, KINDS)
        for name in wanted.keys() - set(_TOLD_BY[kind]):
            having = [other for other in KINDS if name in _TOLD_BY[other]]
            raise ValueError(f"{name}: fixtures of the kind {kind} have none; those that have one: {', '.join(having)}")
        found = read_fixtures(kind)
    for name, value in wanted.items():
        _one_of(name, value, dict.fromkeys(getattr(each, name) for each in found))
    return tuple(each for each in found if all(getattr(each, name) == value for name, value in wanted.items()))


def _one_of(name: str, given: Any, allowed: Collection[Any]) -> None:
    if given not in allowed:
        raise ValueError(f"{name}: {given!r} is not one of {', '.join(map(str, allowed))}")
