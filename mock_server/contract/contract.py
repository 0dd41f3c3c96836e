"""The whole contract in one object: documents, codes, prices, and validators compiled once."""

from __future__ import annotations

import contextlib
import functools
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mock_server import resources
from mock_server.contract.codes import StatusCode, read_status_codes
from mock_server.contract.control_document import ControlDocument
from mock_server.contract.document import Document
from mock_server.contract.files_document import FilesDocument
from mock_server.contract.mode import FILES, IMAGE_TO_VIDEO, Mode
from mock_server.contract.mode_choice import UnknownField, choose, explained, told
from mock_server.contract.picture_rules import FIRST_FRAME
from mock_server.contract.prices import Prices, read_prices
from mock_server.contract.rules import read_rules
from mock_server.contract.user_data import compiled
from mock_server.contract.video_size import Shape, VideoSize
from mock_server.errors import ContractError, Violation

CREATE_PATH = "/v1/video_generation"
QUERY_PATH = "/v1/query/video_generation"
RETRIEVE_PATH = "/v1/files/retrieve"
# Where the mock is asked about itself; no path of the service begins so.
CONTROL_PREFIX = "/__mock/"
# What the mock answers by itself; every other code comes on demand only.
NEEDED_CODES = {0, 1000, 1002, 1004, 1008, 1026, 2013, 2049}
_DEFAULT_MODES = (IMAGE_TO_VIDEO,)


class Contract:
    """What the imitated service promises and demands. Immutable once made, but for modes that are read when needed.

    Raises ContractError, naming file and place, when a document of the folder is broken.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modes: dict[str, Mode] = {}
        self._by_rank: dict[tuple[str, ...], tuple[Mode, ...]] = {}
        self._reading = threading.Lock()
        try:
            self._load(folder)
        except _INCOMPLETE as error:
            raise _incomplete(folder, error) from None

    def _load(self, folder: Path) -> None:
        self.rules = read_rules(folder / "rules.yaml")
        self.document = Document(folder / "video_generation.yaml", self.rules)
        self.codes: dict[int, StatusCode] = read_status_codes(folder / "status_codes.yaml")
        if missing_codes := NEEDED_CODES - set(self.codes):
            raise ContractError(f"{folder / 'status_codes.yaml'}: the mock needs the codes {sorted(missing_codes)}")
        self.prices: Prices = read_prices(folder / "prices.yaml")
        _check_paths(self.document, (CREATE_PATH, QUERY_PATH, RETRIEVE_PATH))
        self.files = FilesDocument(folder / "files.yaml")
        self.sizes = {
            name: VideoSize(size["width"], size["height"]) for name, size in self.document.data["x-video-sizes"].items()
        }
        image_to_video = self.mode(IMAGE_TO_VIDEO)
        self.judge, self.matrix = image_to_video.judge, image_to_video.matrix
        self.pictures = image_to_video.pictures[FIRST_FRAME]
        self.control = ControlDocument(folder)
        self.rule_schemas: dict[str, Any] = json.loads((folder / "scenario.schema.json").read_text(encoding="utf-8"))
        self.scenario_schema = compiled(self.rule_schemas, "/$defs/Scenario")
        self.rule_schema = compiled(self.rule_schemas, "/$defs/Rule")

    def mode(self, name: str) -> Mode:
        """A kind of create call, read when it is asked for first. Raises ContractError when its document is broken."""
        with self._reading:
            if name not in self._modes:
                try:
                    self._modes[name] = self._read_mode(FILES[name])
                except _INCOMPLETE as error:
                    raise _incomplete(self._folder / FILES[name], error) from None
            return self._modes[name]

    def _read_mode(self, file: str) -> Mode:
        known = self.document.neighbours
        document = known[file] if file in known else Document(self._folder / file, self.rules, known)
        _check_paths(document, (CREATE_PATH,))
        mode = Mode(document)
        if missing := {each.resolution for each in mode.matrix.combinations} - set(self.sizes):
            raise ContractError(f"{self.document.path}: x-video-sizes has no size for {', '.join(sorted(missing))}")
        return mode

    def _known_modes(self) -> list[Mode]:
        """Every mode by rank, without those whose documents are broken: nobody needs them but for hints."""
        found = []
        for name in FILES:
            with contextlib.suppress(ContractError):
                found.append(self.mode(name))
        return sorted(found, key=lambda mode: mode.rank)

    def modes(self, names: Sequence[str]) -> tuple[Mode, ...]:
        """The modes of these names, by rank."""
        key = tuple(names)
        if key not in self._by_rank:
            self._by_rank[key] = tuple(sorted((self.mode(name) for name in key), key=lambda mode: mode.rank))
        return self._by_rank[key]

    def mode_of(self, body: Any, enabled: Sequence[str] = _DEFAULT_MODES) -> Mode:
        """Which of the modes that are switched on the body of a create call counts as."""
        return choose(self.modes(enabled), body)

    def check_create(self, body: Any, enabled: Sequence[str] = _DEFAULT_MODES) -> list[Violation]:
        """Every rule of the schema of its mode that the body of a create call breaks."""
        return self.check_as(self.mode_of(body, enabled), body, enabled)

    def check_as(self, mode: Mode, body: Any, enabled: Sequence[str] = _DEFAULT_MODES) -> list[Violation]:
        """Every rule of a mode's schema that a body breaks, with what there is to say about the others."""
        violations = mode.check(body)
        return violations and explained(violations, body, mode, self.modes(enabled), self._known_modes)

    def unknown_fields(self, mode: Mode, body: Mapping[str, Any], enabled: Sequence[str]) -> list[UnknownField]:
        """The first fields that the mode does not name, with what was perhaps meant."""
        names = mode.unknown_fields(body)
        known = self._known_modes() if names else ()
        return [told(name, body, self.modes(enabled), known) for name in names]

    def size(self, resolution: str, shape: Shape) -> VideoSize:
        """Width and height of a video that is delivered in that resolution and shape."""
        return self.sizes[resolution].shaped(shape)

    def operation_parameters(self, path: str) -> list[str]:
        """The names of the query parameters that the document gives the GET operation of a path."""
        operation = self.document.data["paths"][path]["get"]
        return [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"]


def _check_paths(document: Document, paths: Sequence[str]) -> None:
    for path in paths:
        if path not in document.data.get("paths", {}):
            raise ContractError(f"{document.path}: the path {path} is missing")


# What the checks with a place do not know: a part that the mock needs is missing or of another shape.
_INCOMPLETE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, RecursionError)


def _incomplete(path: Path, error: Exception) -> ContractError:
    return ContractError(f"{path}: the contract is not complete: {type(error).__name__}: {error}")


@functools.cache
def load_contract(folder: Path | None = None) -> Contract:
    """The contract of a folder, by default the bundled one; made once for each process, since it never changes."""
    return Contract(folder or resources.folder("openapi"))
