"""One kind of create call: its document, and bodies judged by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mock_server.contract.document import Document
from mock_server.contract.matrix import Matrix
from mock_server.contract.picture_rules import Path, PictureRules
from mock_server.contract.rules import EVIDENCE
from mock_server.contract.validation import Judge
from mock_server.errors import Violation
from mock_server.settings import MODES

CREATE_SCHEMA = "/components/schemas/VideoGenerationReq"
# The mode that the project is about; its document is also that of the calls which follow a create.
IMAGE_TO_VIDEO = MODES[0]
_DOCUMENTS = ("video_generation.yaml", "text_to_video.yaml", "first_last_frame.yaml", "subject_reference.yaml")
FILES = dict(zip(MODES, _DOCUMENTS, strict=True))
MAX_UNKNOWN = 20
_NEEDED = {"name", "words", "wording", "rank"}
_KNOWN = _NEEDED | {"field", "shape-of"}
# Stands in the place of an item's number.
_ITEM = "*"


class Mode:
    """What the service takes in one kind of create call. Immutable once made.

    `words` is the kind in the service's own texts, `wording` how that is known; `field` is the member that marks a body
    as such a call, and None where it is the lack of every other one's; modes are tried by `rank`, the lowest first. The
    video takes its shape from the first of the pictures `shape_of`. Raises ContractError when the document is broken.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        facts = _facts(document)
        self.name: str = facts["name"]
        self.words: str = facts["words"]
        self.wording: str = facts["wording"]
        self.field: str | None = facts.get("field")
        self.rank: int = facts["rank"]
        self.shape_of: list[str] = facts.get("shape-of", [])
        document.check_every_limit_has_a_rule(CREATE_SCHEMA)
        schema = document.resolve(CREATE_SCHEMA)
        self.judge = Judge(document)
        self._create = self.judge.validator(CREATE_SCHEMA)
        self._advice = [
            (advice["x-rule"], self.judge.validator(f"{CREATE_SCHEMA}/x-advice/{index}"))
            for index, advice in enumerate(schema.get("x-advice", []))
        ]
        self.fields: list[str] = list(schema["properties"])
        self.matrix = Matrix(document, CREATE_SCHEMA, self._create)
        # The rules for the picture at each place where a body may have one.
        self.pictures: dict[Path, PictureRules] = {
            path: PictureRules(self.judge, limits) for path, limits in _limits(document, schema)
        }

    def check(self, body: Any) -> list[Violation]:
        """Every rule of the schema that the body of a create call breaks."""
        if self.judge.finds_nothing(self._create, body):
            return []
        facts = self.matrix.complete(body) if isinstance(body, dict) else {}
        violations = self.judge.violations(self._create, body, facts)
        return [self._with_nearest(violation, body) for violation in violations]

    def advise(self, body: Mapping[str, Any]) -> list[Violation]:
        """Every advice of the documentation that a valid body does not follow."""
        return [note for rule, validator in self._advice for note in self.judge.notes(validator, rule, body)]

    def unknown_fields(self, body: Mapping[str, Any]) -> list[str]:
        """The first fields that the document does not name."""
        return [name for name in body if name not in self.fields][:MAX_UNKNOWN]

    def pictures_in(self, body: Any) -> Iterator[tuple[Path, str, PictureRules]]:
        """Every picture of a valid body, with where it stands and the rules for it."""
        for pattern, rules in self.pictures.items():
            for path, value in _found(body, pattern):
                yield path, value, rules

    def _with_nearest(self, violation: Violation, body: Any) -> Violation:
        if violation.rule not in ("resolution-for-model", "duration-for-model", "duration-for-resolution"):
            return violation
        return replace(violation, nearest=self.matrix.nearest(body))


def _facts(document: Document) -> Mapping[str, Any]:
    """What a document says about the kind of call that it is about."""
    facts = document.data.get("x-mode")
    if not isinstance(facts, dict):
        raise document.error("/x-mode", "x-mode is a mapping that says which calls the document is about")
    unknown, missing = sorted(facts.keys() - _KNOWN), sorted(_NEEDED - facts.keys())
    if unknown or missing:
        raise document.error("/x-mode", f"unknown keys {unknown}, missing keys {missing} in x-mode")
    if FILES.get(facts["name"]) != document.path.name:
        raise document.error("/x-mode/name", f"the mode {facts['name']!r} does not belong into this file")
    if facts["wording"] not in EVIDENCE:
        raise document.error("/x-mode/wording", f"the wording is known in one of these ways: {sorted(EVIDENCE)}")
    return facts


def _limits(document: Document, schema: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Where a schema has limits for pictures, as the way to the picture."""
    schema = document.expanded(schema)
    if "x-image" in schema:
        yield path, schema["x-image"]
    for name, child in schema.get("properties", {}).items():
        yield from _limits(document, child, (*path, name))
    if "items" in schema:
        yield from _limits(document, schema["items"], (*path, _ITEM))


def _found(value: Any, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The values that a way leads to, each with its own way."""
    if not pattern:
        yield path, value
    elif pattern[0] == _ITEM:
        for index, item in enumerate(value):
            yield from _found(item, pattern[1:], (*path, str(index)))
    elif pattern[0] in value:
        yield from _found(value[pattern[0]], pattern[1:], (*path, pattern[0]))
