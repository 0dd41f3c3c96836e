"""What differs between two schemas in themselves, and whether that breaks a client that sends or receives such values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mock_server.comparison.difference import TEXT, Difference, Direction, Kind, Place
from mock_server.comparison.reading import Spot
from mock_server.comparison.shape import (
    ANY,
    LOWER,
    NOT,
    TEXTS,
    UPPER,
    Condition,
    Shape,
    Shaper,
    Spots,
    canonical,
    is_number,
)
from mock_server.errors import ContractError

# What an annotation says limits no value.
_ANNOTATIONS = {"deprecated", "readOnly", "writeOnly"}
_WORDS = {"default": "default", "format": "format", "pattern": "pattern", **dict.fromkeys(UPPER + LOWER, "limit")}
# (narrower, sent): the reason if that breaks; None if it does not.
_REASONS = {
    (True, "sent"): "a call that was right may be refused",
    (False, "received"): "an answer may hold what a client does not expect",
}
# Each form of the old is held against each of the new.
_MOST_FORMS = 200_000


@dataclass(frozen=True, slots=True)
class Below:
    """Two schemas below those that are compared, which have to be compared as well. What is news binds nobody yet."""

    old: Spots
    new: Spots
    place: Place
    is_news: bool = False


Found = Iterator[Difference | Below]


class SchemaPair:
    """Compares one schema of an old document with one of a new one, and names the pairs below."""

    def __init__(self, old: Shaper, new: Shaper, *, extensions: bool = False) -> None:
        self._old = old
        self._new = new
        self._extensions = extensions
        self._forms = 0

    def compare(self, old: Shape, new: Shape, place: Place, direction: Direction) -> Found:
        """Every difference between the two, and in their order the pairs below."""
        yield from self._texts(old, new, place)
        if bool(old.alternatives) == bool(new.alternatives):
            yield from self._values(old, new, place, direction)
            yield from self._fields(old, new, place, direction)
            yield from self._conditions(old, new, place)
        yield from self._alternatives(old, new, place, direction)

    def _texts(self, old: Shape, new: Shape, place: Place) -> Iterator[Difference]:
        for name in TEXTS:
            one, other = old.texts.get(name, ""), new.texts.get(name, "")
            if one != other:
                yield self._difference(TEXT, name, place, (old.at(name), one), (new.at(name), other))

    def _values(self, old: Shape, new: Shape, place: Place, direction: Direction) -> Iterator[Difference]:
        one, other = (_types(shape) for shape in (old, new))
        if (one if old.types else None) != (other if new.types else None) and one != other:
            before, after = (
                (shape.at("type"), _listed(types)) if types else None for shape, types in ((old, one), (new, other))
            )
            yield self._judged(
                "type", "", place, before, after, direction, _is_narrower(one, other), _is_narrower(other, one)
            )
        yield from self._enums(old, new, place, direction)
        for name in sorted(old.keywords.keys() | new.keywords.keys()):
            if not name.startswith("x-") or self._extensions:
                yield from self._keyword(name, old, new, place, direction)

    def _enums(self, old: Shape, new: Shape, place: Place, direction: Direction) -> Iterator[Difference]:
        if old.enum is None or new.enum is None:
            if old.enum is not new.enum:
                before, after = (
                    (shape.at("enum"), [*shape.enum.values()]) if shape.enum is not None else None
                    for shape in (old, new)
                )
                yield self._judged("enum", "", place, before, after, direction, after is not None, before is not None)
            return
        for key in [*old.enum, *(key for key in new.enum if key not in old.enum)]:
            if key not in new.enum:
                yield self._judged(
                    "enum value", key, place, (old.at("enum"), old.enum[key]), None, direction, True, False
                )
            elif key not in old.enum:
                yield self._judged(
                    "enum value", key, place, None, (new.at("enum"), new.enum[key]), direction, False, True
                )

    def _keyword(self, name: str, old: Shape, new: Shape, place: Place, direction: Direction) -> Iterator[Difference]:
        one: Any = old.keywords.get(name)
        other: Any = new.keywords.get(name)
        if canonical(one) == canonical(other) and (name in old.keywords) == (name in new.keywords):
            return
        before = (old.at(name), one) if name in old.keywords else None
        after = (new.at(name), other) if name in new.keywords else None
        what = _WORDS.get(name, "keyword")
        label = "" if what == name else name
        if name == "default":
            reason = (
                "a call that leaves it out means something else now" if before and after and direction == "sent" else ""
            )
            yield self._difference(what, label, place, before, after, reason)
        elif name in _ANNOTATIONS or name.startswith("x-"):
            yield self._difference(what, label, place, before, after)
        else:
            narrower, wider = after is not None, before is not None
            if is_number(one) and is_number(other) and what == "limit":
                narrower = (other < one) == (name in UPPER)
                wider = not narrower
            yield self._judged(what, label, place, before, after, direction, narrower, wider)

    def _fields(self, old: Shape, new: Shape, place: Place, direction: Direction) -> Found:
        for name in [*old.fields, *(name for name in new.fields if name not in old.fields)]:
            before, after = old.fields.get(name), new.fields.get(name)
            here = place.below(name)
            if (before and after) or place.when or name.endswith("]"):
                # Under a condition a field that is not named is one that nothing more is said of.
                nothing = Spot(
                    {},
                    new.spot.uri if after is None else old.spot.uri,
                    f"{(new if after is None else old).spot.pointer}/properties/{name}",
                )
                yield Below(before or (nothing,), after or (nothing,), here)
            elif after:
                reason = "a call without it is refused" if name in new.required and direction == "sent" else ""
                what = "required field" if name in new.required else "field"
                yield self._difference(what, "", here, None, (after[0], None), reason)
            elif before:
                reason = (
                    "what a client sends there is no longer understood"
                    if direction == "sent"
                    else "a client that reads it finds nothing"
                )
                yield self._difference("field", "", here, (before[0], None), None, reason)
        for name in [*old.required, *(name for name in new.required if name not in old.required)]:
            yield from self._required(name, old, new, place.below(name), direction)

    def _required(self, name: str, old: Shape, new: Shape, place: Place, direction: Direction) -> Iterator[Difference]:
        before, after = old.required.get(name), new.required.get(name)
        gone = name in old.fields and name not in new.fields
        came = name in new.fields and name not in old.fields
        if bool(before) == bool(after) or (not place.when and (gone or came)):
            return
        if after:
            reason = "a call without it is refused" if direction == "sent" else ""
            yield self._difference("required", "", place, None, (after, None), reason)
        elif before:
            reason = "it may be missing" if direction == "received" else ""
            yield self._difference("required", "", place, (before, None), None, reason)

    def _conditions(self, old: Shape, new: Shape, place: Place) -> Iterator[Below]:
        for condition in [*old.conditions, *(each for each in new.conditions if each not in old.conditions)]:
            if _is_unknown(condition, new, self._new):
                continue  # the removed value of the enum says it all
            before, after = old.conditions.get(condition), new.conditions.get(condition)
            # No place of a document, so that it is not taken for what may stand there.
            empty = Spot({}, old.spot.uri, old.spot.pointer + "/-")
            here = replace(place, when=tuple(each + condition for each in place.when or ((),)))
            yield Below(before or (empty,), after or (empty,), here, _is_unknown(condition, old, self._old))

    def _alternatives(self, old: Shape, new: Shape, place: Place, direction: Direction) -> Found:
        if not old.alternatives and not new.alternatives:
            return
        before = old.alternatives or [(old.spot,)]
        after = new.alternatives or [(new.spot,)]
        left = list(after)
        self._forms += len(before) * len(after)
        if self._forms > _MOST_FORMS:
            raise ContractError(
                f"{self._new.document.path}: too many forms (anyOf, oneOf) to compare with the old ones"
            )
        for spots in before:
            shape = self._old.shape(spots)
            best = max(left, key=lambda each: _likeness(shape, self._new.shape(each)), default=None)
            if best is None or not _likeness(shape, self._new.shape(best)):
                yield self._judged("form", _name(shape), place, (shape.spot, None), None, direction, True, False)
                continue
            left.remove(best)
            # Each form of several is a part of its own; a single one needs no name.
            part = f"{place.part} {_name(shape)}" if len(before) > 1 and not place.field else place.part
            yield Below(spots, best, replace(place, part=part))
        for spots in left:
            shape = self._new.shape(spots)
            yield self._judged("form", _name(shape), place, None, (shape.spot, None), direction, False, True)

    def _judged(
        self, what: str, name: str, place: Place, old: tuple[Spot, Any] | None, new: tuple[Spot, Any] | None,
        direction: Direction, narrower: bool, wider: bool,
    ) -> Difference:  # fmt: skip
        """A difference that lets less values pass, or more, or both; it breaks accordingly."""
        reasons = [
            _REASONS.get((is_narrower, direction)) for is_narrower, is_so in ((True, narrower), (False, wider)) if is_so
        ]
        return self._difference(what, name, place, old, new, next(filter(None, reasons), ""))

    def _difference(
        self,
        what: str,
        name: str,
        place: Place,
        old: tuple[Spot, Any] | None,
        new: tuple[Spot, Any] | None,
        reason: str = "",
    ) -> Difference:
        """A difference of a spot with its value on each side; it breaks when there is a reason."""
        kind: Kind = "changed" if old and new else "added" if new else "removed"
        pointer = self._new.document.label(new[0]) if new else self._old.document.label(old[0]) if old else ""
        before, after = old[1] if old else None, new[1] if new else None
        return Difference(kind, what, name, place, pointer, before, after, bool(reason), reason)


def _types(shape: Shape) -> frozenset[str] | None:
    """The types, or those of the values that are listed."""
    if shape.types is None and shape.enum:
        return frozenset(_type_of(value) for value in shape.enum.values())
    return shape.types


def _type_of(value: Any) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _is_narrower(old: frozenset[str] | None, new: frozenset[str] | None) -> bool:
    """Whether a value of the old types may be of none of the new ones."""
    if new is None or old is None:
        return new is not None
    return not all(name in new or (name == "integer" and "number" in new) for name in old)


def _listed(types: frozenset[str] | None) -> str | None:
    return None if types is None else " or ".join(sorted(types))


def _is_unknown(condition: Condition, shape: Shape, shaper: Shaper) -> bool:
    """Whether a condition speaks of a value that the schema does not list."""
    for name, value in condition:
        enum = shaper.shape(shape.fields[name]).enum if name in shape.fields else None
        if enum is not None and value != ANY and not value.startswith(NOT) and value not in enum:
            return True
    return False


def _likeness(one: Shape, other: Shape) -> int:
    """How much two alternatives look like the same one; 0 for not at all."""
    same_types = _types(one) == _types(other)
    shared = len(one.fields.keys() & other.fields.keys())
    named = 1000 if one.name and one.name == other.name else 0
    return named + 10 * shared + (1 if same_types and (shared or not one.fields or not other.fields) else 0)


def _name(shape: Shape) -> str:
    return shape.name or shape.texts.get("title") or " or ".join(sorted(_types(shape) or ())) or "form"
