"""Texts of a server with everything taken out that differs from one call to the next, and everything that is secret."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 500
_URL_HOST = re.compile(r"(?<=://)[^\s/?#\"'<>]+")
# The first that fits wins, so what holds others comes first.
_PLACEHOLDERS = (
    (re.compile(r"\b(?:sk-[\w*.…-]+|eyJ[\w*.…-]{10,})"), "<key>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"), "<time>"),
    (re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\b"), "<time>"),
    (re.compile(r"\b1\d{9}(?:\.\d+)?\b|\b1\d{12}\b"), "<time>"),
    (re.compile(r"\b\d{9,}\b"), "<id>"),
    (re.compile(r"\b(?=\d*[a-f])[0-9a-f]{16,}\b", re.IGNORECASE), "<hex>"),
)


def normalised(text: str, *, keys: Sequence[str], host: str) -> str:
    """The text with keys, hosts, times and identifiers as placeholders, in one line, cut after 500 characters."""
    text = without_keys(text, keys)
    text = _URL_HOST.sub("<host>", text)
    text = re.sub(rf"(?<![\w.-]){re.escape(host)}(?::\d+)?(?![\w-])", "<host>", text, flags=re.IGNORECASE)
    for pattern, placeholder in _PLACEHOLDERS:
        text = pattern.sub(placeholder, text)
    line = printable(" ".join(text.split()))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def without_keys(text: str, keys: Sequence[str]) -> str:
    """The text with every key, however its letters are written, as a placeholder."""
    for key in sorted(keys, key=len, reverse=True):
        text = re.sub(re.escape(key), "<key>", text, flags=re.IGNORECASE)
    return text


def printable(text: str) -> str:
    """The text without what a terminal would obey instead of showing it; line breaks stay."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)
