"""One difference between two API documents, and how a list of them is put in order and told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from mock_server.comparison.shape import ANY, Condition, canonical

Kind = Literal["added", "removed", "changed"]
# What a client sends, and what it receives.
Direction = Literal["sent", "received"]
TEXT = "text"
_LONGEST = 100
# So much is shown of what two texts have in common before they part.
_KEPT = 30


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an API something stands: the call, the part of it, the field, and when it holds."""

    operation: str
    part: str = ""
    field: str = ""
    when: tuple[Condition, ...] = ()

    def below(self, name: str) -> Place:
        """A field of this one; items of a list follow its name without a dot."""
        joined = name if not self.field or name.startswith("[") else f".{name}"
        return replace(self, field=self.field + joined)

    def in_words(self) -> str:
        """The place in one line."""
        words = "  ".join(part for part in (self.operation, self.part, self.field) if part)
        return words + (f"  when {self.condition()}" if self.when else "")

    def condition(self) -> str:
        """When it holds, in words. Conditions that differ in one field only are put together."""
        values: dict[str, list[str]] = {}
        for each in self.when:
            for name, value in each:
                values.setdefault(name, []).append(value)
        spread = {name: len({*found}) + (len(found) < len(self.when)) for name, found in values.items()}
        told: dict[Condition, list[str]] = {}
        for each in self.when:
            *others, (name, value) = sorted(each, key=lambda part: spread[part[0]])
            told.setdefault((*others, (name, "")), []).append(value)
        return " or ".join(
            " and ".join((*map(_is, others), _is((name, ", ".join(values)))))
            for (*others, (name, _)), values in told.items()
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """What was added, removed or changed, where, and what that means for a client of the API.

    `what` is the sort of thing (operation, field, enum value, limit, …), `name` the thing itself. `pointer` leads into the new
    document, or into the old one for what was removed.
    """

    kind: Kind
    what: str
    name: str
    place: Place
    pointer: str
    old: Any = None
    new: Any = None
    breaking: bool = False
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The difference as JSON data."""
        return {
            "breaking": self.breaking, "kind": self.kind, "what": self.what, "name": self.name,
            "operation": self.place.operation, "part": self.place.part, "field": self.place.field,
            "when": self.place.condition(), "pointer": self.pointer,
            "old": self.old, "new": self.new, "reason": self.reason,
        }  # fmt: skip

    def in_words(self) -> Iterator[str]:
        """The difference in two or three lines."""
        yield f"  {self.kind:8} {self.what} {self.name}".rstrip()
        yield f"           at {self.place.in_words()}"
        if self.kind == "changed":
            old, new = _from_where_they_part(self.old, self.new) if self.what == TEXT else (self.old, self.new)
            yield f"           {_short(old)} -> {_short(new)}"
        elif self.what != "enum value" and (self.old, self.new) != (None, None):
            yield f"           {_short(self.new if self.kind == 'added' else self.old)}"
        if self.reason:
            yield f"           {self.reason}"


def in_order(differences: Iterable[Difference]) -> list[Difference]:
    """The breaking ones first, texts last, otherwise as they stand in the documents; the same thing under several conditions once."""
    return sorted(_merged(_without_echoes(list(differences))), key=lambda each: (each.what == TEXT, not each.breaking))


def _without_echoes(differences: list[Difference]) -> Iterator[Difference]:
    """Without what is said under a condition although it holds always, and of fields that are gone."""
    always = {canonical(_unconditional(each).as_dict()) for each in differences if not each.place.when}
    gone = {
        (each.place.operation, each.place.part, each.place.field)
        for each in differences
        if (each.kind, each.what) == ("removed", "field")
    }
    for each in differences:
        place = each.place
        names = place.field.split(".")
        is_gone = any(
            (place.operation, place.part, ".".join(names[:count])) in gone for count in range(1, len(names) + 1)
        )
        if not place.when or not (is_gone or canonical(_unconditional(each).as_dict()) in always):
            yield each


def _unconditional(difference: Difference) -> Difference:
    return replace(difference, place=replace(difference.place, when=()), pointer="")


def _merged(differences: Iterable[Difference]) -> list[Difference]:
    """What differs in nothing but the values of one condition becomes one difference."""
    groups: dict[str, Difference] = {}
    conditions: dict[str, dict[Condition, None]] = {}
    for each in differences:
        known = canonical(_unconditional(each).as_dict())
        fields = [[name for name, _ in condition] for condition in each.place.when]
        key = canonical([known, fields])
        groups.setdefault(key, each)
        conditions.setdefault(key, {}).update(dict.fromkeys(each.place.when))
    return [replace(group, place=replace(group.place, when=tuple(conditions[key]))) for key, group in groups.items()]


def told(differences: list[Difference]) -> Iterator[str]:
    """The whole list for a person, line by line."""
    headings = {
        "breaking": "Breaking for clients",
        "other": "Not breaking",
        TEXT: "Texts, which may say limits in words",
    }
    for heading, title in headings.items():
        found = [each for each in differences if _heading(each) == heading]
        if found:
            yield f"{title}: {len(found)}"
            for each in found:
                yield from each.in_words()
            yield ""


def _heading(difference: Difference) -> str:
    return TEXT if difference.what == TEXT else "breaking" if difference.breaking else "other"


def _is(part: tuple[str, str]) -> str:
    name, value = part
    return f"{name} is {'given' if value == ANY else value.replace(chr(34), '')}" if name else value


def _from_where_they_part(old: str, new: str) -> tuple[str, str]:
    """Two texts without most of what they have in common at their beginning."""
    start = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0) - _KEPT
    return (old, new) if start <= 0 else (f"…{old[start:]}", f"…{new[start:]}")


def _short(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(_short, value)) or "nothing"
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
