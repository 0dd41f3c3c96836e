"""Takes long texts, which are pictures mostly, out of a JSON text, so that each is parsed by itself.

Python keeps all characters of a text as wide as the widest of them: an emoji in the prompt would make the 25 MB of a picture
beside it take 100. Whoever cannot be sure that the outcome is the same parses the whole.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from mock_server.operations.turns import LARGE

# Quotation marks that are looked at; a create with a picture has a few dozen.
_MAX_QUOTES = 1000
# Stands around the number of a text that was taken out. It is no character, so that nobody's text holds it by chance,
# and it is no JSON outside of texts.
_MARK = "\uffff"
_MARKED = re.compile(rb"\xef\xbf\xbf|\\u[fF]{4}")


@dataclass(frozen=True, slots=True)
class Shortened:
    """A JSON text in which marks stand for some contents of texts, and these contents."""

    raw: bytes
    texts: list[str]

    def restored(self, document: Any) -> Any:
        """The document with the contents in the place of the marks. Raises ValueError when one of them is in no value.

        What was taken out stood between two quotation marks that follow each other. A mark in a value shows that the
        parser was inside a text there; the content, which holds no quotation mark and is good as a text of its own, would
        have left it there too. A mark that became part of a name, or of a value that another one replaced, is missing.
        """
        top = [document]
        waiting: list[Any] = [top]
        missing = len(self.texts)
        while waiting:
            values = waiting.pop()
            for place, value in values.items() if isinstance(values, dict) else enumerate(values):
                if isinstance(value, (dict, list)):
                    waiting.append(value)
                elif isinstance(value, str) and _MARK in value:
                    whole = ""
                    for number, piece in enumerate(value.split(_MARK)):
                        whole += self.texts[int(piece)] if number % 2 else piece
                    values[place] = whole
                    missing -= value.count(_MARK) // 2
        if missing:
            raise ValueError("a text was not found again")
        return top[0]


def shorten(raw: bytes) -> Shortened | None:
    """The JSON text without its long texts. None where there is none, or one that is not good by itself."""
    pieces, texts = [], []
    done = 0
    opening = raw.find(b'"')
    for _ in range(_MAX_QUOTES):
        closing = raw.find(b'"', opening + 1)
        if opening < 0 or closing < 0:
            break
        if closing - opening >= LARGE:
            try:
                texts.append(json.loads(str(memoryview(raw)[opening : closing + 1], "utf-8")))
            except ValueError:
                return None
            pieces += [raw[done : opening + 1], f"{_MARK}{len(texts) - 1}{_MARK}".encode()]
            done = closing
        opening = closing
    if not texts or any(map(_MARKED.search, pieces[::2])) or _MARKED.search(raw, done):
        return None
    pieces.append(raw[done:])
    return Shortened(b"".join(pieces), texts)
