"""What differs between two schemas and all that is below them.

Schemas refer to each other, often in circles, so there may be more ways through them than can be gone. Each pair is therefore
looked at once, without a place, to know where there is anything to tell; then only the ways that lead there are gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mock_server.comparison.difference import Difference, Direction, Place
from mock_server.comparison.schema_pair import Below, Found, SchemaPair
from mock_server.comparison.shape import Shape, Shaper, Spots
from mock_server.errors import ContractError

_MOST_COMPARED = 10_000
# A place under a condition is one where a schema without a word is as good as none.
_NOWHERE = (Place(""), Place("", when=((),)))


@dataclass(eq=False, slots=True)
class _Pair:
    """Two schemas that stand for the same. `circle` holds those that it contains and that contain it, itself among them."""

    old: Shape
    new: Shape
    is_conditional: bool
    differs: bool = False
    below: list[_Pair] = field(default_factory=list)
    number: int = 0
    lowest: int = 0
    circle: frozenset[_Pair] = frozenset()


@dataclass(slots=True)
class _Visit:
    """One way into a circle: how far its pairs are from there, and which of them have been told."""

    circle: frozenset[_Pair]
    distances: dict[_Pair, int]
    told: set[_Pair] = field(default_factory=set)


class SchemaDifferences:
    """Compares schemas of an old document with those of a new one."""

    def __init__(self, old: Shaper, new: Shaper, *, extensions: bool = False) -> None:
        self._old = old
        self._new = new
        self._schemas = SchemaPair(old, new, extensions=extensions)
        self._pairs: dict[tuple[int, int, bool], _Pair] = {}
        self._compared = 0

    def between(self, old: Spots, new: Spots, place: Place, direction: Direction) -> Iterator[Difference]:
        """Every difference between what some schemas say together and what some others do.

        What contains itself is told where it is first met, that is in as few steps as possible.
        """
        pair = self._pair(old, new, place)
        if not pair.circle:
            self._survey(pair)
        if not pair.differs:
            return
        open_ones = [(self._told(pair, place, direction), False, _entered(pair), 0)]
        while open_ones:
            found, is_news, visit, distance = open_ones[-1]
            each = next(found, None)
            if each is None:
                open_ones.pop()
            elif isinstance(each, Difference):
                yield replace(each, breaking=False, reason="the value itself is new") if is_news else each
            else:
                below = self._pair(each.old, each.new, each.place)
                if not below.differs:
                    continue
                if below in visit.circle:
                    if below in visit.told or visit.distances[below] != distance + 1:
                        continue
                    visit.told.add(below)
                    step = (visit, distance + 1)
                else:
                    step = (_entered(below), 0)
                open_ones.append((self._told(below, each.place, direction), is_news or each.is_news, *step))

    def _told(self, pair: _Pair, place: Place, direction: Direction) -> Found:
        self._compared += 1
        self._check_count(self._compared)
        return self._schemas.compare(pair.old, pair.new, place, direction)

    def _pair(self, old: Spots, new: Spots, place: Place) -> _Pair:
        one, other = self._old.shape(old), self._new.shape(new)
        key = (id(one), id(other), bool(place.when))
        if key not in self._pairs:
            self._check_count(len(self._pairs))
            self._pairs[key] = _Pair(one, other, bool(place.when))
        return self._pairs[key]

    def _check_count(self, count: int) -> None:
        if count > _MOST_COMPARED:
            raise ContractError(
                f"{self._new.document.path}: more than {_MOST_COMPARED} schemas to compare with the old ones"
            )

    def _survey(self, start: _Pair) -> None:
        """Finds the circles below a pair and whether anything differs in each, by Tarjan's way through a graph."""
        count = 0
        waiting: list[_Pair] = []
        way: list[tuple[_Pair, Iterator[_Pair]]] = []
        entering: _Pair | None = start
        while entering or way:
            if entering:
                count += 1
                entering.number = entering.lowest = count
                self._look_at(entering)
                waiting.append(entering)
                way.append((entering, iter(entering.below)))
            pair, left = way[-1]
            entering = next((each for each in left if not each.number), None)
            if entering:
                continue
            way.pop()
            # A pair that has its circle already is no longer on the way.
            pair.lowest = min([pair.lowest, *(each.lowest for each in pair.below if not each.circle)])
            if pair.lowest == pair.number:
                members = [waiting.pop()]
                while members[-1] is not pair:
                    members.append(waiting.pop())
                circle = frozenset(members)
                differs = any(each.differs or any(below.differs for below in each.below) for each in circle)
                for each in circle:
                    each.circle, each.differs = circle, differs

    def _look_at(self, pair: _Pair) -> None:
        for each in self._schemas.compare(pair.old, pair.new, _NOWHERE[pair.is_conditional], "sent"):
            if isinstance(each, Below):
                pair.below.append(self._pair(each.old, each.new, each.place))
            else:
                pair.differs = True


def _entered(pair: _Pair) -> _Visit:
    distances = {pair: 0}
    # Grows while it is gone through.
    nearest = [pair]
    for each in nearest:
        for below in each.below:
            if below in pair.circle and below not in distances:
                distances[below] = distances[each] + 1
                nearest.append(below)
    return _Visit(pair.circle, distances, {pair})
