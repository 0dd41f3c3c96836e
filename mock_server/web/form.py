"""Parses multipart and url-encoded bodies, in memory and within bounds."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from mock_server.operations.form import BadForm, FilePart, Form

# A form has a purpose and a file; more is made to cost time and memory.
MAX_PARTS = 20
# Of all that is no file; more than the pieces in which the parser reads.
MAX_FIELD_BYTES = 262_144
_NAME = re.compile(r"[\w.\[\]-]{1,80}")
_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")


def parse_form(raw: bytes, content_type: str) -> Form:
    """The form in a body. Raises BadForm for a body that is none."""
    media_type, options = parse_options_header(content_type)
    if media_type not in _TYPES:
        raise BadForm(f"the Content-Type is {media_type[:80]!r}" if media_type else "the Content-Type is missing")
    if media_type == _TYPES[1] and len(raw) > MAX_FIELD_BYTES:
        raise BadForm("its fields are too large")
    parser = FormDataParser(
        stream_factory=_in_memory, max_form_memory_size=MAX_FIELD_BYTES, max_form_parts=MAX_PARTS, silent=False
    )
    try:
        _, fields, files = parser.parse(BytesIO(raw), media_type, len(raw), options)
    except RequestEntityTooLarge:
        raise BadForm(f"it has more than {MAX_PARTS} parts, or fields that are too large") from None
    except ValueError as error:
        raise BadForm(f"it cannot be parsed: {error}") from None
    return Form(
        {_part_name(name): value for name, value in fields.to_dict().items()},
        {
            _part_name(name): FilePart(part.filename, part.stream.read())
            for name, part in files.to_dict().items()
            if part.filename
        },
    )


def _part_name(name: str | None) -> str:
    """The name of a part. One that is no name may be content: text that was sent as if it were url-encoded begins with it."""
    if not name:
        return "(a part without a name)"
    return name if _NAME.fullmatch(name) else "(a part whose name is no word)"


def _in_memory(*_args: Any, **_kwargs: Any) -> BytesIO:
    return BytesIO()
