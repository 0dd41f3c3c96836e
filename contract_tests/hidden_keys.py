"""How a key is shown without telling it, and the ways in which it may be spelt in a text."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

MASK = "…"
_ENDING = 2  # characters of a key that stay
_SHORTEST_WITH_ENDING = 8
# A shorter one is an ordinary word; it is masked where its place tells what it is, and not in every text.
_SHORTEST_SEARCHED = 4
_SHORTEST_BASE64 = 8


def masked(secret: str) -> str:
    """`…xy`: the last two characters, so that two keys can be told apart. Short secrets and masks tell nothing more."""
    bare = secret.strip()
    if not bare or (bare.startswith(MASK) and len(bare) <= len(MASK) + _ENDING):
        return secret
    return MASK + (bare[-_ENDING:] if len(bare) >= _SHORTEST_WITH_ENDING else "")


def spellings(secret: str) -> Iterator[tuple[str, str]]:
    """Every text that gives the secret away, with what has to stand there instead."""
    mask = masked(secret)
    for key in {secret, secret.strip()}:
        if len(key.strip()) < _SHORTEST_SEARCHED or mask == secret:
            continue
        for spelt in _spelt(key):
            yield spelt, mask
        for inner in _base64(key):
            yield inner, mask


def _spelt(key: str) -> set[str]:
    percent = {quote(key, safe=""), quote(key), quote_plus(key)}
    lower = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), each) for each in percent}
    escaped = {json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1], repr(key)[1:-1], html.escape(key)}
    return {key} | percent | lower | escaped


def _base64(key: str) -> Iterator[str]:
    """The part of a base64 text that stands for the key, whatever was encoded before and after it."""
    data = key.encode("utf-8", "surrogatepass")
    for before, spoilt in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * before + data).decode()
        inner = encoded[spoilt : (before + len(data)) * 8 // 6]
        if len(inner) >= _SHORTEST_BASE64:
            yield inner
            yield inner.translate(str.maketrans("+/", "-_"))
