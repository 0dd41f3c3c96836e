"""What two files of facts say differently, the most important first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# From what changes how a client has to be written to what hardly anybody notices.
KINDS = (
    "answer", "status", "code", "keys", "states", "text", "content_type", "headers", "ambiguity", "request", "probe",
)  # fmt: skip
_FEW = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two files say differently of one probe. `place` is a path or the name of a header, else empty."""

    kind: str
    probe: str
    place: str
    a: Any
    b: Any

    def as_dict(self) -> dict[str, Any]:
        """As `--json` has it."""
        return {"kind": self.kind, "probe": self.probe, "place": self.place, "a": self.a, "b": self.b}


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """Every difference between two files, the most important kinds first, within them in the order of the probes."""
    probes_a, probes_b = ({probe["id"]: probe for probe in facts["probes"]} for facts in (a, b))
    found = [
        each
        for name in dict.fromkeys((*probes_a, *probes_b))
        for each in _of_probe(name, probes_a.get(name), probes_b.get(name))
    ]
    return sorted(found, key=lambda each: KINDS.index(each.kind))


def _of_probe(name: str, a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> Iterator[Difference]:
    if a is None or b is None:
        yield Difference("probe", name, "", *("absent" if each is None else "sent" for each in (a, b)))
        return
    if a["request"] != b["request"]:
        yield Difference("request", name, "", a["request"], b["request"])
    if a["ambiguity"] != b["ambiguity"]:
        yield Difference("ambiguity", name, "", a["ambiguity"], b["ambiguity"])
    if a["answer"] is None or b["answer"] is None:
        told = ["answered" if each["answer"] is not None else f"no answer: {each['trouble']}" for each in (a, b)]
        if told[0] != told[1]:
            yield Difference("answer", name, "", *told)
        return
    yield from _of_answers(name, a["answer"], b["answer"])


def _of_answers(name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    for kind in ("status", "code", "states", "text", "content_type"):
        if a.get(kind) != b.get(kind):
            yield Difference(kind, name, "", a.get(kind), b.get(kind))
    for path in sorted({*a["keys"], *b["keys"]}):
        types = [each["keys"].get(path, "absent") for each in (a, b)]
        if types[0] != types[1]:
            yield Difference("keys", name, path, *types)
    for header in sorted({*a["headers"]} ^ {*b["headers"]}):
        yield Difference(
            "headers", name, header, *("sent" if header in each["headers"] else "absent" for each in (a, b))
        )


def told(found: list[Difference], a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[str]:
    """The differences for people; those that are the same for several probes stand once."""
    for letter, facts in (("A", a), ("B", b)):
        state = "" if facts["complete"] else f", incomplete: {facts['stopped']}"
        yield f"{letter}  {facts['host']}, {facts['date'][:10]}, {len(facts['probes'])} probes{state}"
    groups: dict[str, list[Difference]] = {}
    for each in found:
        groups.setdefault(repr((each.kind, each.place, each.a, each.b)), []).append(each)
    for group in groups.values():
        first = group[0]
        yield f"\n{first.kind}  {first.place + '  ' if first.place else ''}{_names([each.probe for each in group])}"
        yield f"    A  {_value(first.a)}"
        yield f"    B  {_value(first.b)}"
    probes = {each.probe for each in found}
    every = {probe["id"] for facts in (a, b) for probe in facts["probes"]}
    number = "1 difference" if len(found) == 1 else f"{len(found) or 'no'} differences"
    yield f"\n{number} in {len(probes) or 'any'} of {len(every)} probes"


def _names(names: list[str]) -> str:
    if len(names) <= _FEW:
        return ", ".join(names)
    return f"{', '.join(names[: _FEW - 1])} and {len(names) - _FEW + 1} more"


def _value(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) and value else repr(value) if value == "" else str(value)
