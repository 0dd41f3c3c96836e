"""What differs between two OpenAPI documents: calls, what they take and give, codes, callbacks, security, servers.

No library is used: of those in Python that were tried on our own document, specshift, api-schema-diff and schemawatch each pass
over some of conditions (`if`/`then`), `anyOf` and callbacks, breakwatch and vedro-spec-compare stop at it, openapispecdiff asks at
a prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from mock_server.comparison.difference import TEXT, Difference, Direction, Kind, Place, in_order
from mock_server.comparison.document_check import check
from mock_server.comparison.documented_calls import Call, callbacks_of, calls_of, codes_of, parameters_of, security_of
from mock_server.comparison.reading import ApiDocument, Spot
from mock_server.comparison.schema_differences import SchemaDifferences
from mock_server.comparison.shape import Shaper, canonical, words_of
from mock_server.errors import ContractError

_TEXTS = ("summary", "description")
_MOST = 20_000
_WHOLE = Place("whole API")
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def differences(
    old: ApiDocument, new: ApiDocument, *, common: bool = False, extensions: bool = False
) -> list[Difference]:
    """Every difference, the breaking ones first and texts last; with `common` of those calls only that both have."""
    try:
        check(old)
        check(new)
        found = list(islice(_Comparison(old, new, extensions=extensions).run(common=common), _MOST + 1))
    except RecursionError:
        raise ContractError(f"{old.path} and {new.path}: they are nested too deeply to be compared") from None
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        # A part has another shape than OpenAPI gives it, and nothing that is compared here needed to look closer.
        raise ContractError(f"{old.path} and {new.path}: one is not built as OpenAPI has it: {error}") from None
    if len(found) > _MOST:
        raise ContractError(f"{old.path} and {new.path}: there are more than {_MOST} differences")
    return in_order(found)


class _Comparison:
    def __init__(self, old: ApiDocument, new: ApiDocument, *, extensions: bool) -> None:
        self._old = old
        self._new = new
        self._extensions = extensions
        self._schemas = SchemaDifferences(Shaper(old), Shaper(new), extensions=extensions)

    def run(self, *, common: bool) -> Iterator[Difference]:
        old, new = self._old.root, self._new.root
        yield from self._texts(old.child("info"), new.child("info"), _WHOLE, ("title", "version", *_TEXTS))
        yield from self._servers(old, new, _WHOLE)
        before, after = (dict(calls_of(document)) for document in (self._old, self._new))
        for key, one in before.items():
            if key in after:
                yield from self._operation(one, after[key], Place(f"{key[0]} {one.path}"))
            elif not common:
                yield self._removed(
                    "operation", "", Place(f"{key[0]} {one.path}"), one.spot, "the call is no longer there"
                )
        for key, other in after.items():
            if key not in before and not common:
                yield self._added("operation", "", Place(f"{key[0]} {other.path}"), other.spot)

    def _operation(self, old: Call, new: Call, place: Place, *, direction: Direction = "sent") -> Iterator[Difference]:
        """Compares two calls. For those of a callback it is the service that sends."""
        back: Direction = "received" if direction == "sent" else "sent"
        names = ("request", "response") if direction == "sent" else ("message", "answer")
        yield from self._texts(old.spot, new.spot, place, _TEXTS)
        for name in ("operationId", "deprecated", *(self._own_keywords(old.spot, new.spot))):
            yield from self._plain(name, old.spot, new.spot, place)
        if direction == "sent":
            yield from self._security(old, new, place)
        yield from self._servers(old.spot, new.spot, place)
        yield from self._parameters(old, new, place, direction)
        yield from self._body(old.spot.child("requestBody"), new.spot.child("requestBody"), place, names[0], direction)
        for key, one, other in _pairs(old.spot.members("responses"), new.spot.members("responses")):
            part = f"{names[1]} {key}"
            if key.startswith("x-"):
                continue
            if one and other:
                yield from self._response(one, other, place, part, back)
            elif other:
                yield self._added("response", key, place, other)
            elif one:
                breaking = key.startswith("2") and direction == "sent"
                yield self._removed("response", key, place, one, "the answer of success is gone" if breaking else "")
        yield from self._codes(old.spot, new.spot, place)
        yield from self._callbacks(old.spot, new.spot, place)

    def _response(self, old: Spot, new: Spot, place: Place, part: str, direction: Direction) -> Iterator[Difference]:
        one, other = self._old.followed(old), self._new.followed(new)
        for name, before, after in _pairs(one.members("headers"), other.members("headers")):
            here = Place(place.operation, f"{part} header", name)
            yield from self._member("header", before, after, here, direction)
        for name, before, after in _pairs(one.members("links"), other.members("links")):
            if not (before and after):
                yield self._either("link", name, place, before, after)
        yield from self._content(one, other, place, part, direction)

    def _body(self, old: Spot, new: Spot, place: Place, part: str, direction: Direction) -> Iterator[Difference]:
        one, other = self._old.followed(old), self._new.followed(new)
        here = Place(place.operation, part)
        if one.value is None or other.value is None:
            if one.value is not None:
                yield self._removed("body", "", here, one, "what a client sends there is no longer understood")
            elif other.value is not None:
                required = other.child("required").value is True and direction == "sent"
                yield self._added("body", "", here, other, "a call without it is refused" if required else "")
            return
        yield from self._required(one, other, here, direction)
        yield from self._content(one, other, place, part, direction)

    def _content(self, old: Spot, new: Spot, place: Place, part: str, direction: Direction) -> Iterator[Difference]:
        here = Place(place.operation, part)
        yield from self._texts(old, new, here, _TEXTS)
        one, other = (
            {name.partition(";")[0].strip().lower(): spot for name, spot in side.members("content").items()}
            for side in (old, new)
        )
        for name, before, after in _pairs(one, other):
            if before and after:
                named = here if len(one) == 1 else Place(place.operation, f"{part} {name}")
                yield from self._schemas.between((before.child("schema"),), (after.child("schema"),), named, direction)
            else:
                gone = "the form that a client knows is gone"
                yield self._either("media type", name, here, before, after, gone=gone)

    def _parameters(self, old: Call, new: Call, place: Place, direction: Direction) -> Iterator[Difference]:
        for (where, name), before, after in _pairs(parameters_of(self._old, old), parameters_of(self._new, new)):
            yield from self._member("parameter", before, after, Place(place.operation, where, name), direction)

    def _member(
        self, what: str, old: Spot | None, new: Spot | None, place: Place, direction: Direction
    ) -> Iterator[Difference]:
        """A parameter or a header: there, required, and what its schema says."""
        if old and new:
            one, other = self._old.followed(old), self._new.followed(new)
            yield from self._texts(one, other, place, _TEXTS)
            yield from self._required(one, other, place, direction)
            for name in ("style", "explode", "deprecated"):
                yield from self._plain(name, one, other, place)
            yield from self._schemas.between((one.child("schema"),), (other.child("schema"),), place, direction)
        elif new:
            required = self._new.followed(new).child("required").value is True and direction == "sent"
            reason = "a call without it is refused" if required else ""
            yield self._added(f"required {what}" if required else what, "", place, new, reason)
        elif old:
            gone = (
                "what a client sends there is no longer understood"
                if direction == "sent"
                else "a client that reads it finds nothing"
            )
            yield self._removed(what, "", place, old, gone)

    def _required(self, old: Spot, new: Spot, place: Place, direction: Direction) -> Iterator[Difference]:
        before, after = (side.child("required").value is True for side in (old, new))
        if after and not before:
            yield self._added(
                "required",
                "",
                place,
                new.child("required"),
                "a call without it is refused" if direction == "sent" else "",
            )
        elif before and not after:
            yield self._removed(
                "required", "", place, old.child("required"), "it may be missing" if direction == "received" else ""
            )

    def _codes(self, old: Spot, new: Spot, place: Place) -> Iterator[Difference]:
        here = Place(place.operation, "status codes")
        before, after = codes_of(self._old, old), codes_of(self._new, new)
        for code in sorted(before.words.keys() | after.words.keys()):
            if code not in after.words:
                yield self._removed("code", str(code), here, before.spot)
            elif code not in before.words:
                yield self._added("code", str(code), here, after.spot)
            elif before.words[code] != after.words[code] and before.words[code] and after.words[code]:
                yield self._changed(TEXT, f"code {code}", here, after.spot, before.words[code], after.words[code])

    def _callbacks(self, old: Spot, new: Spot, place: Place) -> Iterator[Difference]:
        before, after = (dict(callbacks_of(document, spot)) for document, spot in ((self._old, old), (self._new, new)))
        for key, one, other in _pairs(before, after):
            named = Place(f"{place.operation}  callback {key[0]}")
            if one and other:
                yield from self._operation(one, other, named, direction="received")
            elif other:
                yield self._added("callback", "", named, other.spot)
            elif one:
                yield self._removed("callback", "", named, one.spot, "a receiver waits in vain")

    def _security(self, old: Call, new: Call, place: Place) -> Iterator[Difference]:
        before, after = security_of(self._old, old.spot), security_of(self._new, new.spot)
        if before != after:
            # Who proves more than is asked for is let in.
            is_shut_out = any(not any(asked <= way for asked in after) for way in before)
            reason = "the way in which a client proves who it is, is not enough" if is_shut_out else ""
            spot = new.spot.child("security") if "security" in new.spot.value else self._new.root.child("security")
            yield self._changed("security", "", place, spot, _ways(before), _ways(after), reason)

    def _servers(self, old: Spot, new: Spot, place: Place) -> Iterator[Difference]:
        before, after = (
            {str(spot.child("url").value): spot for spot in side.entries("servers")} for side in (old, new)
        )
        for url, one, other in _pairs(before, after):
            if not (one and other):
                yield self._either("server", url, place, one, other, gone="a client may still call it")

    def _own_keywords(self, old: Spot, new: Spot) -> list[str]:
        names = [*old.members(), *new.members()]
        return sorted({name for name in names if name.startswith("x-")}) if self._extensions else []

    def _texts(self, old: Spot, new: Spot, place: Place, names: tuple[str, ...]) -> Iterator[Difference]:
        for name in names:
            one, other = (words_of(side.child(name).value or "") for side in (old, new))
            if one != other:
                yield self._changed(TEXT, name, place, new.child(name), one, other)

    def _plain(self, name: str, old: Spot, new: Spot, place: Place) -> Iterator[Difference]:
        """Something that says nothing about values."""
        one, other = old.child(name).value, new.child(name).value
        if canonical(one) != canonical(other):
            yield self._changed("keyword", name, place, new.child(name), one, other)

    def _either(
        self, what: str, name: str, place: Place, old: Spot | None, new: Spot | None, gone: str = ""
    ) -> Difference:
        if new:
            return self._added(what, name, place, new)
        assert old is not None  # noqa: S101 - one of the two is there
        return self._removed(what, name, place, old, gone)

    def _added(self, what: str, name: str, place: Place, spot: Spot, reason: str = "") -> Difference:
        return Difference("added", what, name, place, self._new.label(spot), breaking=bool(reason), reason=reason)

    def _removed(self, what: str, name: str, place: Place, spot: Spot, reason: str = "") -> Difference:
        return Difference("removed", what, name, place, self._old.label(spot), breaking=bool(reason), reason=reason)

    def _changed(
        self, what: str, name: str, place: Place, spot: Spot, old: Any, new: Any, reason: str = ""
    ) -> Difference:
        kind: Kind = "added" if old in (None, "") else "removed" if new in (None, "") else "changed"
        return Difference(kind, what, name, place, self._new.label(spot), old, new, bool(reason), reason)


def _ways(ways: set[frozenset[str]]) -> list[str] | None:
    """Ways to prove who one is, in words; None where nothing has to be proved."""
    return sorted(" and ".join(sorted(way)) or "none" for way in ways) if any(ways) else None


def _pairs(
    old: Mapping[_Key, _Value], new: Mapping[_Key, _Value]
) -> Iterator[tuple[_Key, _Value | None, _Value | None]]:
    """What stands under the same name on both sides, in the order of the old one; None where there is nothing."""
    for key in [*old, *(key for key in new if key not in old)]:
        yield key, old.get(key), new.get(key)
