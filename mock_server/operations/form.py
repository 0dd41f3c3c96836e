"""The body of an upload: fields, and files with their names. The web room parses it; operations see only this."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

MAX_NAME = 255
# What a file is called whose name says nothing.
NAMELESS = "file"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class BadForm(Exception):
    """The body is no form; the message says why."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in a form. `given_name` is what the client calls it, which may be a path or a trick."""

    given_name: str
    content: bytes

    @property
    def name(self) -> str:
        """The last part of the name that the client gave, without control characters (assumed)."""
        last = re.split(r"[/\\]", self.given_name)[-1]
        name = _CONTROL.sub("", last).strip()[-MAX_NAME:]
        return NAMELESS if name in ("", ".", "..") else name


@dataclass(frozen=True, slots=True)
class Form:
    """The parts by their names; of several with one name the first (assumed)."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, FilePart] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """What the journal keeps: fields as they are, of a file its name, size and SHA-256."""
        files = {
            name: {
                "filename": part.given_name[:MAX_NAME],
                "bytes": len(part.content),
                "sha256": hashlib.sha256(part.content).hexdigest(),
            }
            for name, part in self.files.items()
        }
        return {**self.fields, **files}
