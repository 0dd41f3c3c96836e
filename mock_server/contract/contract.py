"""The whole contract in one object: document, codes, prices, and validators compiled once."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from mock_server import resources
from mock_server.contract.codes import StatusCode, read_status_codes
from mock_server.contract.control_document import ControlDocument
from mock_server.contract.document import Document
from mock_server.contract.matrix import Matrix
from mock_server.contract.picture_rules import FIELD as IMAGE_FIELD
from mock_server.contract.picture_rules import PictureRules
from mock_server.contract.prices import Prices, read_prices
from mock_server.contract.rules import read_rules
from mock_server.contract.user_data import compiled
from mock_server.contract.validation import Judge, did_you_mean
from mock_server.contract.video_size import Shape, VideoSize
from mock_server.errors import ContractError, Violation

CREATE_PATH = "/v1/video_generation"
QUERY_PATH = "/v1/query/video_generation"
RETRIEVE_PATH = "/v1/files/retrieve"
# Where the mock is asked about itself; no path of the service begins so.
CONTROL_PREFIX = "/__mock/"
MAX_UNKNOWN = 20
# What the mock answers by itself; every other code comes on demand only.
NEEDED_CODES = {0, 1000, 1002, 1004, 1008, 1026, 2013, 2049}
_CREATE_SCHEMA = "/components/schemas/VideoGenerationReq"


class Contract:
    """What the imitated service promises and demands. Immutable once made.

    Raises ContractError, naming file and place, when a document of the folder is broken.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._load(folder)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError) as error:
            # What the checks with a place do not know: a part that the mock needs is missing or of another shape.
            raise ContractError(f"{folder}: the contract is not complete: {type(error).__name__}: {error}") from None

    def _load(self, folder: Path) -> None:
        self.rules = read_rules(folder / "rules.yaml")
        self.document = Document(folder / "video_generation.yaml", self.rules)
        self.codes: dict[int, StatusCode] = read_status_codes(folder / "status_codes.yaml")
        if missing_codes := NEEDED_CODES - set(self.codes):
            raise ContractError(f"{folder / 'status_codes.yaml'}: the mock needs the codes {sorted(missing_codes)}")
        self.prices: Prices = read_prices(folder / "prices.yaml")
        for path in (CREATE_PATH, QUERY_PATH, RETRIEVE_PATH):
            if path not in self.document.data.get("paths", {}):
                raise ContractError(f"{self.document.path}: the path {path} is missing")
        self.judge = Judge(self.document)
        self._create = self.judge.validator(_CREATE_SCHEMA)
        self.document.check_every_limit_has_a_rule(_CREATE_SCHEMA)
        schema = self.document.resolve(_CREATE_SCHEMA)
        self._advice = [
            (advice["x-rule"], self.judge.validator(f"{_CREATE_SCHEMA}/x-advice/{index}"))
            for index, advice in enumerate(schema.get("x-advice", []))
        ]
        self.fields: list[str] = list(schema["properties"])
        self.matrix = Matrix(self.document, _CREATE_SCHEMA, self._create)
        self.pictures = PictureRules(self.judge, schema["properties"][IMAGE_FIELD]["x-image"])
        self.sizes = {
            name: VideoSize(size["width"], size["height"]) for name, size in self.document.data["x-video-sizes"].items()
        }
        self.control = ControlDocument(folder)
        self.rule_schemas: dict[str, Any] = json.loads((folder / "scenario.schema.json").read_text(encoding="utf-8"))
        self.scenario_schema = compiled(self.rule_schemas, "/$defs/Scenario")
        self.rule_schema = compiled(self.rule_schemas, "/$defs/Rule")
        if missing := {each.resolution for each in self.matrix.combinations} - set(self.sizes):
            raise ContractError(f"{self.document.path}: x-video-sizes has no size for {', '.join(sorted(missing))}")

    def check_create(self, body: Any) -> list[Violation]:
        """Every rule of the schema that the body of a create call breaks."""
        facts = self.matrix.complete(body) if isinstance(body, dict) else {}
        violations = self.judge.violations(self._create, body, facts)
        return [self._with_nearest(violation, body) for violation in violations]

    def advise_create(self, body: dict[str, Any]) -> list[Violation]:
        """Every advice of the documentation that a valid body does not follow."""
        return [note for rule, validator in self._advice for note in self.judge.notes(validator, rule, body)]

    def unknown_fields(self, body: dict[str, Any]) -> dict[str, str | None]:
        """The first fields that the document does not name, each with the known one that was perhaps meant."""
        unknown = [name for name in body if name not in self.fields]
        return {name: did_you_mean(name, self.fields) for name in unknown[:MAX_UNKNOWN]}

    def size(self, resolution: str, shape: Shape) -> VideoSize:
        """Width and height of a video that is delivered in that resolution and shape."""
        return self.sizes[resolution].shaped(shape)

    def operation_parameters(self, path: str) -> list[str]:
        """The names of the query parameters that the document gives the GET operation of a path."""
        operation = self.document.data["paths"][path]["get"]
        return [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"]

    def _with_nearest(self, violation: Violation, body: dict[str, Any]) -> Violation:
        if violation.rule not in ("resolution-for-model", "duration-for-model", "duration-for-resolution"):
            return violation
        return replace(violation, nearest=self.matrix.nearest(body))


@functools.cache
def load_contract(folder: Path | None = None) -> Contract:
    """The contract of a folder, by default the bundled one; made once for each process, since it never changes."""
    return Contract(folder or resources.folder("openapi"))
