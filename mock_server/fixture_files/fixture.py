"""One fixture: a file, and what is known about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mock_server.settings import MODES

Kind = Literal["requests", "callbacks", "wire", "images"]
Mode = Literal["image-to-video", "text-to-video", "first-last-frame", "subject-reference"]
KINDS: tuple[Kind, ...] = ("requests", "callbacks", "wire", "images")
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Fixture:
    """A file that others can test with. What does not apply to its kind is None.

    `file` is its name below the folder that `minimax-mock fixtures DIR` writes, `path` is where it lies here. A request
    or a picture is about a `rule` of the contract and is answered with `code`; the same body can mean another thing in
    another `mode`. A good receiver answers a callback with `status` (`2xx`, `4xx`, `not 5xx`) and learns what it
    `means`. `evidence` tells how this is known: documented, observed, assumed.
    """

    kind: Kind
    file: str
    path: Path
    title: str
    evidence: str
    media_type: str = JSON
    valid: bool | None = None
    mode: str | None = None
    rule: str | None = None
    code: int | None = None
    status: str | None = None
    means: str | None = None

    def __str__(self) -> str:
        return self.file

    @property
    def name(self) -> str:
        """The name of the file, without `.json`."""
        return self.file.rpartition("/")[2].removesuffix(".json")

    @property
    def data(self) -> bytes:
        """The bytes, to be sent as they are."""
        return self.path.read_bytes()

    def json(self) -> Any:
        """The content as JSON data. Raises ValueError for those that are broken on purpose, and for pictures."""
        return json.loads(self.data)

    @property
    def text(self) -> str | None:
        """The `status_msg` that a request, or one with this picture, is answered with."""
        said = self._said()
        return said[0] if said else None

    @property
    def text_evidence(self) -> str | None:
        """How that text is known. One that is assumed is in the style of the service, and no more than that."""
        said = self._said()
        return said[1] if said else None

    def _said(self) -> tuple[str, str] | None:
        if self.code is None:
            return None
        from mock_server.fixture_files import answers  # the mock itself, only when it is asked

        if self.valid:  # not asked: one that names a callback_url would be challenged there
            return answers.success()
        body = self.data if self.kind == "requests" else answers.with_picture(self.media_type, self.data)
        return answers.refusal(self.mode or MODES[0], body)
